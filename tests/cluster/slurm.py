"""A SLURM cluster of one node, started for tests and stopped again: three daemons in a folder of their own."""

import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PACKAGES = ("slurm-wlm", "slurmctld", "slurmd", "slurm-client", "munge")
PROGRAMS = ("munged", "mungekey", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel")
# Folders of clusters of tests.
PREFIX = "actopo-slurm."
# Where commands look for it that have no SLURM_CONF, as srun inside of jobs.
DEFAULT = Path("/etc/slurm/slurm.conf")
# More cores and memory than there may be, so that jobs can ask for what they ask for on a real node.
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=1
GresTypes=gpu
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
MinJobAge=3600
KillWait=2
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=16 Sockets=1 CoresPerSocket=16 ThreadsPerCore=1 RealMemory=128000 Gres=gpu:k80:2
PartitionName=cpu Nodes={host} Default=YES MaxTime=INFINITE State=UP
PartitionName=gpu Nodes={host} MaxTime=INFINITE State=UP
"""


def obstacle():
    """Why there can be no SLURM here, in words, after an attempt to install it; None if there can be one."""
    if os.getuid() != 0:
        return "SLURM's daemons start as root alone, and this is another user"
    if DEFAULT.exists() and not is_left_behind(DEFAULT.resolve()):
        return f"there is a SLURM here already: {DEFAULT}"
    if all(map(shutil.which, PROGRAMS)):
        return None
    if not shutil.which("apt-get"):
        return (
            f"{', '.join(filter(lambda name: not shutil.which(name), PROGRAMS))} are missing, and there is no apt-get"
        )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES]
    for command in (install, ["apt-get", "update"], install):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        if command is install and done.returncode == 0:
            return None
    return f"apt-get cannot install SLURM: {done.stderr.strip().splitlines()[-1]}"


def is_left_behind(configuration):
    """Whether a configuration is that of tests that were killed: their daemons died with them."""
    pid = configuration.with_name("slurmctld.pid")
    return configuration.parent.name.startswith(PREFIX) and not (
        pid.exists() and Path("/proc", pid.read_text().strip(), "exe").exists()
    )


def free_ports(n):
    """Numbers of ports that nobody uses."""
    sockets = [socket.socket() for _ in range(n)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def die_with_parent():
    """Let the kernel end this process with the one that started it, however that ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Slurm:
    """The cluster. Its GPUs are two devices that hold nothing."""

    def __init__(self):
        # Paths of sockets are short.
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))
        self.environment = {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")}
        self.host = socket.gethostname().split(".")[0]
        self.daemons = []

    def __enter__(self):
        """Start the daemons, and wait until the node is idle."""
        folder, host = self.folder, self.host
        folder.chmod(0o755)
        for name in ("state", "spool"):
            (folder / name).mkdir()
        (folder / "slurm.conf").write_text(CONFIGURATION.format(folder=folder, host=host, ports=free_ports(2)))
        DEFAULT.parent.mkdir(exist_ok=True)
        DEFAULT.unlink(missing_ok=True)
        DEFAULT.symlink_to(folder / "slurm.conf")
        (folder / "gres.conf").write_text(f"NodeName={host} Name=gpu Type=k80 File={folder}/gpu[0-1]\n")
        for index in range(2):
            subprocess.run(["mknod", "-m", "666", folder / f"gpu{index}", "c", "1", "3"], check=True)
        subprocess.run(["mungekey", "--create", f"--keyfile={folder}/munge.key"], check=True)
        files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
        munge = [f"--{option}={folder}/munge.{ending}" for option, ending in files.items()]
        try:
            self._start("munged", "--foreground", "--force", *munge)
            self._wait_for(lambda: (folder / "munge.socket").exists(), "munged")
            self._start("slurmctld", "-D")
            self._start("slurmd", "-D")
            self._wait_for(lambda: "State=IDLE " in self.control("show", "node"), "the node")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        """Cancel all jobs and stop the daemons."""
        if len(self.daemons) == 3:
            self.run("scancel", "--user=root", "--full")
            self.queue_after(20)
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(timeout=10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        DEFAULT.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, *command):
        with open(self.folder / f"{command[0]}.out", "w") as output:
            daemon = subprocess.Popen(
                command, env=self.environment, stdout=output, stderr=output, preexec_fn=die_with_parent
            )
        self.daemons.append(daemon)

    def _wait_for(self, ready, what, seconds=30):
        deadline = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > deadline or any(daemon.poll() is not None for daemon in self.daemons):
                logs = "\n".join(
                    f"{path.name}:\n{path.read_text()[-2000:]}" for path in self.folder.glob("*.[lo][ou][gt]")
                )
                raise RuntimeError(f"{what} did not start\n{logs}")
            time.sleep(0.2)

    def run(self, *command):
        """Run a command of SLURM."""
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=30, check=False)

    def control(self, *arguments):
        """What scontrol prints, one line an item."""
        return self.run("scontrol", "--oneliner", *arguments).stdout

    def set_node(self, state):
        """Let the node take new jobs, or none."""
        done = self.run("scontrol", "update", f"nodename={self.host}", f"state={state}", "reason=test")
        assert done.returncode == 0, done.stderr

    def hold(self, number):
        """Let a job that waits wait on."""
        done = self.run("scontrol", "hold", str(number))
        assert done.returncode == 0, done.stderr

    def queue_after(self, seconds):
        """What squeue lists as soon as it lists nothing, or after `seconds`."""
        deadline = time.monotonic() + seconds
        while (queue := self.run("squeue", "--noheader").stdout) and time.monotonic() < deadline:
            time.sleep(0.5)
        return queue

    def jobs(self):
        """Facts of all jobs so far, by their numbers, as scontrol names them."""
        lines = self.control("show", "job").splitlines()
        facts = [dict(re.findall(r"(\w+(?:/\w+)?)=(\S*)", line)) for line in lines if line.startswith("JobId=")]
        return {int(job["JobId"]): job for job in facts}
