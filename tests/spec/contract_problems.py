"""Says what is wrong with the two bundled documents: examples, codes, links, shapes.

Each function takes documents as plain dicts and returns its findings as texts, none when all is well, so that
test_contracts.py can show it a broken document too. Works with the python `jsonschema` only, as a stranger would.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator, FormatChecker

Document = dict[str, Any]

CHECKOUT = Path(__file__).resolve().parents[2]
SPECS = CHECKOUT / "specs"
GENERATED = CHECKOUT / "generated"

JSON_TYPE = "application/json"
EXPRESSION = re.compile(r"\$(response\.body#(?P<pointer>[^\"}\s]+)|request\.(path|query|body)[.#/]+(?P<name>\w+))")


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


def http_example_problems(openapi: Document) -> list[str]:
    """Examples of parameters, request bodies and answers that their own schema refuses, or that are missing."""
    problems = []
    for _, operation in http_operations(inlined(openapi)):
        name = operation["operationId"]
        for parameter in operation["parameters"]:
            if "example" in parameter:
                problems += refusals(parameter["schema"], parameter["example"], f"{name} {parameter['name']}")
        contents = {"request": operation.get("requestBody", {}).get("content", {})}
        contents |= {status: response["content"] for status, response in operation["responses"].items()}
        for where, content in contents.items():
            for media in content.values():
                if not media.get("examples"):
                    problems.append(f"{name} {where}: no example")
                for key, example in media.get("examples", {}).items():
                    problems += refusals(media["schema"], example["value"], f"{name} {where} {key}")
    return problems


def frame_example_problems(asyncapi: Document) -> list[str]:
    """Examples of frames that their own schema refuses, or that are missing."""
    problems = []
    for key, message in inlined(asyncapi)["components"]["messages"].items():
        if not message.get("examples"):
            problems.append(f"{key}: no example")
        for example in message.get("examples", []):
            problems += refusals(message["payload"], example["payload"], f"{key} {example['name']}")
    return problems


def refusals(schema: Document, value: Any, where: str) -> list[str]:
    """What a JSON Schema validator has against a value."""
    errors = Draft7Validator(schema, format_checker=FormatChecker()).iter_errors(value)
    return [f"{where}: {error.json_path}: {error.message}" for error in errors]


def code_problems(openapi: Document, asyncapi: Document, errors: Document) -> list[str]:
    """Codes, texts, statuses and close codes in the documents that are not those of the catalogue."""
    catalogue = {entry["code"]: entry for entry in errors["errors"]}
    problems = []
    for name, document in (("openapi", openapi), ("asyncapi", asyncapi)):
        if document["x-error-catalogue"] != errors["errors"]:
            problems.append(f"{name}: x-error-catalogue is not errors.yaml")
    listed = openapi["components"]["schemas"]["ErrorCode"]["enum"]
    if set(listed) != set(catalogue):
        problems.append(f"ErrorCode differs from errors.yaml in {sorted(set(listed) ^ set(catalogue))}")
    problems += http_code_problems(openapi, catalogue)
    problems += frame_code_problems(asyncapi, catalogue)
    return problems


def http_code_problems(openapi: Document, catalogue: Document) -> Iterator[str]:
    """Yields what error answers say beside the catalogue."""
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
            for code in codes:
                if str(catalogue.get(code, {}).get("status")) != status:
                    yield f"{where}: {code} has not this status in the catalogue"
            for body in shown:
                if body["message"] != catalogue.get(body["code"], {}).get("zh"):
                    yield f"{where}: the text of {body['code']} is not the catalogue's"


def frame_code_problems(asyncapi: Document, catalogue: Document) -> Iterator[str]:
    """Yields what the error frame and the close codes say beside the catalogue."""
    on_socket = {code for code, entry in catalogue.items() if entry["socket"] != "none"}
    listed = set(asyncapi["components"]["schemas"]["SocketErrorCode"]["enum"])
    if listed != on_socket:
        yield f"SocketErrorCode differs from the catalogue in {sorted(listed ^ on_socket)}"
    close_codes = {close["code"] for close in asyncapi["channels"]["ws"]["x-close-codes"]}
    for code, entry in catalogue.items():
        if "closeCode" in entry and entry["closeCode"] not in close_codes:
            yield f"{code}: close code {entry['closeCode']} is not in x-close-codes"
    for example in inlined(asyncapi)["components"]["messages"]["error"]["examples"]:
        data = example["payload"]["data"]
        if data["message"] != catalogue.get(data["code"], {}).get("zh"):
            yield f"error {example['name']}: the text of {data['code']} is not the catalogue's"


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
    """Shapes that are written twice: names in two source files, names that the documents fill differently.

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
    problems += [f"{name} is not the same in both documents" for name in common if in_http[name] != in_frames[name]]
    problems += [f"{name} is in both documents but in no file of specs/schemas" for name in common - set(homes)]
    problems += [f"{name} is used by no document" for name in set(homes) - set(in_http) - set(in_frames)]
    return problems


def link_problems(openapi: Document) -> list[str]:
    """Links to operations or parameters that do not exist, with values that no example has."""
    whole = inlined(openapi)
    operations = {operation["operationId"]: operation for _, operation in http_operations(whole)}
    problems = []
    for path, operation in http_operations(whole):
        for status, response in operation["responses"].items():
            examples = [example["value"] for example in response["content"][JSON_TYPE]["examples"].values()]
            for name, link in response.get("links", {}).items():
                where = f"{operation['operationId']} {status} {name}"
                target = operations.get(link["operationId"])
                if target is None:
                    problems.append(f"{where}: no operation {link['operationId']}")
                    continue
                known = {parameter["name"] for parameter in target["parameters"]}
                problems += [f"{where}: no parameter {key}" for key in set(link.get("parameters", {})) - known]
                body = link.get("requestBody", {})
                allowed = target.get("requestBody", {}).get("content", {}).get(JSON_TYPE, {}).get("schema", {})
                problems += [f"{where}: no property {key}" for key in set(body) - set(allowed.get("properties", {}))]
                missing = set(allowed.get("required", ())) - set(body) if body else set()
                problems += [f"{where}: {key} is missing" for key in missing]
                problems += [f"{where}: {text}" for text in expression_problems(str(link), path, operation, examples)]
    return problems


def expression_problems(link: str, path: str, operation: Document, examples: list[Any]) -> Iterator[str]:
    """Yields the runtime expressions (OpenAPI 3.0.3, 4.7.20.4) that find nothing."""
    for found in EXPRESSION.finditer(link.replace("'", '"')):
        if found["pointer"]:
            if not any(has(example, found["pointer"]) for example in examples):
                yield f"no example has {found['pointer']}"
        elif found[3] == "path" and "{" + found["name"] + "}" not in path:
            yield f"no path parameter {found['name']}"
        elif found[3] == "body":
            schema = operation["requestBody"]["content"][JSON_TYPE]["schema"]
            if found["name"] not in schema["properties"]:
                yield f"no property {found['name']} in the request"


def has(document: Any, pointer: str) -> bool:
    """Whether an RFC 6901 pointer finds something."""
    try:
        at(document, pointer)
    except (KeyError, IndexError, TypeError, ValueError):
        return False
    return True
