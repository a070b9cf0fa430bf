"""
What a run is going to do: how many jobs of which rule, how long they took in earlier runs, and where to look.

A rule takes the median of its jobs in the same run, or else in the run beside it that has the rule and was the last to
be worked on, whose sizes may be others.
"""

import statistics
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from actopo.benchmarks import FOLDER, read_benchmarks, rule_of

# Rules that the announcement names.
MOST_RULES = 8
OUTCOME = {
    "explorer.html": "graphs, images and numbers, in a browser",
    "figures": "PNG and SVG",
    "summary.json": "the headline numbers",
}


class Job(NamedTuple):
    """
    A job that is going to run.

    Attributes
    ----------
    rule : str
    threads, gpus : int
    """

    rule: str
    threads: int
    gpus: int


def jobs_to_do(run, jobs):
    """
    Jobs of a run, among those that Snakemake is about to run.

    Parameters
    ----------
    run : Path
        Folder of the run's results.
    jobs : iterable of snakemake.jobs.Job
        Those without a benchmark file there, such as another workflow's, are left out.

    Returns
    -------
    list of Job
    """
    folder = run / FOLDER
    return [
        Job(rule_of(job.benchmark, folder), job.threads, _amount(job.resources.get("gpu")) or 0)
        for job in jobs
        if job.benchmark is not None and Path(job.benchmark).is_relative_to(folder)
    ]


def _amount(resource):
    """Number of a resource of Snakemake's, which may come wrapped; None if it has none."""
    value = getattr(resource, "value", resource)
    return value if isinstance(value, int) else None


def earlier_times(run, rules):
    """
    How long jobs of some rules took.

    Parameters
    ----------
    run : Path
        Folder of the run's results; other runs are beside it.
    rules : set of str

    Returns
    -------
    dict of str to (float, Path)
        Median of the seconds of a rule's jobs, and the run that they are of; rules without an earlier job are left out.
    """
    beside = [path for path in run.parent.glob("*") if (path / FOLDER).is_dir() and path != run]
    runs = [run, *sorted(beside, key=lambda path: (path / FOLDER).stat().st_mtime, reverse=True)]
    times = {}
    for place in runs:
        if len(times) == len(rules):
            break
        for rule, measured in read_benchmarks([place]).items():
            if rule in rules and rule not in times:
                times[rule] = (statistics.median(job["seconds"] for job in measured), place)
    return times


def forecast(jobs, times, cores=None, gpus=None):
    """
    Least time that jobs take together: as if all cores, and all GPUs, were busy until the end.

    Parameters
    ----------
    jobs : sequence of Job
    times : dict of str to (float, Path)
        As `earlier_times` returns them; jobs of other rules count as nothing.
    cores, gpus : int, optional
        Without cores, for one job after another.

    Returns
    -------
    float
        Seconds.
    """
    known = [(job, times[job.rule][0]) for job in jobs if job.rule in times]
    if cores is None:
        return sum(seconds for _, seconds in known)
    busy = sum(seconds * min(job.threads, cores) for job, seconds in known) / cores
    longest = max((seconds for _, seconds in known), default=0)
    on_gpus = sum(seconds * job.gpus for job, seconds in known) / max(gpus or 1, 1)
    return max(busy, longest, on_gpus)


def announcement(run, jobs, cores=None, gpus=None):
    """
    What a run is going to do, in lines.

    Parameters
    ----------
    run : Path
        Folder of the run's results.
    jobs : sequence of Job
        Jobs that have a benchmark file.
    cores : int, optional
        As in `forecast`.
    gpus : int or snakemake.resources.Resource, optional

    Returns
    -------
    str
    """
    gpus = _amount(gpus)
    counts = Counter(job.rule for job in jobs)
    times = earlier_times(run, set(counts))
    seconds = {rule: count * times[rule][0] if rule in times else -1 for rule, count in counts.items()}
    order = sorted(counts, key=lambda rule: (-seconds[rule], -counts[rule], rule))
    width = max(map(len, order), default=0)
    lines = [f"This run, {run}, has {_counted(len(jobs), 'job')} of {_counted(len(counts), 'rule')} to do:"]
    for rule in order[:MOST_RULES]:
        each = f"{duration(times[rule][0])} each" if rule in times else "no earlier time" if times else ""
        lines.append(f"  {counts[rule]:>5}  {rule:<{width}}  {each}".rstrip())
    if len(order) > MOST_RULES:
        rest = order[MOST_RULES:]
        lines.append(f"  {sum(counts[rule] for rule in rest):>5}  of {_counted(len(rest), 'other rule')}")
    lines += _expectation(run, jobs, times, cores, gpus)
    lines.append(f"Logs are in {run}/logs, one for each job; to follow a job: tail -f {run}/logs/RULE/JOB.log")
    return "\n".join(lines)


def _expectation(run, jobs, times, cores, gpus):
    """How long it may take."""
    if not times:
        return [
            "No earlier run here has times of such jobs; docs/cluster.md has some, for the paper's run and small ones."
        ]
    places = list(dict.fromkeys(place for _, place in times.values()))
    whose = " and ".join(map(str, places[:2])) + (" and others" if len(places) > 2 else "")
    text = f"By the times of {whose}, that is "
    if cores is None:
        text += f"{duration(forecast(jobs, times))} of jobs one after another"
    else:
        text += f"{duration(forecast(jobs, times, cores, gpus))} or more on {_counted(cores, 'core')}"
    if places != [run]:
        text += "; runs of other sizes take other times"
    unknown = sum(job.rule not in times for job in jobs)
    if unknown:
        text += f"; {_counted(unknown, 'job')} {'has' if unknown == 1 else 'have'} no earlier time and "
        text += f"{'is' if unknown == 1 else 'are'} not counted"
    return [text + "."]


def _counted(number, what):
    return f"{number} {what}{'' if number == 1 else 's'}"


def outcome(run):
    """A line that says where a finished run's results are to be looked at; empty if none of them is there."""
    there = [f"{run / name} ({what})" for name, what in OUTCOME.items() if (run / name).exists()]
    return f"Look at {', '.join(there)}." if there else ""


def duration(seconds):
    """A time in words, as "less than 1 s", "45 s", "12 min" or "3.5 h"."""
    if seconds < 1:
        return "less than 1 s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"
