"""Slips of any content, from a seed: rare names, full-width punctuation, long words, amounts, tables."""

import random
from collections.abc import Sequence
from typing import TypeVar

from content.paper.slip import Part, PartKind, Slip, SlipKind
from tests.support.printed_paper import RARE_NAMES

_HANZI = "政府信息公开申请答复机关办理材料条例规定村民委员会补贴标准发放名单收费依据咨询电话监督举报镕喆堃龘"
_MARKS = "，。、；：？！"
_WORDS = (
    "《条例》", "（试行）", "“放管服”", "〔2026〕19号", "——", "……", "1,234.50元", "GB/T 39554.1-2020",
    "Open Government",
    "https://zone.example/d/7KQ2M9XD4F", "anextraordinarilylongwordthatfitsnolineatall", "2026-11-22T09:00", "95.5%",
    "￥12.00", "12345", "Wi-Fi", "①②③", "㎡", "PM2.5", "ID:110***********002X",
)  # fmt: skip
_LABELS = ("文号", "发文机关", "申请人", "成文日期", "一个长得放不下的标签名称长得放不下")
_HEADS = ("姓名", "类别", "人数", "金额（元）", "地址", "备注")

T = TypeVar("T")


class SlipMaker:
    """Makes slips; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - slips that can be had again

    def slip(self) -> Slip:
        """Return a slip with a title, some parts of every kind, and a code."""
        makers = (self._text, self._pair, self._item, self._table, self._big, self._text)
        count = self._random.randint(2, 6)
        parts = [self._choice(makers)() for _ in range(count)]
        code = "".join(self._random.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=10))
        url = f"https://zone.example.gov.cn/d/{code}"
        return Slip(
            SlipKind.TEST,
            f"test:{code}",
            (
                Part(PartKind.TITLE, self._sentence(4, 16)),
                Part(PartKind.RULE),
                *parts,
                Part(PartKind.QR, url, code),
            ),
        )

    def _text(self) -> Part:
        return Part(PartKind.TEXT, self._paragraph())

    def _pair(self) -> Part:
        return Part(PartKind.PAIR, self._paragraph(), self._choice(_LABELS))

    def _item(self) -> Part:
        return Part(PartKind.ITEM, self._paragraph(), f"{self._random.randint(1, 12)}.")

    def _big(self) -> Part:
        return Part(PartKind.BIG, self._amount() + "元" + self._choice(RARE_NAMES))

    def _table(self) -> Part:
        count = self._random.randint(2, 5)
        columns = [self._choice((self._name, self._amount, self._short)) for _ in range(count)]
        rows = tuple(tuple(cell() for cell in columns) for _ in range(self._random.randint(1, 5)))
        return Part(PartKind.TABLE, rows=(_HEADS[:count], *rows))

    def _name(self) -> str:
        return self._choice("张李欧㛃") + self._choice(RARE_NAMES) + self._choice(("", "*", "**"))

    def _short(self) -> str:
        return self._sentence(1, 9)

    def _amount(self) -> str:
        return f"{self._random.randint(0, 9_999_999) / 100:,.2f}"

    def _paragraph(self) -> str:
        return "".join(
            self._sentence(3, 14) + self._choice(_MARKS) for _ in range(self._random.randint(1, 5))
        )

    def _sentence(self, least: int, most: int) -> str:
        text = self._choice(_HANZI)
        for _ in range(self._random.randint(least, most)):
            text += self._choice((self._hanzi, self._hanzi, self._word, self._rare))()
        return text + self._choice(_HANZI)

    def _hanzi(self) -> str:
        return "".join(self._random.choices(_HANZI, k=3))

    def _word(self) -> str:
        return self._choice(_WORDS)

    def _rare(self) -> str:
        return self._choice(RARE_NAMES)

    def _choice(self, options: Sequence[T]) -> T:
        return self._random.choice(options)
