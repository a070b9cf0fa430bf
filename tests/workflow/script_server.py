"""
Jobs of the workflow that start without importing their libraries: a server has imported them, and forks for each job.

Half of the time of a tiny run is the import of PyTorch, pandas and matplotlib by its 170 jobs. `executable` writes a
program that Snakemake calls in the place of Python; it hands its arguments, folder, environment and streams to the
server, and ends as the job ends. The script itself, and all of actopo, are read and run anew by every job. Snakemake,
and the modules of actopo that are programs, are run so too; what else is no script is left to Python.
"""

import array
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import traceback
from pathlib import Path

ROOT = Path(__file__).parents[2]
OWN_ENVIRONMENT = {"OMP_NUM_THREADS": "1"}
SERVERS = []
LIBRARIES = ("snakemake.cli", "snakemake.report.html_reporter", "smart_open", "jsonschema")
LIBRARIES += ("tqdm", "torch", "torchvision", "safetensors.torch", "cv2", "numba", "pandas")
LIBRARIES += ("matplotlib.pyplot", "matplotlib.backends.backend_svg", "pandas.io.formats.csvs", "PIL.JpegImagePlugin")
LIBRARIES += ("scipy.stats", "scipy.sparse.csgraph", "sklearn.cluster", "networkx", "gtda.homology")

# Modules that are programs.
SERVED = ("actopo", "snakemake")

CLIENT = """\
#!{python} -IS
import array, json, os, socket, sys
if sys.argv[1].startswith("-") and not (sys.argv[1] == "-m" and sys.argv[2].partition(".")[0] in {served!r}):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
job = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
streams = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))
server.sendmsg([len(job).to_bytes(8, "big")], [streams])
server.sendall(job)
status = server.recv(1)
sys.exit(status[0] if status else 1)
"""


def executable(folder):
    """
    Start a server that ends with this process, and return the path of the program that calls it.

    Parameters
    ----------
    folder : Path
        Where the program and the server's socket are kept; a path of at most 80 characters.
    """
    address, program = str(folder / "socket"), folder / "python"
    program.write_text(CLIENT.format(python=sys.executable, address=address, served=SERVED))
    program.chmod(0o755)
    # A process of its own, since tests may have started threads, of which a fork has none.
    command = [sys.executable, __file__, address]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | OWN_ENVIRONMENT)
    assert server.stdout.readline() == b"ready\n"
    # Its standard input stays open for as long as this process lives.
    SERVERS.append(server)
    return program


def serve(address):
    """Fork a process for every call, until the standard input is closed."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen(64)
    for library in LIBRARIES:
        importlib.import_module(library)
    # With its first function numba reads the tables of all that it can compile.
    numba = importlib.import_module("numba")
    numba.njit(lambda value: value)(1.0)
    # No job looks through them for garbage, which would also copy their memory.
    gc.collect()
    gc.freeze()
    # The workflow's own package is that beside the script.
    sys.path[:] = [path for path in sys.path if not {ROOT / "tests", ROOT / "workflow"} & {*Path(path, "_").parents}]
    # Nobody waits for the processes that run jobs.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([listening, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        call, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            answer(call, str(Path(address).with_name("python")))
        call.close()


def answer(call, program):
    """Run one job in a process of its own, and send its exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, [(_, _, streams)], *_ = call.recvmsg(8, socket.CMSG_SPACE(3 * array.array("i").itemsize))
    text = b""
    while len(text) < int.from_bytes(size, "big"):
        text += call.recv(1 << 20)
    job = os.fork()
    if job == 0:
        call.close()
        run(*json.loads(text), array.array("i", streams), program)
    status = os.waitstatus_to_exitcode(os.waitpid(job, 0)[1])
    call.send(bytes([status if status >= 0 else 128 - status]))
    os._exit(0)


def run(arguments, folder, environment, streams, program):
    """What Python does with a script, but for the start."""
    for stream, descriptor in enumerate(streams):
        os.dup2(descriptor, stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    is_module = arguments[0] == "-m"
    sys.argv = arguments[1:] if is_module else arguments
    # What they start is served, too.
    sys.executable = program
    path = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    script = Path(arguments[0]).absolute()
    first = [] if environment.get("PYTHONSAFEPATH") else [folder]
    sys.path[:0] = [*first, *path] if is_module else [str(script.parent)]
    status = 0
    try:
        if is_module:
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(str(script), run_name="__main__")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if status and end.code is not status:
            print(end.code, file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info()) if sys.excepthook is not sys.__excepthook__ else traceback.print_exc()
        status = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    serve(sys.argv[1])
