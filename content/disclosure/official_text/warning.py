"""What a person must check after an import. Damage is reported, never repaired.

A code's value is its English phrase, used in logs, tests and tables; the Chinese sentence beside it is
what the desk shows and says what to do. Both are filled with the same facts.
"""

from dataclasses import dataclass
from enum import StrEnum


class WarningCode(StrEnum):
    """Kinds of warning, in the order in which a document's warnings are listed."""

    NO_TITLE = "no title"
    NO_DOCUMENT_NUMBER = "no document number"
    NO_ISSUING_BODY = "no issuing body"
    NO_DATE = "no date"
    NO_DISCLOSURE_MARK = "no disclosure mark"
    IMPOSSIBLE_DATE = "impossible date: {0}"
    SEVERAL_DATES = "several dates: {0}"
    SEVERAL_NUMBERS = "several document numbers: {0}"
    SEVERAL_MARKS = "several disclosure marks: {0}"
    UNKNOWN_MARK = "unknown disclosure mark: {0}"
    DAMAGED_NUMBER = "damaged document number: {0}"
    DAMAGED_CITATION = "damaged citation: {0}"
    TEXT_REPEATED = "text repeated at head"
    SIGNED_AND_HEADED = "signed by {0} but headed {1}"
    TITLE_DIFFERS = "title differs from the one announced: {0}"
    FOREIGN_WORD = "foreign word in text: {0}"
    BROKEN_CHARACTER = "broken character in text: {0}"
    ANNEX_MISSING = "attachment named but missing"
    ANNEX_UNNAMED = "attachment present but not named: {0}"
    ANNEX_NUMBERING_SKIPS = "annex {0} numbering skips {1}"
    TABLE_NUMBERING_SKIPS = "table {0} numbering skips {1}"
    PAGE_WITHOUT_TEXT = "page without text: {0}"


SENTENCE_ZH = {
    WarningCode.NO_TITLE: "没有找到标题，请对照原文填写。",
    WarningCode.NO_DOCUMENT_NUMBER: "原文没有发文字号，已留空；请对照原件核对，确无文号可不填。",
    WarningCode.NO_ISSUING_BODY: "原文没有发文机关标志和署名，已留空；请对照原件填写发文机关。",
    WarningCode.NO_DATE: "原文没有成文日期，已留空；请对照原件填写，印发日期不能代替成文日期。",
    WarningCode.NO_DISCLOSURE_MARK: "原文没有标注公开属性，已留空；请按源头认定的结果选择。",
    WarningCode.IMPOSSIBLE_DATE: "日期“{0}”不存在，已留空；请对照原件填写成文日期。",
    WarningCode.SEVERAL_DATES: "原文有不止一个落款日期：{0}；请核对哪一个是成文日期。",
    WarningCode.SEVERAL_NUMBERS: "原文有不止一个发文字号：{0}；请核对哪一个是本文件的文号。",
    WarningCode.SEVERAL_MARKS: "原文有不一致的公开属性标注：{0}；已留空，请核对后选择。",
    WarningCode.UNKNOWN_MARK: "公开属性标注“{0}”不在三种规定写法之内，已留空；请核对后选择。",
    WarningCode.DAMAGED_NUMBER: "发文字号“{0}”残缺，已留空；请对照原件填写。",
    WarningCode.DAMAGED_CITATION: "引用的文号“{0}”残缺；请对照原件改正，系统没有改动原文。",
    WarningCode.TEXT_REPEATED: "开头有重复的文字，像是转载页面带来的；请核对后删去多余部分。",
    WarningCode.SIGNED_AND_HEADED: "署名是“{0}”，标题或版头却是“{1}”；请核对发文机关。",
    WarningCode.TITLE_DIFFERS: "正文标题与通知中所称的“{0}”不一致；请核对标题。",
    WarningCode.FOREIGN_WORD: "文中夹有外文词“{0}”；请对照原件核对是否误植。",
    WarningCode.BROKEN_CHARACTER: "文中有无法识别的字符“{0}”；请对照原件改正。",
    WarningCode.ANNEX_MISSING: "附件说明中列有“{0}”，文件里却没有；请补充附件或注明未附。",
    WarningCode.ANNEX_UNNAMED: "文件带有附件“{0}”，附件说明中却没有列出；请核对。",
    WarningCode.ANNEX_NUMBERING_SKIPS: "附件{0}的序号缺少{1}；请核对是漏行还是原文如此，系统没有改动序号。",
    WarningCode.TABLE_NUMBERING_SKIPS: "第{0}个表格的序号缺少{1}；请核对是漏行还是原文如此，系统没有改动序号。",
    WarningCode.PAGE_WITHOUT_TEXT: "第{0}页没有文字，可能是扫描图片；请对照原件补录该页内容。",
}

_ORDER = {code: place for place, code in enumerate(WarningCode)}


@dataclass(frozen=True, slots=True)
class ReadWarning:
    """One thing to check.

    Attributes:
        code: what kind.
        facts: the words it is about, quoted from the document.
        block: index of the block it is about, or None if it is about the whole document.
    """

    code: WarningCode
    facts: tuple[str, ...] = ()
    block: int | None = None

    @property
    def phrase(self) -> str:
        """The English phrase."""
        return self.code.value.format(*self.facts)

    @property
    def sentence(self) -> str:
        """The Chinese sentence that says what to check."""
        return SENTENCE_ZH[self.code].format(*self.facts)


def in_order(warnings: tuple[ReadWarning, ...]) -> tuple[ReadWarning, ...]:
    """Return the warnings in the order of their codes, then as found, each once."""
    unique = dict.fromkeys(warnings)
    return tuple(sorted(unique, key=lambda warning: _ORDER[warning.code]))
