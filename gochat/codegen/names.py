"""Python names from the names in the specs."""

import re


def snake_case(name: str) -> str:
    """`sendMessage` -> `send_message`; a snake_case name stays."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def class_name(code: str) -> str:
    """`USERNAME_TAKEN` -> `UsernameTaken`."""
    return "".join(part.capitalize() for part in code.split("_"))


def constant_name(name: str) -> str:
    """`slow reader`, `slow-reader`, `slowReader` -> `SLOW_READER`."""
    return re.sub(r"[^A-Za-z0-9]+", "_", snake_case(name)).strip("_").upper()
