"""From a Chinese sentence to the syllables that espeak-ng can say. Pure.

Given characters, espeak-ng says most of them wrongly; given pinyin with tone numbers (voice cmn-latn-pinyin) it says
Mandarin, if flatly. Digits are said one by one: right for codes, telephone numbers and years, and never wrong.
"""

LONGEST = 1500
"""Characters said at once, about five minutes."""

_DIGITS = dict(
    zip(
        "0123456789",
        ("ling2", "yi1", "er4", "san1", "si4", "wu3", "liu4", "qi1", "ba1", "jiu3"),
        strict=True,
    )
)
_SHORT = frozenset("，、,:：；;（）()《》【】〔〕—－")
_LONG = frozenset("。！？!?\n")
_SAID = {
    "%": "bai3 fen1 zhi1",
    "％": "bai3 fen1 zhi1",
    "@": "at",
    "+": "jia1",
    "￥": "yuan2",
    "¥": "yuan2",
}


def to_syllables(text: str) -> str:
    """Return what to hand to the engine; its first use takes 0.4 s (pypinyin)."""
    from pypinyin import Style, lazy_pinyin

    read = lazy_pinyin(
        text[:LONGEST],
        style=Style.TONE3,
        neutral_tone_with_five=True,
        errors=lambda strange: " ".join(_strange(one) for one in strange),
    )
    return " ".join(" ".join(read).split()).replace(" ,", ",").replace(" .", ".")


def _strange(one: str) -> str:
    """Return how a character that is no hanzi is said; "" for what has no sound."""
    if one in _DIGITS:
        return _DIGITS[one]
    if one in _SHORT:
        return ","
    if one in _LONG:
        return "."
    if one in _SAID:
        return _SAID[one]
    return one if one.isascii() and one.isalpha() else ""
