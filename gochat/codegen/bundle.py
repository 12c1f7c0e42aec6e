"""Makes one self-contained document of a spec and the files it refers to.

A `$ref` into `schemas/` becomes `#/components/schemas/<Name>`; inside an extension (`x-...`), which no tool
resolves for its readers, what a `$ref` names is put in its place. All else stays as written, in its order.
"""

from pathlib import Path
from typing import Any

from gochat.codegen.documents import JsonObject, read_document
from gochat.codegen.spec_error import SpecError

SCHEMA_POINTER = "#/components/schemas/"
SCHEMA_DIRECTORY = "schemas"

# Below these keywords stands data, not a part of the document: a "$ref" in there refers to nothing.
_DATA_KEYWORDS = frozenset({"example", "examples", "default", "enum", "const"})
# Below these, keys are names and not keywords (a property `default`, the response `default`).
_NAME_MAPS = ("/properties", "/responses")


def bundle_document(specs_dir: Path, name: str) -> JsonObject:
    """Returns the document `specs_dir/name` with every reference local.

    The schemas from other files follow the document's own, in the order of their first use.
    SpecError: a reference that names nothing or leaves `specs_dir`, or two schemas with one name.
    """
    bundler = _Bundler(specs_dir.resolve())
    bundled = bundler.bundle(name)
    _check_references(bundled, bundled, f"{name}#")
    return bundled


def resolve_pointer(document: Any, pointer: str) -> Any:
    """Returns what an RFC 6901 pointer (`/a/b`, without `#`) names. KeyError: it names nothing."""
    value = document
    for segment in pointer.split("/")[1:]:
        key = segment.replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (IndexError, TypeError, ValueError):
            raise KeyError(pointer) from None
    return value


class _Bundler:
    def __init__(self, specs_dir: Path) -> None:
        self._specs_dir = specs_dir
        self._files: dict[Path, Any] = {}
        self._origins: dict[str, str] = {}  # schema name -> "file#/pointer" it comes from
        self._schemas: JsonObject = {}

    def bundle(self, name: str) -> JsonObject:
        path = self._specs_dir / name
        document = self._read(path)
        components = document.get("components", {})
        own = {key: self._own_schema(key, schema, path) for key, schema in components.get("schemas", {}).items()}
        self._schemas = dict.fromkeys(own)  # the document's own schemas come first
        for key, (source, content) in own.items():
            self._schemas[key] = self._rewrite(content, source, f"{name}{SCHEMA_POINTER}{key}")
        document = {**document, "components": {**components, "schemas": {}}}
        bundled: JsonObject = self._rewrite(document, path, f"{name}#")
        bundled["components"]["schemas"] = self._schemas
        return bundled

    def _read(self, path: Path) -> Any:
        if path not in self._files:
            self._files[path] = read_document(path)
        return self._files[path]

    def _own_schema(self, name: str, schema: Any, path: Path) -> tuple[Path, Any]:
        """Returns the file and the content of one of the document's own schemas.

        `User: {$ref: schemas/user.yaml#/User}` only gives the file's schema a place: its content goes there.
        """
        here = f"{path.name}{SCHEMA_POINTER}{name}"
        if not (isinstance(schema, dict) and set(schema) == {"$ref"}) or schema["$ref"].startswith("#"):
            self._claim(name, here)
            return path, schema
        target, pointer = self._split(path, schema["$ref"], here)
        self._claim(name, self._place(target, pointer))
        return target, resolve_pointer(self._read(target), pointer)

    def _place(self, path: Path, pointer: str) -> str:
        return f"{path.relative_to(self._specs_dir).as_posix()}#{pointer}"

    def _claim(self, name: str, origin: str) -> None:
        known = self._origins.setdefault(name, origin)
        if known != origin:
            raise SpecError(f"two schemas are named {name}: {known} and {origin}; rename one of them")

    def _split(self, path: Path, reference: str, where: str) -> tuple[Path, str]:
        file_part, _, pointer = reference.partition("#")
        target = (path.parent / file_part).resolve() if file_part else path
        if not target.is_relative_to(self._specs_dir) or not target.is_file():
            raise SpecError(f"{where}: $ref {reference!r} names no file in {self._specs_dir.name}/")
        try:
            resolve_pointer(self._read(target), pointer)
        except KeyError:
            raise SpecError(f"{where}: $ref {reference!r} names nothing in {target.name}") from None
        return target, pointer

    def _rewrite(self, value: Any, path: Path, where: str, *, extension: bool = False) -> Any:
        if isinstance(value, list):
            items = enumerate(value)
            return [self._rewrite(item, path, f"{where}/{index}", extension=extension) for index, item in items]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str):
            if extension:
                return self._inline(reference, path, where)
            if path.parent != self._specs_dir or not reference.startswith("#"):
                return {**value, "$ref": self._lift(reference, path, where)}
        names_follow = where.endswith(_NAME_MAPS)
        rewritten: JsonObject = {}
        for key, item in value.items():
            if key in _DATA_KEYWORDS and not names_follow:
                rewritten[key] = item
                continue
            inside = extension or (key.startswith("x-") and not names_follow)
            rewritten[key] = self._rewrite(item, path, f"{where}/{key}", extension=inside)
        return rewritten

    def _inline(self, reference: str, path: Path, where: str) -> Any:
        target, pointer = self._split(path, reference, where)
        content = resolve_pointer(self._read(target), pointer)
        return self._rewrite(content, target, where, extension=True)

    def _lift(self, reference: str, path: Path, where: str) -> str:
        target, pointer = self._split(path, reference, where)
        name = pointer.removeprefix("/")
        if target.parent != self._specs_dir / SCHEMA_DIRECTORY or not name or "/" in name:
            raise SpecError(f"{where}: $ref {reference!r} must name a whole schema in {SCHEMA_DIRECTORY}/ (#/Name)")
        place = self._place(target, pointer)
        self._claim(name, place)
        if name not in self._schemas:
            self._schemas[name] = None  # takes its place before the schemas that it refers to
            self._schemas[name] = self._rewrite(resolve_pointer(self._read(target), pointer), target, place)
        return SCHEMA_POINTER + name


def _check_references(value: Any, document: JsonObject, where: str) -> None:
    if isinstance(value, list):
        for index, item in enumerate(value):
            _check_references(item, document, f"{where}/{index}")
    elif isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str):
            try:
                resolve_pointer(document, reference.removeprefix("#"))
            except KeyError:
                raise SpecError(f"{where}: $ref {reference!r} names nothing") from None
        for key, item in value.items():
            if key not in _DATA_KEYWORDS or where.endswith(_NAME_MAPS):
                _check_references(item, document, f"{where}/{key}")
