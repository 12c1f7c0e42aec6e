"""Makes the types of the contract out of what the server sent, as far as they are known.

Unlike a validating decoder it hands values on that a newer server may have added to an enum, and drops properties that
it does not know: an answer is open. Knows types, nothing of frames or calls.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar

from msgspec import inspect

T = TypeVar("T")


class Unreadable(ValueError):
    """The value is not of that type: no server of this contract sent it."""


def read(kind: type[T], value: object) -> T:
    """Returns `value`, as it came out of JSON, as one of `kind`.

    Raises:
        Unreadable: it is no object where one is due, or a property is missing.
    """
    described: Any = kind
    result: T = _read(_info(described), value)
    return result


@cache
def _info(kind: Hashable) -> inspect.Type:
    return inspect.type_info(kind)


def _read(info: inspect.Type, value: Any) -> Any:
    if isinstance(info, inspect.Metadata):
        return _read(info.type, value)
    if isinstance(info, inspect.StructType):
        return _read_struct(info, value)
    if isinstance(info, inspect.UnionType):
        return _read_union(info, value)
    if isinstance(info, inspect.ListType) and isinstance(value, list):
        return [_read(info.item_type, item) for item in value]
    if isinstance(info, inspect.DictType) and isinstance(value, dict):
        return {key: _read(info.value_type, item) for key, item in value.items()}
    return value


def _read_struct(info: inspect.StructType, value: object) -> Any:
    if not isinstance(value, dict):
        raise Unreadable(f"{info.cls.__name__}: not an object")
    fields = {}
    for field in info.fields:
        if field.encode_name in value:
            fields[field.name] = _read(field.type, value[field.encode_name])
        elif field.required:
            raise Unreadable(f"{info.cls.__name__}: {field.encode_name} is missing")
    return info.cls(**fields)


def _read_union(info: inspect.UnionType, value: object) -> Any:
    if isinstance(value, dict):
        for choice in info.types:
            try:
                read_value = _read(choice, value)
            except Unreadable:
                continue
            if read_value is not value:
                return read_value
    lists = [choice for choice in info.types if isinstance(_bare(choice), inspect.ListType)]
    return _read(lists[0], value) if lists else value


def _bare(info: inspect.Type) -> inspect.Type:
    return _bare(info.type) if isinstance(info, inspect.Metadata) else info
