"""What a run says at its start and at its end."""

import os
from types import SimpleNamespace

import pytest
from actopo.config.forecast import (
    Job,
    announcement,
    duration,
    earlier_times,
    forecast,
    jobs_to_do,
    outcome,
    read_benchmarks,
)

HEADER = "s\th:m:s\tmax_rss\tcpu_time"


def write(run, job, seconds):
    path = run / "benchmarks" / f"{job}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEADER}\n{seconds}\t0:00:01\t100\t1\n")


@pytest.fixture
def results(tmp_path):
    """Two runs; the second was worked on last."""
    for place, seconds in enumerate((10, 20, 60)):
        write(tmp_path / "mine", f"train_model/a.seed{place}", seconds)
    write(tmp_path / "old", "train_model/a.seed0", 1000)
    write(tmp_path / "old", "build_mapper/a", 7)
    write(tmp_path / "old", "summarise", 1)
    write(tmp_path / "new", "build_mapper/a", 8)
    for name, time in (("old", 100), ("new", 200), ("mine", 50)):
        os.utime(tmp_path / name / "benchmarks", (time, time))
    return tmp_path


def test_times_are_of_the_run_itself_or_of_the_last_one_that_has_the_rule(results):
    mine, old, new = (results / name for name in ("mine", "old", "new"))
    rules = {"train_model", "build_mapper", "summarise", "plot_purity"}
    assert earlier_times(mine, rules) == {"train_model": (20, mine), "build_mapper": (8, new), "summarise": (1, old)}
    assert earlier_times(results / "none", {"build_mapper"}) == {"build_mapper": (8, new)}


def test_files_that_cannot_be_read_count_as_no_job(results):
    broken = results / "mine/benchmarks/train_model"
    (broken / "b.tsv").write_text("")
    (broken / "c.tsv").write_bytes(b"s\n\xff\xfe\n")
    (broken / "d.tsv").write_text("s\tcpu_time\nNA\n")
    measured = read_benchmarks([results / "mine"])["train_model"]
    assert sorted(job["seconds"] for job in measured) == [0, 10, 20, 60]


@pytest.mark.parametrize(
    ("cores", "gpus", "seconds"),
    [
        (None, None, 4 * 100 + 10),
        # Two threads of four jobs on four cores.
        (4, 4, 4 * 100 * 2 / 4 + 10 / 4),
        # No job takes more cores than there are.
        (1, 4, 4 * 100 + 10),
        # One GPU for four jobs, which a hundred cores do not help.
        (100, 1, 400),
        # No shorter than the longest job.
        (100, 100, 100),
    ],
)
def test_the_least_time_is_that_of_busy_cores_or_gpus(cores, gpus, seconds, tmp_path):
    jobs = [Job("train_model", 2, 1)] * 4 + [Job("build_mapper", 1, 0), Job("plot_purity", 1, 0)]
    times = {"train_model": (100, tmp_path), "build_mapper": (10, tmp_path)}
    assert forecast(jobs, times, cores, gpus) == seconds


def test_jobs_are_those_of_the_run(tmp_path):
    def job(benchmark):
        return SimpleNamespace(benchmark=benchmark, threads=2, resources={"gpu": 1} if benchmark else {})

    own = [f"{tmp_path}/benchmarks/{name}.tsv" for name in ("train_model/a.seed0", "summarise")]
    jobs = jobs_to_do(tmp_path, map(job, [*own, None, "benchmarks/of_another_workflow.tsv"]))
    assert jobs == [Job("train_model", 2, 1), Job("summarise", 2, 1)]


def test_a_run_says_what_it_has_to_do(results):
    mine, new = results / "mine", results / "new"
    jobs = [Job("plot_purity", 1, 0), *[Job("build_mapper", 1, 0)] * 12, *[Job("train_model", 1, 1)] * 2]
    lines = announcement(mine, jobs, 4, SimpleNamespace(value=1)).split("\n")
    assert lines == [
        f"This run, {mine}, has 15 jobs of 3 rules to do:",
        "     12  build_mapper  8 s each",
        "      2  train_model   20 s each",
        "      1  plot_purity   no earlier time",
        f"By the times of {mine} and {new}, that is 40 s or more on 4 cores; runs of other sizes take other times; "
        "1 job has no earlier time and is not counted.",
        f"Logs are in {mine}/logs, one for each job; to follow a job: tail -f {mine}/logs/RULE/JOB.log",
    ]
    # On a cluster.
    assert "By the times of" in (line := announcement(mine, jobs[-2:]).split("\n")[-2])
    assert line.endswith("that is 40 s of jobs one after another.")


def test_a_first_run_says_where_times_are(tmp_path):
    lines = announcement(tmp_path / "mine", [Job("train_model", 1, 1)], 2, 1).split("\n")
    assert lines[0].endswith("has 1 job of 1 rule to do:")
    assert lines[1] == "      1  train_model"
    assert "docs/cluster.md" in lines[-2]


def test_only_the_longest_rules_are_named(tmp_path):
    lines = announcement(tmp_path, [Job(f"rule{i}", 1, 0) for i in range(11)], 2).split("\n")
    assert lines[-3] == "      3  of 3 other rules"
    assert len(lines) == 1 + 8 + 3


@pytest.mark.parametrize(("n_rules", "rest"), [(8, []), (9, ["      1  of 1 other rule"])])
def test_eight_rules_are_named(tmp_path, n_rules, rest):
    lines = announcement(tmp_path, [Job(f"rule{i}", 1, 0) for i in range(n_rules)], 2).split("\n")
    assert lines[1:-2] == [f"      1  rule{i}" for i in range(8)] + rest


def test_two_of_several_runs_are_named(tmp_path):
    jobs = [Job(f"rule{i}", 1, 0) for i in range(5)]
    times = {f"rule{i}": (2.0, tmp_path / f"run{i}") for i in range(3)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("actopo.config.forecast.earlier_times", lambda *_: times)
        lines = announcement(tmp_path / "run0", jobs, 1).split("\n")
        assert lines[-2] == (
            f"By the times of {tmp_path}/run0 and {tmp_path}/run1 and others, that is 6 s or more on 1 core; runs of "
            "other sizes take other times; 2 jobs have no earlier time and are not counted."
        )
        del times["rule2"]
        assert f"{tmp_path}/run0 and {tmp_path}/run1, that is 4 s" in announcement(tmp_path / "run0", jobs, 1)
        del times["rule1"]
        assert f"By the times of {tmp_path}/run0, that is 2 s or more on 1 core; 4 jobs" in announcement(
            tmp_path / "run0", jobs, 1
        )


def test_a_finished_run_says_where_to_look(tmp_path):
    assert outcome(tmp_path) == ""
    (tmp_path / "summary.json").touch()
    (tmp_path / "figures").mkdir()
    assert outcome(tmp_path) == (
        f"Look at {tmp_path}/figures (PNG and SVG), {tmp_path}/summary.json (the headline numbers)."
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "less than 1 s"),
        (0.99, "less than 1 s"),
        (1, "1 s"),
        (45.4, "45 s"),
        (119, "119 s"),
        (120, "2 min"),
        (5970, "100 min"),
        (7199, "120 min"),
        (7200, "2.0 h"),
        (36_000, "10.0 h"),
        (172_799, "48.0 h"),
        (172_800, "2.0 days"),
        (200_000, "2.3 days"),
    ],
)
def test_times_are_told_in_words(seconds, words):
    assert duration(seconds) == words
