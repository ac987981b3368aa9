"""Work out the automatic numbers of a Word document: they are not in its text, but they are on its paper."""

import re
from dataclasses import dataclass, field

from docx.oxml.ns import qn
from lxml import etree

_CHINESE = "〇一二三四五六七八九"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_CHINESE_FORMATS = re.compile(
    "chineseCounting|chineseCountingThousand|ideographDigital|japaneseCounting|taiwaneseCountingThousand|"
    "japaneseDigitalTenThousand|taiwaneseCounting"
)
_MAX_LEVELS = 9


@dataclass(frozen=True, slots=True)
class _Level:
    form: str
    text: str
    start: int


@dataclass(slots=True)
class Numbering:
    """Counts through one document; ask for each paragraph in order.

    Attributes:
        lists: levels of each list, by its id.
        styles: list id and level that a paragraph style brings, by style id.
    """

    lists: dict[str, dict[int, _Level]]
    styles: dict[str, tuple[str, int]]
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)

    def label_of(self, paragraph: etree._Element) -> str:
        """Return the number that Word would print before this paragraph, or ""."""
        place = self._place(paragraph)
        levels = self.lists.get(place[0], {}) if place else {}
        if not place or place[1] not in levels:
            return ""
        number_id, depth = place
        counts = self._counts.setdefault(number_id, {})
        counts[depth] = counts.get(depth, levels[depth].start - 1) + 1
        for deeper in range(depth + 1, _MAX_LEVELS):
            counts.pop(deeper, None)
        if levels[depth].form in {"bullet", "none"}:
            return ""
        label = levels[depth].text
        for upper in range(depth + 1):
            level = levels.get(upper)
            shown = _shown(counts.get(upper, level.start), level.form) if level else ""
            label = label.replace(f"%{upper + 1}", shown)
        return label

    def _place(self, paragraph: etree._Element) -> tuple[str, int] | None:
        properties = paragraph.find(qn("w:pPr"))
        if properties is None:
            return None
        style = properties.find(qn("w:pStyle"))
        inherited = self.styles.get(_value(style)) if style is not None else None
        return _number_of(properties, inherited)


def numbering_of(numbering: etree._Element | None, styles: etree._Element) -> Numbering:
    """Return the counter for a document with these parts."""
    if numbering is None:
        return Numbering({}, {})
    abstract = {
        _value(item, "w:abstractNumId"): _levels(item)
        for item in numbering.findall(qn("w:abstractNum"))
    }
    lists = {}
    for item in numbering.findall(qn("w:num")):
        reference = item.find(qn("w:abstractNumId"))
        lists[_value(item, "w:numId")] = (
            abstract.get(_value(reference), {}) if reference is not None else {}
        )
    return Numbering(lists, _style_places(styles))


def _levels(abstract: etree._Element) -> dict[int, _Level]:
    levels = {}
    for item in abstract.findall(qn("w:lvl")):
        form, text, start = (item.find(qn(name)) for name in ("w:numFmt", "w:lvlText", "w:start"))
        depth = _value(item, "w:ilvl")
        if depth.isdecimal():
            levels[int(depth)] = _Level(
                form=_value(form) if form is not None else "decimal",
                text=_value(text) if text is not None else "",
                start=int(_value(start)) if start is not None and _value(start).isdecimal() else 1,
            )
    return levels


def _style_places(styles: etree._Element) -> dict[str, tuple[str, int]]:
    places = {}
    for style in styles.findall(qn("w:style")):
        properties = style.find(qn("w:pPr"))
        place = _number_of(properties, None) if properties is not None else None
        if place:
            places[_value(style, "w:styleId")] = place
    return places


def _number_of(
    properties: etree._Element, inherited: tuple[str, int] | None
) -> tuple[str, int] | None:
    own = properties.find(qn("w:numPr"))
    if own is None:
        return inherited
    number, depth = own.find(qn("w:numId")), own.find(qn("w:ilvl"))
    level = int(_value(depth)) if depth is not None and _value(depth).isdecimal() else 0
    if number is None:
        return (inherited[0], level) if inherited else None
    return _value(number), level


def _value(element: etree._Element, name: str = "w:val") -> str:
    return str(element.get(qn(name), ""))


def _shown(number: int, form: str) -> str:
    if _CHINESE_FORMATS.fullmatch(form):
        return _chinese(number)
    if form.startswith("decimalEnclosedCircle") and 0 < number <= len(_CIRCLED):
        return _CIRCLED[number - 1]
    if form in {"lowerLetter", "upperLetter"} and number > 0:
        letter = chr(ord("a") + (number - 1) % 26)
        return letter.upper() if form == "upperLetter" else letter
    return str(number)


def _chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    if not 0 < tens < len(_CHINESE):
        return _CHINESE[ones] if tens == 0 else str(number)
    return ("" if tens == 1 else _CHINESE[tens]) + "十" + (_CHINESE[ones] if ones else "")
