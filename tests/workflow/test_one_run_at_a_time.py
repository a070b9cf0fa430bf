"""Two instances of Snakemake on one run in one folder. Killed ones: tests/unit/config, test_seeds_per_job.py."""

from actopo.config import run_lock
from tiny import Workflow

TARGET = "results/tiny/data/digits/meta.json"


def test_a_second_instance_is_refused_until_the_first_ends(workflow):
    """Snakemake's own locks are gone, as they are once any instance has ended here."""
    folder = workflow.folder / ".snakemake/actopo"
    run_lock.lock_run("tiny", folder)
    try:
        done = workflow.run("--nolock", "--", TARGET)
        assert done.returncode != 0
        assert "run 'tiny' is being worked on in this folder by process" in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        assert not (workflow.folder / TARGET).exists()
        # What changes nothing is free.
        assert workflow.planned("--", TARGET) == {"prepare_images": 1}
        assert workflow.run("--unlock").returncode == 0
    finally:
        run_lock._held.pop(folder / "tiny.lock").close()
    done = workflow.run("--", TARGET)
    assert done.returncode == 0, done.stdout + done.stderr
    # A run says at its start what it has to do.
    assert "This run, results/tiny, has 1 job of 1 rule to do:" in done.stdout + done.stderr
    assert "Logs are in results/tiny/logs" in done.stdout + done.stderr
    # With another folder it names what is there from here, too.
    done = workflow.run("--directory", "elsewhere", "--", TARGET)
    assert f"Logs are in {workflow.folder}/elsewhere/results/tiny/logs" in done.stdout + done.stderr


def test_folders_with_links_to_the_same_results(workflow):
    """Each has locks of its own in .snakemake."""
    shared = workflow.folder / "shared"
    (shared / "tiny").mkdir(parents=True)
    (workflow.folder / "linked").mkdir()
    (workflow.folder / "linked/results").symlink_to(shared)
    run_lock.lock_run("tiny", shared)
    try:
        done = workflow.run("--directory", "linked", "--", TARGET)
        assert done.returncode != 0
        assert "run 'tiny' is being worked on in this folder by process" in done.stdout + done.stderr
    finally:
        run_lock._held.pop(shared / "tiny.lock").close()
    assert workflow.run("--directory", "linked", "--", TARGET).returncode == 0


def test_results_under_another_name_are_refused(tmp_path):
    """Snakemake has records of files by their paths, so that a changed configuration would run nothing."""
    workflow = Workflow(tmp_path / "tiny")
    (workflow.folder / "results/tiny").mkdir(parents=True)
    (workflow.folder / "results/tiny/summary.json").write_text('{"run": "other"}')
    done = workflow.run("-n")
    assert done.returncode != 0
    assert "results/tiny holds the results of run 'other'" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
