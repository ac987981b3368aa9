"""Numbers, dates and document numbers in any writing, as terms that meet each other. Pure.

五十四号 and 54号, 二〇一九年十二月三日 and 2019-12-3, 国办发〔2019〕54号 and 国办发2019 54号 mean the same.
"""

import re
import unicodedata

_DIGITS = {digit: value for value, digit in enumerate("〇一二三四五六七八九")} | {
    "零": 0,
    "○": 0,
    "两": 2,
    "壹": 1,
    "贰": 2,
    "叁": 3,
    "肆": 4,
    "伍": 5,
    "陆": 6,
    "柒": 7,
    "捌": 8,
    "玖": 9,
}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_NUMERAL = "〇零○一二三四五六七八九十百千万亿两壹贰叁肆伍陆柒捌玖拾佰仟"
_RUN = re.compile(f"第?[{_NUMERAL}]+")
_DATE = re.compile(
    r"((?:19|20)\d{2})\s?(?:年|[-./])\s?(1[0-2]|0?[1-9])\s?(?:月|[-./])\s?(3[01]|[12]\d|0?[1-9])(?!\d)"
)
_NUMBER = re.compile(
    r"([㐀-鿿]{0,12})(?:[\[(【〈<]((?:19|20)\d{2})[\])】〉>]年?第?0*(\d{1,5})号?"
    r"|((?:19|20)\d{2})年?第?0*(\d{1,5})号"
    r"|(?<=[发函办字令])((?:19|20)\d{2})[-\s]0*(\d{1,5})(?!\d))"
)
_BRACKETS = str.maketrans("〔〕［］（）", "[][]()")


def arabic(numeral: str) -> int:
    """Return what a Chinese numeral of the signs in _NUMERAL says."""
    if all(digit in _DIGITS for digit in numeral):
        return int("".join(str(_DIGITS[digit]) for digit in numeral))
    total = section = digit = 0
    for sign in numeral:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        elif sign in _UNITS:
            section += (digit or 1) * _UNITS[sign]
            digit = 0
        elif sign == "万":
            total, section, digit = total + (section + digit or 1) * 10_000, 0, 0
        else:
            total, section, digit = (total + section + digit or 1) * 100_000_000, 0, 0
    return total + section + digit


def in_digits(text: str) -> str:
    """Return the text with numerals of two or more signs, or after 第, written in digits."""

    def written(found: re.Match[str]) -> str:
        ordinal, numeral = found[0].startswith("第"), found[0].removeprefix("第")
        if not numeral or (not ordinal and len(numeral) == 1):
            return found[0]
        return ("第" if ordinal else "") + str(arabic(numeral))

    return _RUN.sub(written, text)


def number_terms(plain: str) -> list[str]:
    """Return terms for the numerals and dates of a text in normal form, beside its bigrams."""
    terms: list[str] = []
    for found in _RUN.finditer(plain):
        numeral = found[0].removeprefix("第")
        if numeral and (len(numeral) > 1 or numeral != found[0]):
            terms.append(str(arabic(numeral)))
    digits = in_digits(plain) if terms else plain
    terms += [f"d{int(y)}{int(m):02}{int(d):02}" for y, m, d in _DATE.findall(digits)]
    return terms


def document_number(text: str) -> str:
    """Return the key of the first document number in a text: "国办发2019-54", "2019-54", or ""."""
    plain = unicodedata.normalize("NFKC", text.translate(_BRACKETS)).strip()
    plain = in_digits(re.sub(r"(?<=\D) +| +(?=\D)", "", plain))
    found = _NUMBER.search(plain)
    if not found:
        return ""
    year, number = next(
        (found[at], found[at + 1]) for at in (2, 4, 6) if found[at] and found[at + 1]
    )
    return f"{found[1]}{year}-{number}"
