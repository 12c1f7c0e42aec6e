"""What `gochat generate [--check]` does: finds the checkout and runs the generator on its specs.

Imports the generator's tools only when called, so that the command line works where they are not installed.
"""

import importlib
import sys
from pathlib import Path

import gochat

_EXTRA = "pip install -e '.[generate]'"
_NEEDED_MODULES = ("yaml", "datamodel_code_generator", "asyncapi_python_codegen.parser")


def run(check: bool) -> int:
    """Generates into the checkout's `generated/`, or only compares; returns the exit code (2: not here)."""
    checkout = Path(gochat.__file__).resolve().parent.parent
    if not (checkout / "specs").is_dir() or not (checkout / "pyproject.toml").is_file():
        print(
            f"gochat generate: works in a source checkout only; {checkout} has no specs/ and pyproject.toml",
            file=sys.stderr,
        )
        return 2
    for name in _NEEDED_MODULES:
        try:
            importlib.import_module(name)
        except ImportError as error:
            print(f"gochat generate: needs the development tools: {_EXTRA} ({error})", file=sys.stderr)
            return 2
    from gochat.codegen.pipeline import generate

    return generate(checkout / "specs", checkout / "generated", check=check)
