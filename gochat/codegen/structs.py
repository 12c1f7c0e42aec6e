"""Writes a module of msgspec Structs from schemas, with datamodel-code-generator.

The tool (0.89) does nearly all of it: names, constraints, tagged unions. What is done here:

- `frozen` for every struct and `forbid_unknown_fields` for the closed ones, through the tool's own template
  data (by itself it does not look at `additionalProperties: false` for a Struct);
- `minProperties`, which neither it nor msgspec knows, as a `__post_init__` written into the class afterwards.
"""

import ast
import warnings
from collections import defaultdict
from typing import Any

from datamodel_code_generator import GenerateConfig, InputFileType, LiteralType, PythonVersion, generate
from datamodel_code_generator.enums import DataModelType
from datamodel_code_generator.format import Formatter

from gochat.codegen.bundle import SCHEMA_POINTER
from gochat.codegen.documents import JsonObject
from gochat.codegen.shapes import Shapes
from gochat.codegen.spec_error import SpecError

_TAG_PROPERTY = "type"
_LINE_LENGTH = 120


def render_structs(shapes: Shapes, head: str) -> str:
    """Returns the Python module for the schemas, `head` first.

    SpecError: the tool warns that it left something of a schema out.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        text = generate(_document(shapes), config=_tool_config(shapes, head))
    left_out = [str(warning.message) for warning in caught if issubclass(warning.category, UserWarning)]
    if left_out:
        raise SpecError("datamodel-code-generator: " + "; ".join(left_out))
    if not isinstance(text, str):
        raise SpecError("datamodel-code-generator wrote more than one module: schema names must have no dots")
    return _add_property_minimums(text, shapes.min_properties)


def import_known(text: str, module: str, known: str) -> str:
    """Returns the module `text` with each type that the generated module `known` has as well imported from there.

    Args:
        module: The dotted name of `known`.
    """
    theirs = {name for node in ast.parse(known).body if (name := _type_name(node))}
    lines = text.splitlines()
    nodes = ast.parse(text).body
    shared = [node for node in nodes if _type_name(node) in theirs]
    for node in reversed(shared):  # from the end, so that the line numbers before it stay right
        end = node.end_lineno or node.lineno
        while end < len(lines) and not lines[end]:
            end += 1
        del lines[node.lineno - 1 : end]
    kept = {name.id for name in ast.walk(ast.parse("\n".join(lines))) if isinstance(name, ast.Name)}
    names = ", ".join(sorted(name for node in shared if (name := _type_name(node)) in kept and name))
    last_import = max(node.end_lineno or 0 for node in nodes if isinstance(node, ast.ImportFrom))
    lines[last_import:last_import] = ["", f"from {module} import {names}", ""]
    return "\n".join(lines) + "\n"


def _type_name(node: ast.stmt) -> str | None:
    """Returns the name of a type that a statement defines: a class, or an alias."""
    if isinstance(node, ast.ClassDef):
        return node.name
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return None


def _tool_config(shapes: Shapes, head: str) -> GenerateConfig:
    return GenerateConfig(
        input_file_type=InputFileType.OpenAPI,
        output_model_type=DataModelType.MsgspecStruct,
        target_python_version=PythonVersion.PY_311,
        custom_file_header=head,
        disable_timestamp=True,
        formatters=[Formatter.BUILTIN],
        builtin_format_line_length=_LINE_LENGTH,  # else from the pyproject.toml above the working directory
        use_double_quotes=True,
        snake_case_field=True,
        use_annotated=True,
        field_constraints=True,
        use_union_operator=True,
        enum_field_as_literal=LiteralType.All,
        use_schema_description=True,
        use_single_line_docstring=True,
        keyword_only=True,
        use_msgspec_tagged_unions=True,  # every frame of the union is tagged, or a warning says why none is
        extra_template_data=_struct_options(shapes),
    )


def _document(shapes: Shapes) -> JsonObject:
    schemas = dict(shapes.schemas)
    if shapes.union_name:
        references = {wire_type: SCHEMA_POINTER + name for wire_type, name in shapes.tags.items()}
        schemas[shapes.union_name] = {
            "oneOf": [{"$ref": reference} for reference in references.values()],
            "discriminator": {"propertyName": _TAG_PROPERTY, "mapping": references},
        }
    return {
        "openapi": "3.1.0",  # unlike 3.0 it knows `const`, which AsyncAPI's own schemas may use
        "info": {"title": "types", "version": "0"},
        "paths": {},
        "components": {"schemas": schemas},
    }


def _struct_options(shapes: Shapes) -> defaultdict[str, dict[str, Any]]:
    options: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for name, schema in shapes.schemas.items():
        if schema.get("type") == "object" or "allOf" in schema:
            closed = {"forbid_unknown_fields": True} if name in shapes.closed else {}
            options[name] = {"base_class_kwargs": {"frozen": True, **closed}}
    return options


def _add_property_minimums(text: str, min_properties: dict[str, int]) -> str:
    lines = text.splitlines()
    classes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    lost = set(min_properties) - {node.name for node in classes}
    if lost:
        raise SpecError(f"{min(lost)}: minProperties is for an object with properties")
    for node in reversed(classes):  # from the end, so that the line numbers before it stay right
        if node.name in min_properties and node.end_lineno is not None:
            minimum = min_properties[node.name]
            lines[node.end_lineno : node.end_lineno] = [
                "",
                "    def __post_init__(self) -> None:",
                "        given = [f for f in self.__struct_fields__ if getattr(self, f) is not UNSET]",
                f"        if len(given) < {minimum}:",
                f'            raise ValueError("minProperties: expected at least {minimum}")',
            ]
    return "\n".join(lines) + "\n"
