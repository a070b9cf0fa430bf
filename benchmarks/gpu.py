"""
Check a GPU, measure it, and begin the studies on it: one command for a machine that has little installed.

    python benchmarks/gpu.py --images cifar10.zip --out on_gpu --minutes 10

needs PyTorch, NumPy and SciPy; numba for what it skips without; and to read image files OpenCV, Pillow
and pandas, unless the folder of a run with its images (`data`) is there already. It

1. compares what each path to the GPU computes with what the CPU computes, and ends with status 1 at the first
   difference;
2. measures training beside the obvious loop and the floor by arithmetic, and all else that a GPU does;
3. trains the networks of the homology study one after the other and takes their points, then those of the mapper
   study, until the time is over. `--study` takes one of the two.

What was checked and measured is in OUT/gpu/report.json, and is not done again on the same GPU with the same code. A
network that was interrupted goes on from its checkpoint. To go on with the workflow, copy the folder with its times,
and take the configuration that lies in it:

    cp -a on_gpu results/paper
    snakemake --configfile results/paper/gpu/config.yaml --cores all
"""

import argparse
import json
import math
import os
import signal
import sys
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "workflow" / "scripts"), str(HERE)]
# At the end, so that the libraries themselves are taken where they are installed.
sys.path.append(str(HERE / "stand_ins"))

NEEDED = {"torch": "torch", "numpy": "numpy", "scipy": "scipy"}
# PyTorch, NumPy and SciPy decode no JPEG.
TO_READ_IMAGES = {"cv2": "opencv-python-headless", "PIL": "pillow", "pandas": "'pandas<3'"}
STUDIES = ("homology", "mapper")


class Report:
    """
    What was found on one device with one code, in a file.

    Parameters
    ----------
    path : Path
    about : dict
        Device, versions and digests. What was found under others is forgotten.
    """

    def __init__(self, path, about):
        self.path, self.content = path, {"about": about, "checks": {}, "speed": {}}
        if path.exists():
            found = json.loads(path.read_text(encoding="utf-8"))
            if found["about"] == about:
                self.content = found

    def run(self, kind, functions, until=None):
        """
        Call functions of a kind whose results the report does not have, and print what each returns.

        Functions that have not begun when the time is over are left for the next call.
        """
        for name, function in functions.items():
            if name in self.content[kind]:
                print(f"{kind}: {name}: found before")
                continue
            if until is not None and time.monotonic() > until:
                print(f"{kind}: {name}: no time; call again with more --minutes")
                continue
            begin = time.monotonic()
            found = function()
            self.content[kind][name] = found
            self.save()
            print(f"{kind}: {name} ({time.monotonic() - begin:.1f} s): {_shown(found)}", flush=True)

    def save(self):
        """Write the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.content, indent=2) + "\n", encoding="utf-8")


def _shown(found):
    """Numbers with three digits."""
    if isinstance(found, dict):
        return ", ".join(f"{key} {_shown(value)}" for key, value in found.items())
    if isinstance(found, list):
        return " ".join(map(_shown, found))
    return f"{found:.3g}" if isinstance(found, float) else str(found)


def about_device(device, sizes):
    """Device, versions of libraries, sizes and digests of the code: what results depend on."""
    import numpy as np
    import torch
    from actopo.digests import code_digest, file_digest

    device_name = torch.cuda.get_device_name() if device == "cuda" else "cpu"
    scripts = ("train_model", "sample_points", "find_receptive_fields", "predict_classes", "build_mapper")
    digests = {script: code_digest(script) for script in (*scripts, "model_distances")}
    for name in ("gpu_checks", "gpu_examples", "gpu_speed"):
        digests[name] = file_digest(Path(__file__).with_name(f"{name}.py"))
    sizes = {key: list(value) if isinstance(value, tuple) else value for key, value in vars(sizes).items()}
    return {"device": device_name, "torch": torch.__version__, "numpy": np.__version__, "sizes": sizes, "code": digests}


def require_packages(packages):
    """End with the command that installs what is missing of some packages, by the names of their modules."""
    if missing := [package for module, package in packages.items() if find_spec(module) is None]:
        raise SystemExit(f"install first: {sys.executable} -m pip install {' '.join(missing)}")


@contextmanager
def ended_at(until):
    """
    End a training when the time is over, as a cluster does (SIGTERM), so that it writes its checkpoint.

    The block ends then without an error; it goes on where nothing would be written.
    """

    def ask(*_):
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            signal.raise_signal(signal.SIGTERM)

    before = signal.signal(signal.SIGALRM, ask)
    signal.setitimer(signal.ITIMER_REAL, max(until - time.monotonic(), 1e-3), 1.0)
    try:
        yield
    except SystemExit as end:
        if end.code != 128 + signal.SIGTERM or time.monotonic() < until:
            raise
        print("the time is over: the next call goes on from the checkpoint", flush=True)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def train_networks(study, until):
    """Train networks, and take their points, until the time is over; return how many are there."""
    done = 0
    for seed in study.seeds:
        if not study.is_trained(seed):
            if time.monotonic() > until:
                continue
            begin = time.monotonic()
            with ended_at(until):
                study.train(seed)
            if not study.is_trained(seed):
                continue
            print(f"{study.name}, seed {seed}: trained in {time.monotonic() - begin:.1f} s", flush=True)
        study.sample(seed)
        done += 1
    return done


def main():
    """Read the command line, and do what the time allows."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--images", type=Path, required=True, help="folder or .zip of class folders")
    parser.add_argument("--out", type=Path, required=True, help="folder of results, as results/RUN of the workflow")
    parser.add_argument("--minutes", type=float, default=10, help="time after which nothing else is begun")
    parser.add_argument(
        "--configfile", type=Path, nargs="*", default=[], help="files that differ from config/config.yaml"
    )
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"], help="cpu to try the command itself")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads of the CPU")
    parser.add_argument("--peak", type=float, default=790, help="TFLOP/s of the GPU in half precision, for the floor")
    parser.add_argument(
        "--study", choices=STUDIES, help="train the networks of this study alone, not those of homology, then mapper"
    )
    parser.add_argument("--tiny", action="store_true", help="checks and measurements of sizes that a CPU takes")
    options = parser.parse_args()
    if options.threads < 1:
        parser.error("--threads is a number of threads, 1 at least")
    if not (math.isfinite(options.minutes) and options.minutes >= 0):
        parser.error("--minutes is a number of minutes, 0 at least")
    until = time.monotonic() + 60 * options.minutes
    require_packages(NEEDED)

    import torch
    from actopo.config.values import is_trained_here
    from actopo.errors import InputError
    from actopo.job import choose_device
    from gpu_checks import HAS_NUMBA, TINY, Checks, Differs, Sizes
    from gpu_speed import Speed
    from gpu_study import Study, read_config

    try:
        config, own = read_config(options.configfile, options.images)
        names = [options.study] if options.study else STUDIES
        studies = [Study(options.out, config, options.device, options.threads, name) for name in names]
        studies = [study for study in studies if is_trained_here(study.model)]
        if not studies:
            raise InputError("the networks of the configuration have published weights: there is nothing to train")
        if not all(study.is_prepared() for study in studies):
            require_packages(TO_READ_IMAGES)
        choose_device(options.device)
        torch.set_num_threads(options.threads)
        prepared = [study.prepare() for study in studies]
    except (InputError, OSError) as error:
        raise SystemExit(f"error: {error}") from None
    parts, normalisation = prepared[0]
    sizes = TINY if options.tiny else Sizes()
    report = Report(options.out / "gpu" / "report.json", about_device(options.device, sizes))
    print(_shown(report.content["about"]))
    if not HAS_NUMBA:
        print("numba is not installed: clusters and distances are neither compared nor measured")
    given = (*parts["train"], normalisation, options.device, sizes)
    try:
        report.run("checks", Checks(*given).all())
    except Differs as difference:
        raise SystemExit(f"the GPU does not compute what the CPU computes: {difference}") from None
    # At least a third of the time is for networks.
    begin = time.monotonic()
    report.run("speed", Speed(*given, options.peak * 1e12).all(), begin + 2 * (until - begin) / 3)
    report.save()
    # JSON is YAML, too.
    (options.out / "gpu" / "config.yaml").write_text(json.dumps(own, indent=2) + "\n", encoding="utf-8")
    for study in studies:
        if "graph" in report.content["checks"] and study.take_graph():
            print(f"{study.name} is trained in CUDA graphs; in the workflow, set training.cuda_graph to true")
        try:
            done = train_networks(study, until)
        except InputError as error:
            raise SystemExit(f"error: {error}") from None
        points = ", with their points" if study.has_points else ""
        print(f"{done} of {len(study.seeds)} networks of {study.name} are in {options.out}{points}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("interrupted: the same call goes on from what was found and trained", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
