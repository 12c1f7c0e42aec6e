"""Characters and texts that software stumbles over, all valid in JSON: the material of samples and broken values.

No U+0000 and no lone surrogates: whether a server takes those is no question of a schema, see `structural`.
"""

from __future__ import annotations

from string import ascii_letters, digits

PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))

ALPHABETS: dict[str, str] = {
    "plain": ascii_letters + digits + "_-.",
    "quotes": "\"'`\\/<>&{}[]%$#;|",
    "space": " \t\n\r\v\f\u0085\u00a0\u1680\u2003\u2028\u2029\u200b\u3000\ufeff",
    "latin": "éßØıİŁ\u00ad\u00ff",
    "chinese": "你好世界漢字，。、",
    "right to left": "שלוםمرحبا\u200f\u202e\u2067",
    "combining": "e\u0301a\u0308o\u0327\u0f73\u20dd\u1100\u1161",
    "emoji": "😀👩\u200d👧🏳\ufe0f🌈🇨🇳❤👍🏽",
    "astral": "\U00010000𝕏𠀀𐍈\U0001d54f\U000e0041\U0010ffff",
    "edges": "\u0001\u001f\u007f\u0080\u07ff\u0800\ud7ff\ue000\ufffd\ufffe\uffff",
}
"""Each character is one code point; those of emoji and astral are mostly two units in UTF-16, four bytes in UTF-8."""

UNIVERSE = "".join(dict.fromkeys(PRINTABLE + "".join(ALPHABETS.values())))

TEXTS: tuple[str, ...] = (
    *("null", "true", "0", "-1", "1e400", "NaN", "undefined", "[object Object]"),
    *("' OR 1=1 --", "<script>alert(1)</script>", "${7*7}", "{{7*7}}", "%s%n%d", "../../etc/passwd"),
    *("__proto__", "constructor", '{"type":"x"}', "\\u0000", "\\ud800", "\\", '"', "\n", " ", " a ", "a\nb", "a\tb"),
    *("ﷺ", "İstanbul", "straße", "e\u0301", "👩\u200d👩\u200d👧\u200d👦", "\ufeffa", "\u202eabc", "\U0010ffff" * 8),
)
"""Whole texts: what looks like something else, what changes when it is escaped, folded, normalised or trimmed."""

NAMES: tuple[str, ...] = ("x", "", "__proto__", "toString", "$ref", "a/b~c", "数据", "🔑", "a b", "X-1")
"""Names that a property may have where any are allowed."""
