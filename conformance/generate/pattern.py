"""Makes texts that match an ECMA regular expression, of a wished length where the expression leaves a choice.

A parser of its own: Python's `re` reads `$`, `\\d`, `\\w` and `\\u` otherwise. Assertions that look around are read and
not obeyed, so whoever needs certainty asks a validator about the text; the caller does.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from string import ascii_letters, digits

from conformance.generate.alphabets import PRINTABLE, UNIVERSE

REPEATS_MAX = 1_000_000

_WORD = ascii_letters + digits + "_"
_SPACE = " \t\n\r\v\f\u00a0\u1680\u2003\u2028\u2029\u3000\ufeff"
_CLASSES = {"d": digits, "w": _WORD, "s": _SPACE}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "v": "\v", "f": "\f", "0": "\x00"}


class UnreadablePattern(Exception):
    """A regular expression that this parser does not know."""


@dataclass(slots=True)
class Node:
    """A piece of an expression: how short and how long its texts are, and a maker.

    `make(rng, spare, groups)` returns a text of about `shortest + spare` characters.
    """

    shortest: int
    longest: int
    make: Callable[[Random, int, dict[int, str]], str] = field(repr=False)
    choices: str = ""  # for a single character: which it may be


EMPTY = Node(0, 0, lambda _rng, _spare, _groups: "")


def single(choices: str) -> Node:
    """Return the node of one character out of several."""
    if not choices:
        raise UnreadablePattern("a class without a character that is known here")
    return Node(1, 1, lambda rng, _spare, _groups: rng.choice(choices), choices)


def repeated(node: Node, least: int, most: int) -> Node:
    """Return the node of something several times."""
    unit, choices = max(1, node.shortest), node.choices

    def make(rng: Random, spare: int, groups: dict[int, str]) -> str:
        extra = min(most - least, spare // unit)
        if choices:
            return "".join(rng.choices(choices, k=least + extra))
        count = least + (rng.randint(0, extra) if node.longest > unit else extra)
        left = max(0, spare - (count - least) * unit)
        pieces = [node.make(rng, 0, groups) for _ in range(count - 1)] if count > 1 else []
        return "".join(pieces) + (node.make(rng, left, groups) if count else "")

    return Node(node.shortest * least, min(REPEATS_MAX, node.longest * most), make)


def sequence(nodes: list[Node]) -> Node:
    """Return the node of one thing after another."""
    if len(nodes) == 1:
        return nodes[0]
    elastic = [index for index, node in enumerate(nodes) if node.longest > node.shortest]

    def make(rng: Random, spare: int, groups: dict[int, str]) -> str:
        shares = [0] * len(nodes)
        for index in rng.sample(elastic, len(elastic)):
            room = min(spare, nodes[index].longest - nodes[index].shortest)
            shares[index] = room if rng.random() < 0.5 or index == elastic[-1] else rng.randint(0, room)
            spare -= shares[index]
        return "".join(node.make(rng, share, groups) for node, share in zip(nodes, shares, strict=True))

    return Node(sum(node.shortest for node in nodes), min(REPEATS_MAX, sum(node.longest for node in nodes)), make)


def either(nodes: list[Node]) -> Node:
    """Return the node of one thing or another."""
    if len(nodes) == 1:
        return nodes[0]
    shortest = min(node.shortest for node in nodes)

    def make(rng: Random, spare: int, groups: dict[int, str]) -> str:
        node = rng.choice(nodes)
        return node.make(rng, max(0, spare - (node.shortest - shortest)), groups)

    return Node(shortest, max(node.longest for node in nodes), make)


class _Reader:
    """Reads an expression from left to right. `groups` counts the captures."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.groups = 0

    def peek(self, length: int = 1) -> str:
        return self.source[self.at : self.at + length]

    def take(self, length: int = 1) -> str:
        text = self.peek(length)
        if len(text) < length:
            raise UnreadablePattern(f"{self.source!r} ends too early")
        self.at += length
        return text

    def skip(self, text: str) -> bool:
        found = self.source.startswith(text, self.at)
        self.at += len(text) if found else 0
        return found

    def until(self, end: str) -> str:
        stop = self.source.find(end, self.at)
        if stop < 0:
            raise UnreadablePattern(f"{self.source!r} lacks {end}")
        text, self.at = self.source[self.at : stop], stop + len(end)
        return text

    def alternatives(self) -> Node:
        nodes = [self.terms()]
        while self.skip("|"):
            nodes.append(self.terms())
        return either(nodes)

    def terms(self) -> Node:
        nodes = []
        while self.peek() and self.peek() not in "|)":
            nodes.append(self.quantified(self.atom()))
        return sequence(nodes) if nodes else EMPTY

    def quantified(self, node: Node) -> Node:
        bounds = {"*": (0, REPEATS_MAX), "+": (1, REPEATS_MAX), "?": (0, 1)}.get(self.peek())
        if bounds is not None:
            self.take()
        elif self.peek() == "{" and (self.source[self.at + 1 : self.at + 2]).isdigit():
            self.take()
            least, comma, most = self.until("}").partition(",")
            bounds = int(least), int(most or REPEATS_MAX) if comma else int(least)
        else:
            return node
        self.skip("?")  # lazy or not, the texts are the same
        return repeated(node, *bounds)

    def atom(self) -> Node:
        sign = self.take()
        if sign in "^$":
            return EMPTY
        if sign == "(":
            return self.group()
        if sign == "[":
            return single(self.characters())
        if sign == ".":
            return single("".join(each for each in UNIVERSE if each not in "\n\r\u2028\u2029") + PRINTABLE * 3)
        if sign != "\\":
            return single(sign)
        if self.peek() in ("b", "B"):
            self.take()
            return EMPTY
        if self.peek() and self.peek() in "123456789":
            number = int(self.take())
            return Node(0, 0, lambda _rng, _spare, groups: groups.get(number, ""))
        return single(self.escape())

    def group(self) -> Node:
        for sign in ("?=", "?!", "?<=", "?<!"):
            if self.skip(sign):
                self.alternatives()
                self.take()
                return EMPTY
        if self.skip("?:"):
            number = 0
        else:
            if self.skip("?<"):
                self.until(">")
            self.groups += 1
            number = self.groups
        node = self.alternatives()
        if self.take() != ")":
            raise UnreadablePattern(f"{self.source!r} lacks )")
        if not number:
            return node

        def make(rng: Random, spare: int, groups: dict[int, str]) -> str:
            groups[number] = node.make(rng, spare, groups)
            return groups[number]

        return Node(node.shortest, node.longest, make)

    def escape(self) -> str:
        """Return the characters that an escape stands for."""
        sign = self.take()
        if sign in "dws":
            return _CLASSES[sign]
        if sign in "DWS":
            return "".join(each for each in UNIVERSE if each not in _CLASSES[sign.lower()])
        if sign in "pP" and self.skip("{"):
            category = self.until("}").removeprefix("General_Category=").removeprefix("gc=")
            category = {"Letter": "L", "Number": "N", "Punctuation": "P", "Symbol": "S"}.get(category, category)
            if len(category) > 2:
                raise UnreadablePattern(f"{self.source!r} asks for {category}")
            return "".join(c for c in UNIVERSE if unicodedata.category(c).startswith(category) == (sign == "p"))
        if sign == "u" and self.skip("{"):
            return chr(int(self.until("}"), 16))
        if sign in "ux":
            return chr(int(self.take(4 if sign == "u" else 2), 16))
        if sign == "c":
            return chr(ord(self.take()) % 32)
        return _CONTROLS.get(sign, sign)

    def characters(self) -> str:
        """Return the characters of a class, of its ranges those at the ends first."""
        negated = self.skip("^")
        spans: list[tuple[str, str]] = []
        chosen: list[str] = []
        while self.peek() != "]":
            first = self.class_character()
            if len(first) == 1 and self.peek() == "-" and self.peek(2) != "-]":
                self.take()
                last = self.class_character()
                if first > last:
                    raise UnreadablePattern(f"{self.source!r} has the range {first}-{last}")
                spans.append((first, last))
            else:
                chosen.append(first)
        self.take()
        listed = set("".join(chosen))
        if negated:
            return "".join(c for c in UNIVERSE if c not in listed and not any(a <= c <= b for a, b in spans))
        for first, last in spans:
            count = ord(last) - ord(first) + 1
            codes = range(ord(first), ord(last) + 1, max(1, count // 128))
            chosen.append("".join(chr(code) for code in [*codes, ord(last)] if not 0xD800 <= code <= 0xDFFF))
        return "".join(dict.fromkeys("".join(chosen)))

    def class_character(self) -> str:
        sign = self.take()
        if sign != "\\":
            return sign
        return "\b" if self.skip("b") else self.escape()


def compile_pattern(source: str) -> Callable[[Random, int], str]:
    """Return a function from a random source and a wished length to a text that should match.

    What may stand before and after an expression without anchors is made up too.

    Raises:
        UnreadablePattern: It is beyond this parser: a property of Unicode by script, or no regular expression.
    """
    reader = _Reader(source)
    try:
        node = reader.alternatives()
    except (ValueError, OverflowError) as error:
        raise UnreadablePattern(f"{source!r}: {error}") from error
    if reader.at < len(source):
        raise UnreadablePattern(f"{source!r} has a ) too many")
    anything = repeated(single(UNIVERSE), 0, REPEATS_MAX)
    before = [] if source.startswith("^") else [anything]
    after = [] if source.endswith("$") and not source.endswith("\\$") else [anything]
    whole = sequence([*before, node, *after])
    return lambda rng, length: whole.make(rng, max(0, length - whole.shortest), {})
