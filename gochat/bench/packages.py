"""Finds the packages that `gochat bench --scaled` takes PostgreSQL and Kafka from; it loads none of them."""

from importlib.util import find_spec
from pathlib import Path

from gochat.bench.processes import BenchError


def find_package(name: str, module: str, instead: str) -> Path:
    """Return the directory of the installed package `name`.

    Raises BenchError, which says to install it or to give the options `instead`.
    """
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise BenchError(f"--scaled needs the package {name}: pip install {name}, or give {instead}")
    return Path(spec.submodule_search_locations[0])
