# What happens before the first job of a run and after its last; Snakemake leaves it out in a module.
from contextlib import suppress

from snakemake.io import IOFile

from actopo.checksums import check, removal
from actopo.config.forecast import announcement, jobs_to_do, outcome
from actopo.config.old_figures import keep, put_back
from actopo.config.run_lock import lock_run
from actopo.keys import epoch_number
from actopo.networks.seeds_per_job import forget_delivered, is_of_another_run, require_trainings

TRAINING = ("train_model", "train_to_epoch")


# Before the first job, and not in dry runs or the processes of jobs.
onstart:
    jobs, reason = list(workflow.dag.needrun_jobs()), workflow.dag.reason
    try:
        lock_run(config["run"], LAYER_CACHE)
        # Of results behind a link, which several folders may have.
        results = RUN.resolve()
        if results != Path.cwd() / RUN:
            lock_run(results.name, results.parent)
        # A damaged file, before Snakemake removes what was made of it, unless this run makes the file anew.
        made = {path for job in jobs for path in job.output}
        for path in sorted({path for job in jobs for path in reason(job).updated_input} - made):
            check(path)
    except InputError as error:
        raise WorkflowError(str(error)) from None
    limits = (workflow.cores, workflow.global_resources.get("gpu")) if workflow.local_exec else ()
    # Benchmark files of other runs may be anyone's.
    with suppress(OSError):
        logger.info(from_start(announcement(RUN, jobs_to_do(RUN, jobs), *limits)))
    # Else a forced job would find its network, and only deliver it.
    forced = [job.output.weights for job in jobs if job.rule.name in TRAINING and is_asked_for(job)]
    require_trainings(RUN / "models", forced)
    tell_of_other_networks(set(workflow.dag.jobs) - set(jobs))
    try:
        keep(RUN, jobs)
    except OSError as error:
        logger.warning(f"Figures whose jobs fail will be missing: the old ones cannot be kept ({error}).")


onsuccess:
    forget_delivered(RUN / "models")
    leave_old_figures()
    logger.info(from_start(outcome(RUN)))
    tell_of_other_networks(workflow.dag.jobs)


onerror:
    # Before figures are put back, whose jobs failed.
    mark_unfinished()
    leave_old_figures()
    tell_of_other_networks(workflow.dag.jobs)


def from_start(text):
    """A text with the run's folder as it is found from where Snakemake was started, which `--directory` leaves."""
    return text if workflow.overwrite_workdir is None else text.replace(str(RUN), os.path.abspath(RUN))


def is_asked_for(job):
    """
    Whether the command line forces a job.

    Snakemake also forces jobs that it has no record of the end of, as after a kill; these may take what they find.
    """
    settings = workflow.dag_settings
    targets = workflow.dag.targetfiles if settings.forcetargets else ()
    return job.rule in workflow.dag.forcerules or not {*map(os.path.relpath, settings.forcerun), *targets}.isdisjoint(
        job.output
    )


def tell_of_other_networks(jobs):
    """
    Warn of networks that are there, which these jobs would make otherwise.

    Of what a job makes after its Snakemake was killed there is no record, so that no change of the configuration is seen,
    and it may come over what a later run has made.
    """
    others = [
        job.output.weights
        for job in jobs
        if job.rule.name in TRAINING
        and is_of_another_run(job.output.weights, job.params, job.input.meta, epoch_number(job.wildcards.epoch))
    ]
    if others:
        logger.warning(
            "Networks of another recipe, images, code or versions of libraries than this run's are taken as they are. A "
            "job may have made them after its Snakemake was killed; to train anew, remove them first:\n"
            + "\n".join(map(removal, sorted(others)))
        )


def mark_unfinished():
    """
    Let the next run make again what this one began, and did not see the end of.

    A job on a cluster may have ended after the last look at it: it removes Snakemake's mark of an incomplete file, and
    nobody records of which params that is, so that no change of the configuration would be seen.
    """
    for job in workflow.dag.needrun_jobs():
        if workflow.dag.is_running(job) and any(map(os.path.exists, job.output)):
            workflow.persistence.started(job)


def leave_old_figures():
    """Put figures back that this run, or one that was killed, did not make again; Snakemake is to plan them anew."""
    came_back = put_back(RUN)
    for path in came_back:
        # It notes the params of a job that failed as those of its files.
        workflow.persistence.cleanup_metadata(IOFile(str(path)))
    if came_back:
        logger.info(f"Not made again, and left as they were: {', '.join(map(str, came_back))}")
