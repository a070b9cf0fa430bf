"""What scripts of benchmarks make of the benchmark files of a run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from snakemake.profiles import ProfileConfigFileParser

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from overhead import parts_of, read_import_times, timing_imports  # noqa: E402 - the path comes first
from planning import count_jobs, dry_run  # noqa: E402
from resources import block, read_benchmarks, requests  # noqa: E402

HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time"


def write(run, job, seconds, memory, cpu):
    path = run / "benchmarks" / f"{job}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEADER}\n{seconds}\t0:00:01\t{memory}\t1\t1\t1\t0\t0\t50\t{cpu}\n")


@pytest.fixture
def run(tmp_path):
    write(tmp_path / "one", "train_model/a.seed0", 600.2, 700.5, 900)
    write(tmp_path / "one", "train_model/a.seed1", 100, 1250.5, 90)
    write(tmp_path / "one", "summarise", 0.4, "NA", "NA")
    write(tmp_path / "two", "train_model/b.seed0", 1500, 200, 20)
    return tmp_path


def test_what_a_profile_should_ask_for(run, tmp_path):
    jobs = read_benchmarks([run / "one"])
    assert [len(jobs[rule]) for rule in ("summarise", "train_model")] == [1, 2]
    # The longest and the largest job of a rule, twice, and Snakemake's own memory; never less than a job needs.
    asked = requests(jobs, margin=2)
    assert asked == {"summarise": {"runtime": 5, "mem_mb": 1000}, "train_model": {"runtime": 21, "mem_mb": 3500}}
    assert requests(read_benchmarks([run / "one", run / "two"]), 1)["train_model"]["runtime"] == 25
    profile = tmp_path / "config.yaml"
    profile.write_text("\n".join(block(asked)))
    with open(profile) as file:
        parsed = ProfileConfigFileParser().parse(file)["set-resources"]
    assert "train_model:runtime=21 * attempt" in parsed
    assert set(yaml.safe_load(profile.read_text())["set-resources"]) == set(jobs)


def test_rules_of_a_real_run_are_measured(finished):
    assert {"train_model", "sample_points", "summarise"} <= set(read_benchmarks([finished.folder / "results/tiny"]))


def test_imports_of_jobs_are_timed(tmp_path):
    """At the top, in functions and in modules that are imported, each once; a process that is no job leaves nothing."""
    (tmp_path / "outer.py").write_text("import time\ntime.sleep(0.2)\nimport inner\n")
    (tmp_path / "inner.py").write_text("import time\ntime.sleep(0.1)\n")
    (tmp_path / "late.py").write_text("import time\ntime.sleep(0.1)\n")
    (tmp_path / "times").mkdir()
    script = "import outer, inner\ndef compute():\n    import late\nimport time\ntime.sleep(0.2)\ncompute()\n"
    for program in (script, f"class snakemake:\n    rule = 'build_mapper'\n{script}"):
        variables = timing_imports(tmp_path / "times")
        variables["PYTHONPATH"] += f"{os.pathsep}{tmp_path}"
        subprocess.run([sys.executable, "-c", program], env=os.environ | variables, check=True)
    assert len(list((tmp_path / "times").iterdir())) == 1
    seconds, by_rule = read_import_times(tmp_path / "times")
    assert by_rule == {"build_mapper": pytest.approx(seconds.total())}
    assert seconds["outer"] >= 0.3 > 0.1 > seconds["inner"]
    assert seconds["late"] >= 0.1
    assert {"outer", "inner", "late", "time"} <= set(seconds)


def test_core_time_adds_up():
    jobs = {"a": [{"seconds": 10}, {"seconds": 1}], "b": [{"seconds": 5}]}
    parts = parts_of(wall=20, planning=3, cores=2, jobs=jobs, imports=4)
    assert parts == {"computing": 12, "imports": 4, "planning": 6, "the rest": 18}
    assert sum(parts.values()) == 40


def test_planning_is_timed(tmp_path):
    seconds, printed = dry_run(tmp_path, "--configfile", str(ROOT / "config/demo.yaml"))
    assert 0 < seconds < 60
    # A line of the rule's name for each job.
    assert count_jobs(printed) == printed.count("\nrule ") + printed.count("\nlocalrule ") > 100
    assert not any(tmp_path.glob("results"))
