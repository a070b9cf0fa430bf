"""
Time that a job of the workflow spends on imports, for overhead.py, which puts this folder on the path of the jobs.

Python runs a module of this name when it starts. This one times the import statements that the main thread meets in
scripts, functions and libraries, without those that an import itself meets, and leaves their times when the job ends.
"""

import atexit
import builtins
import json
import os
import sys
import threading
import time


class Clock:
    """What stands in the place of Python's own import; `seconds` has the time of each imported name."""

    def __init__(self):
        self.seconds = {}
        self.is_running = False
        self._import = builtins.__import__
        self._thread = threading.get_ident()

    def __call__(self, name, *arguments, **keywords):
        """Import as Python does."""
        if self.is_running or threading.get_ident() != self._thread:
            return self._import(name, *arguments, **keywords)
        self.is_running, start = True, time.perf_counter()
        try:
            return self._import(name, *arguments, **keywords)
        finally:
            self.is_running = False
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def write(self, folder):
        """Leave the times of a job, by its rule; other processes, such as Snakemake's own, are no jobs."""
        main = sys.modules["__main__"]
        if hasattr(main, "snakemake"):
            name = f"{main.snakemake.rule}.{time.time_ns()}.{os.getpid()}.json"
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                json.dump(self.seconds, file)


if "ACTOPO_IMPORT_TIMES" in os.environ:
    builtins.__import__ = clock = Clock()
    atexit.register(clock.write, os.environ["ACTOPO_IMPORT_TIMES"])
