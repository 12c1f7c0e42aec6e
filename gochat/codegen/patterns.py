"""Turns a JSON Schema pattern (ECMA-262) into the Python regular expression that accepts the same strings.

What the two languages read differently is written out; what cannot be is refused, so that a generated type
never silently accepts other strings than the spec.
"""

import re

from gochat.codegen.spec_error import SpecError

# ECMA's classes as members of a Python character class. Python's own \d, \w and \s follow Unicode instead.
_CLASSES = {
    "d": "0-9",
    "w": "A-Za-z0-9_",
    "s": r"\t\n\x0b\f\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff",
}
_ANY_BUT_LINE_END = r"[^\n\r\u2028\u2029]"
_END = r"\Z"
# Elements that mean the same in both: escaped punctuation, control characters, code units.
_SAME_ESCAPE = re.compile(r"\\(?:[^A-Za-z0-9]|[tnrfv]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4})")
_SPECIAL_GROUP = re.compile(r"\(\?(?![:=!])")


def python_pattern(pattern: str, where: str) -> str:
    r"""Returns the pattern for Python's `re.search`, each `$` as `\Z`.

    Python's `$` also matches before a last newline, ECMA's does not: "abc\n" is refused by `^[a-z]+$`.
    SpecError (naming `where`): an element without an equal (`\b`, `\p`, a named group, `\D` in a class).
    """
    translated: list[str] = []
    in_class = False
    index = 0
    while index < len(pattern):
        element = pattern[index]
        python = element
        if element == "\\":
            same = _SAME_ESCAPE.match(pattern, index)
            element = same.group() if same else pattern[index : index + 2]
            python = element if same else _python_class(element, pattern, where, in_class=in_class)
        elif in_class:
            in_class = element != "]"
        elif element == "[":
            in_class = True
        elif element == ".":
            python = _ANY_BUT_LINE_END
        elif element == "$":
            python = _END
        elif _SPECIAL_GROUP.match(pattern, index):
            raise _unlike(pattern, pattern[index : index + 3], where)
        translated.append(python)
        index += len(element)
    return "".join(translated)


def _python_class(escape: str, pattern: str, where: str, *, in_class: bool) -> str:
    letter = escape[1:]
    members = _CLASSES.get(letter.lower())
    if members is None or (in_class and letter.isupper()):
        raise _unlike(pattern, escape, where)
    if in_class:
        return members
    return f"[^{members}]" if letter.isupper() else f"[{members}]"


def _unlike(pattern: str, element: str, where: str) -> SpecError:
    return SpecError(
        f"{where}: the pattern {pattern!r} uses {element!r}, which Python has no equal for;"
        " write it with a class or a plain group"
    )
