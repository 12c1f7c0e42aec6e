"""What the figures of `gochat bench` were measured on: CPU time of processes, versions, disk.

Read from the standard library and, on Linux, /proc; elsewhere the facts that only /proc has are None.
"""

import os
import platform
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

PACKAGES = ("gevent", "flask-sock", "connexion", "msgspec")
FSYNC_SAMPLES = 50
BUSY = 0.9  # of a core; a single-threaded process above it had no time left
MEMORY_FILE_SYSTEMS = ("tmpfs", "ramfs")


@dataclass(frozen=True)
class Machine:
    """The facts that a figure is worthless without."""

    cores: int
    processor: str
    system: str
    python: str
    sqlite: str
    packages: dict[str, str]
    file_system: str | None  # that of the data directory
    fsync_ms: float  # median of a 4 KiB write and fsync there


def tree_cpu_s(pid: int | None) -> float | None:
    """Return the CPU seconds of process `pid`, its threads and its descendants; None where that can't be known.

    Children that have ended count, too: their parent keeps the sum.
    """
    if pid is None:
        return None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        children = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in _children_of(task)]
    except OSError:
        return None
    used, system, of_ended, system_of_ended = map(int, stat.rpartition(")")[2].split()[11:15])
    own_s = (used + system + of_ended + system_of_ended) / os.sysconf("SC_CLK_TCK")
    return own_s + sum(tree_cpu_s(child) or 0.0 for child in children)


def _children_of(task: Path) -> list[str]:
    try:
        return (task / "children").read_text().split()
    except OSError:  # the thread has ended
        return []


@dataclass(frozen=True)
class CpuUse:
    """CPU time over a window, in cores; None where it can't be known (no /proc, not our process).

    Attributes:
        server: All parts of the server together.
        others: Everything else on the machine: it should be near 0.
        parts: The same by part of the server.
    """

    generator: float
    server: float | None
    others: float | None
    parts: dict[str, float | None] = field(default_factory=dict)

    @property
    def generator_is_limit(self) -> bool:
        """Say whether the generator had no time left while every part of the server had: the figures are its own."""
        shares = list(self.parts.values()) or [self.server]
        return self.generator > BUSY and all(share is not None and share < BUSY for share in shares)


class CpuWindow:
    """Measures CpuUse from its making to `close()`, in the generator's process.

    Args:
        server_pids: The first process of each part of the server, by the part's name.
    """

    def __init__(self, server_pids: Mapping[str, int | None]) -> None:
        self.server_pids = server_pids
        self.started = time.perf_counter()
        self.readings = self._read()

    def close(self) -> tuple[float, CpuUse]:
        """Return the window's length in seconds and who used how much of a core in it."""
        seconds = time.perf_counter() - self.started
        generator, all_processes, *servers = (
            None if then is None or now is None else (now - then) / seconds
            for then, now in zip(self.readings, self._read(), strict=True)
        )
        assert generator is not None
        known = [share for share in servers if share is not None]
        server = sum(known) if len(known) == len(servers) else None
        others = None
        if server is not None and all_processes is not None:
            others = max(0.0, all_processes - generator - server)
        parts = dict(zip(self.server_pids, servers, strict=True))
        return seconds, CpuUse(generator=generator, server=server, others=others, parts=parts)

    def _read(self) -> list[float | None]:
        return [time.process_time(), _all_processes_cpu_s(), *map(tree_cpu_s, self.server_pids.values())]


def _all_processes_cpu_s() -> float | None:
    """Return the CPU seconds that all processes have used since boot."""
    try:
        first_line = Path("/proc/stat").read_text().partition("\n")[0]
    except OSError:
        return None
    user, nice, system, _idle, _iowait, irq, softirq = (int(ticks) for ticks in first_line.split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def describe_machine(directory: Path) -> Machine:
    """Return the machine's facts, with the disk that holds `directory`; a file is made there for a moment."""
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        processor=_processor(),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        packages={name: metadata.version(name) for name in PACKAGES},
        file_system=_file_system(directory),
        fsync_ms=_fsync_ms(directory),
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _file_system(directory: Path) -> str | None:
    """Return the type of the file system with the longest mount point above `directory`."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return None
    place = directory.resolve()
    above = [mount for mount in mounts if place.is_relative_to(mount[1])]
    return max(above, key=lambda mount: len(mount[1]))[2] if above else None


def _fsync_ms(directory: Path) -> float:
    took_s = []
    path = directory / "fsync-probe"
    with path.open("wb", buffering=0) as probe:
        for _ in range(FSYNC_SAMPLES):
            started = time.perf_counter()
            probe.write(bytes(4096))
            os.fsync(probe.fileno())
            took_s.append(time.perf_counter() - started)
    path.unlink()
    return sorted(took_s)[FSYNC_SAMPLES // 2] * 1000
