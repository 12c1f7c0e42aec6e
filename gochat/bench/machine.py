"""What the figures of `gochat bench` were measured on: CPU time of processes, versions, disk.

Read from the standard library and, on Linux, /proc; elsewhere the facts that only /proc has are None.
"""

import os
import platform
import sqlite3
import time
from dataclasses import dataclass
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


def process_cpu_s(pid: int | None) -> float | None:
    """Return the CPU seconds that process `pid` and its threads have used; None where that can't be known."""
    if pid is None:
        return None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class CpuUse:
    """CPU time over a window, in cores; None where it can't be known (no /proc, not our process)."""

    generator: float
    server: float | None
    others: float | None  # everything else on the machine: it should be near 0

    @property
    def generator_is_limit(self) -> bool:
        """Say whether the generator had no time left while the server had: the figures are then its own."""
        return self.generator > BUSY and self.server is not None and self.server < BUSY


class CpuWindow:
    """Measures CpuUse from its making to `close()`, in the generator's process."""

    def __init__(self, server_pid: int | None) -> None:
        self.server_pid = server_pid
        self.started = time.perf_counter()
        self.readings = self._read()

    def close(self) -> tuple[float, CpuUse]:
        """Return the window's length in seconds and who used how much of a core in it."""
        seconds = time.perf_counter() - self.started
        generator, server, all_processes = (
            None if then is None or now is None else (now - then) / seconds
            for then, now in zip(self.readings, self._read(), strict=True)
        )
        assert generator is not None
        others = None
        if server is not None and all_processes is not None:
            others = max(0.0, all_processes - generator - server)
        return seconds, CpuUse(generator=generator, server=server, others=others)

    def _read(self) -> tuple[float | None, float | None, float | None]:
        return time.process_time(), process_cpu_s(self.server_pid), _all_processes_cpu_s()


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
