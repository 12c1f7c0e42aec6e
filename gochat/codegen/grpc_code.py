"""Writes the messages and stubs of `logic.proto`, with grpcio-tools.

The proto is compiled as a file of the package `generated`, so that what comes out imports from there.
"""

import tempfile
from pathlib import Path

from grpc_tools import protoc

from gochat.codegen.spec_error import SpecError

_MODULES = ("logic_pb2.py", "logic_pb2.pyi", "logic_pb2_grpc.py")


def render_grpc(proto: str, head: str) -> dict[str, str]:
    """Returns the modules, by file name, `head` (comment lines) first.

    SpecError: protoc refuses the file; it has said on stderr what is wrong.
    """
    with tempfile.TemporaryDirectory() as directory:
        package = Path(directory) / "generated"
        package.mkdir()
        (package / "logic.proto").write_text(proto, encoding="utf-8")
        outputs = [f"--{kind}_out={directory}" for kind in ("python", "pyi", "grpc_python")]
        if protoc.main(["protoc", f"-I{directory}", *outputs, str(package / "logic.proto")]):
            raise SpecError("logic.proto: protoc refuses it")
        return {name: head + (package / name).read_text(encoding="utf-8") for name in _MODULES}
