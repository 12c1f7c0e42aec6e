"""Says what in the two bundled documents is not as this project has them: examples everywhere, texts, openness, files.

What would be wrong in anybody's documents, `conformance.contract.lint` tells. Each function takes documents as plain
dicts and returns its findings as texts, none when all is well, so that test_contracts.py can show it a broken one too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]

CHECKOUT = Path(__file__).resolve().parents[2]
SPECS = CHECKOUT / "specs"
GENERATED = CHECKOUT / "generated"

JSON_TYPE = "application/json"
FROM_BODY = re.compile(r"\$response\.body#([^\"'}\s]+)")


def load(path: Path) -> Document:
    """Reads a YAML file."""
    document: Document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def inlined(document: Document) -> Document:
    """Returns the document with every local reference replaced by what it names."""

    def resolve(value: Any, within: tuple[str, ...]) -> Any:
        if isinstance(value, list):
            return [resolve(item, within) for item in value]
        if not isinstance(value, dict):
            return value
        if isinstance(value.get("$ref"), str):
            pointer = value["$ref"].removeprefix("#")
            assert pointer not in within, f"{pointer} contains itself"
            return resolve(at(document, pointer), (*within, pointer))
        return {key: resolve(item, within) for key, item in value.items()}

    whole: Document = resolve(document, ())
    return whole


def at(document: Any, pointer: str) -> Any:
    """Returns what an RFC 6901 pointer names; KeyError, IndexError or TypeError where there is nothing."""
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


def http_operations(openapi: Document) -> Iterator[tuple[str, Document]]:
    """Yields the path and the operation, of an inlined document."""
    for path, item in openapi["paths"].items():
        for operation in item.values():
            yield path, operation


def example_problems(openapi: Document, asyncapi: Document) -> list[str]:
    """Bodies and frames without an example."""
    problems = []
    for _, operation in http_operations(inlined(openapi)):
        contents = {"request": operation.get("requestBody", {}).get("content", {})}
        contents |= {status: response["content"] for status, response in operation["responses"].items()}
        for where, content in contents.items():
            if not all(media.get("examples") for media in content.values()):
                problems.append(f"{operation['operationId']} {where}: no example")
    for key, message in asyncapi["components"]["messages"].items():
        if not message.get("examples"):
            problems.append(f"{key}: no example")
    return problems


def code_problems(openapi: Document, asyncapi: Document, errors: Document) -> list[str]:
    """A catalogue that is not errors.yaml, codes that ErrorCode has not, and examples that are not of the catalogue."""
    catalogue = {entry["code"]: entry for entry in errors["errors"]}
    problems = []
    for name, document in (("openapi", openapi), ("asyncapi", asyncapi)):
        if document["x-error-catalogue"] != errors["errors"]:
            problems.append(f"{name}: x-error-catalogue is not errors.yaml")
    listed = openapi["components"]["schemas"]["ErrorCode"]["enum"]
    if set(listed) != set(catalogue):
        problems.append(f"ErrorCode differs from errors.yaml in {sorted(set(listed) ^ set(catalogue))}")
    problems += http_text_problems(openapi, catalogue)
    for example in inlined(asyncapi)["components"]["messages"]["error"]["examples"]:
        data = example["payload"]["data"]
        if data["message"] != catalogue.get(data["code"], {}).get("zh"):
            problems.append(f"error {example['name']}: the text of {data['code']} is not the catalogue's")
    return problems


def http_text_problems(openapi: Document, catalogue: Document) -> Iterator[str]:
    """Yields what the examples of error answers say beside the catalogue."""
    for _, operation in http_operations(inlined(openapi)):
        for status, response in operation["responses"].items():
            where = f"{operation['operationId']} {status}"
            media = response["content"][JSON_TYPE]
            if status.startswith("2"):
                continue
            codes = media["schema"]["allOf"][1]["properties"]["code"]["enum"]
            shown = [example["value"] for example in media["examples"].values()]
            if {body["code"] for body in shown} != set(codes):
                yield f"{where}: the examples do not show {codes}, one of each"
            for body in shown:
                if body["message"] != catalogue.get(body["code"], {}).get("zh"):
                    yield f"{where}: the text of {body['code']} is not the catalogue's"


def openness_problems(openapi: Document, asyncapi: Document) -> list[str]:
    """Requests and client frames that are open, answers and server frames that are closed."""
    problems = []
    for _, operation in http_operations(inlined(openapi)):
        name = operation["operationId"]
        for media in operation.get("requestBody", {}).get("content", {}).values():
            if media["schema"].get("additionalProperties") is not False:
                problems.append(f"{name}: the request body is open")
        for status, response in operation["responses"].items():
            if is_closed_anywhere(response["content"][JSON_TYPE]["schema"]):
                problems.append(f"{name} {status}: the answer is closed")
    whole = inlined(asyncapi)
    for key, message in whole["components"]["messages"].items():
        payload = message["payload"]
        if whole["operations"][key]["action"] == "send":
            if is_closed_anywhere(payload):
                problems.append(f"{key}: the frame is closed")
        elif any(
            part.get("additionalProperties") is not False
            for part in (payload, payload["properties"].get("data", payload))
        ):
            problems.append(f"{key}: the frame is open")
    return problems


def is_closed_anywhere(schema: Any) -> bool:
    """Whether an unknown property is refused at some depth."""
    if isinstance(schema, list):
        return any(is_closed_anywhere(item) for item in schema)
    if not isinstance(schema, dict):
        return False
    return schema.get("additionalProperties") is False or any(is_closed_anywhere(item) for item in schema.values())


def shared_shape_problems(openapi: Document, asyncapi: Document, files: dict[str, Document]) -> list[str]:
    """Shapes that have not exactly one home among the source files, or no use.

    files: the content of the files of specs/schemas, by name.
    """
    problems = []
    homes: dict[str, str] = {}
    for file_name, schemas in files.items():
        for name in schemas:
            if name in homes:
                problems.append(f"{name} is in {homes[name]} and in {file_name}")
            homes[name] = file_name
    in_http, in_frames = openapi["components"]["schemas"], asyncapi["components"]["schemas"]
    common = set(in_http) & set(in_frames)
    problems += [f"{name} is in both documents but in no file of specs/schemas" for name in common - set(homes)]
    problems += [f"{name} is used by no document" for name in set(homes) - set(in_http) - set(in_frames)]
    return problems


def security_problems(asyncapi: Document) -> list[str]:
    """Servers of the socket that let anybody in, and a channel that would be on every server."""
    problems = []
    for key, channel in asyncapi["channels"].items():
        names = [server["$ref"].rsplit("/", 1)[1] for server in channel.get("servers", [])]
        if not names:
            problems.append(f"{key}: names no server")
        if key == "ws":
            problems += [f"{name}: no security" for name in names if not asyncapi["servers"][name].get("security")]
    return problems


def link_problems(openapi: Document) -> list[str]:
    """Links that take from an answer what none of its examples has."""
    problems = []
    for _, operation in http_operations(inlined(openapi)):
        for status, response in operation["responses"].items():
            examples = [example["value"] for example in response["content"][JSON_TYPE]["examples"].values()]
            for name, link in response.get("links", {}).items():
                for pointer in FROM_BODY.findall(str(link)):
                    if not any(has(example, pointer) for example in examples):
                        problems.append(f"{operation['operationId']} {status} {name}: no example has {pointer}")
    return problems


def has(document: Any, pointer: str) -> bool:
    """Whether an RFC 6901 pointer finds something."""
    try:
        at(document, pointer)
    except (KeyError, IndexError, TypeError, ValueError):
        return False
    return True
