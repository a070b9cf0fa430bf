# What happens before the first job of a run and after its last; Snakemake leaves it out in a module.
from contextlib import suppress

from snakemake.io import IOFile

from actopo.checksums import check
from actopo.config.forecast import announcement, jobs_to_do, outcome
from actopo.config.old_figures import keep, put_back
from actopo.config.run_lock import lock_run
from actopo.networks.seeds_per_job import forget_delivered, require_trainings


# Before the first job, and not in dry runs or the processes of jobs.
onstart:
    jobs, reason = list(workflow.dag.needrun_jobs()), workflow.dag.reason
    try:
        lock_run(config["run"], LAYER_CACHE)
        # A damaged file, before Snakemake removes what was made of it, unless this run makes the file anew.
        made = {path for job in jobs for path in job.output}
        for path in sorted({path for job in jobs for path in reason(job).updated_input} - made):
            check(path)
    except InputError as error:
        raise WorkflowError(str(error)) from None
    limits = (workflow.cores, workflow.global_resources.get("gpu")) if workflow.local_exec else ()
    # Benchmark files of other runs may be anyone's.
    with suppress(OSError):
        logger.info(announcement(RUN, jobs_to_do(RUN, jobs), *limits))
    # Else a forced job would find its network, and only deliver it.
    trainings = [job for job in jobs if job.rule.name in ("train_model", "train_to_epoch")]
    forced = [job.output.weights for job in trainings if reason(job).forced]
    require_trainings(RUN / "models", forced)
    try:
        keep(RUN, jobs)
    except OSError as error:
        logger.warning(f"Figures whose jobs fail will be missing: the old ones cannot be kept ({error}).")


onsuccess:
    forget_delivered(RUN / "models")
    leave_old_figures()
    logger.info(outcome(RUN))


onerror:
    leave_old_figures()


def leave_old_figures():
    """Put figures back that this run, or one that was killed, did not make again; Snakemake is to plan them anew."""
    came_back = put_back(RUN)
    for path in came_back:
        # It notes the params of a job that failed as those of its files.
        workflow.persistence.cleanup_metadata(IOFile(str(path)))
    if came_back:
        logger.info(f"Not made again, and left as they were: {', '.join(map(str, came_back))}")
