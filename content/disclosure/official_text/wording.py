"""How the elements of an official document are written, line by line.

Each question takes one line of text and answers from its form alone. The clauses are those of
GB/T 9704-2012 党政机关公文格式; the kinds of document are those of the 党政机关公文处理工作条例 (2012),
article 8, and the names that plans and rules under them bear in use.
"""

import re
from datetime import date

from content.disclosure.classes import PRINTED_MARK, DisclosureClass

_CJK = r"\u3400-\u9fff〇○"
_SENTENCE_MARKS = "。；：！？，;:!?…"
_KINDS = (
    "决议|决定|命令|令|公报|公告|通告|意见|通知|通报|报告|请示|批复|议案|函|"
    "纪要|方案|要点|规划|计划|纲要|办法|规定|细则|条例|规则|规程|规范|章程|标准|"
    "指南|指引|目录|清单|制度|预案|措施|举措|安排|部署|总结|名单|说明|解读|"
    "标准目录|工作流程|流程|分工|台账|明细|一览表|统计表|情况表|申请表|登记表|表|"
    "图|公示|启事|倡议书|公开信|一封信|责任书|承诺书|协议|提纲|须知|问答"
)
_KIND_END = re.compile(rf"(?:{_KINDS})(?:[（(〔\[][^（）()]{{1,16}}[）)〕\]])?$")
_BODY_END = re.compile(
    "(?:人民政府|政府|办公厅|办公室|委员会|管委会|党委|省委|市委|县委|区委|党组|党工委|纪委|团委|总局|局|厅|部|"
    "院|署|处|中心|法院|检察院|总队|支队|大队|办事处|领导小组|指挥部|联合会|协会|总工会|工会|集团|公司|大学|学院|学校|医院|银行|委|办)$"
)
_BODY_NAME = re.compile(rf"^[{_CJK}（）()·、]{{3,40}}$")
_NUMBER = re.compile(
    rf"^[{_CJK}（）()]{{1,16}}[〔\[［【（(][12]\d{{3}}[〕\]］】）)]第?\d{{1,5}}号$"
)
_NUMBER_LABEL = re.compile(r"^(?:发文字号|发文号|文号)[:：]")
_DAMAGED_NUMBER = re.compile(
    rf"^[{_CJK}]{{2,12}}(?:〔\d*号|〔\d+〕号|\d+〕\d*号|〔(?!\d{{4}}〕)\d+〕\d*号)$"
)
_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_DATE = re.compile(r"^(\d{4})年(\d{1,2})月(\d{1,2})日$")
_ZH_DATE = re.compile(
    r"^([〇○零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日$"
)
_DATE_LABEL = re.compile(r"^成文日期[:：]")
_MARK = re.compile(r"^[（(]?此件([^（）()，。；]{2,12})[）)]?$")
_MARK_LABEL = re.compile(r"^(?:信息)?公开(?:属性|选项|方式)[:：](.{2,12})$")
_HEADINGS = (
    re.compile(r"^[一二三四五六七八九十百]{1,4}、"),
    re.compile(r"^[（(]\s*[一二三四五六七八九十百]{1,4}\s*[）)]"),
    re.compile(r"^\d{1,3}\s*(?:[.．](?!\d)|、)"),
    re.compile(r"^(?:[（(]\s*\d{1,3}\s*[）)]|[①-⑳])"),
)
_PLAIN_PIECE_LIMIT = 60
_PROSE_LENGTH = 40
_CUT_LENGTH = 25
_GAP = re.compile(r"\s+")
_TYPESET_GAP = re.compile(
    rf"(?<=[{_CJK}（）《》〈〉“”、])\s+(?=[{_CJK}（）《》〈〉“”、\dA-Za-z])|(?<=[\dA-Za-z])\s+(?=[{_CJK}（）《》〈〉])"
)


def compact(text: str) -> str:
    """Return the text without any white space: the form in which lines are compared."""
    return _GAP.sub("", text)


def close_up(text: str) -> str:
    """Return the text without the gaps that typesetting puts beside Chinese characters."""
    return _TYPESET_GAP.sub("", text.strip())


def heading_level(text: str) -> int:
    """Return 1 to 4 for 一、 （一） 1. （1） (clause 7.3.3), else 0."""
    return next((level for level, form in enumerate(_HEADINGS, 1) if form.match(text)), 0)


def is_document_number(text: str) -> bool:
    """Tell whether the line is a 发文字号 (clause 7.2.5) and nothing else."""
    return _NUMBER.match(document_number_in(text)) is not None


def document_number_in(text: str) -> str:
    """Return the line without a label and gaps: the number as it is written."""
    return _NUMBER_LABEL.sub("", compact(text))


def is_damaged_number(text: str) -> bool:
    """Tell whether the line was a 发文字号 and has lost brackets or digits."""
    return _DAMAGED_NUMBER.match(document_number_in(text)) is not None


def is_date(text: str) -> bool:
    """Tell whether the line is a 成文日期 (clause 7.3.5.4): a whole date and nothing else."""
    return _date_parts(text) is not None


def date_in(text: str) -> date | None:
    """Return the date of a line for which `is_date` holds; None if there is no such day."""
    parts = _date_parts(text)
    try:
        return date(*parts) if parts else None
    except ValueError:
        return None


def is_disclosure_mark(text: str) -> bool:
    """Tell whether the line is a mark such as （此件公开发布） (附注, clause 7.3.6), whatever it says."""
    line = compact(text)
    return _MARK.match(line) is not None or _MARK_LABEL.match(line) is not None


def disclosure_class_in(text: str) -> DisclosureClass | None:
    """Return the class that a mark names; None if it is none of the three."""
    line = compact(text)
    found = _MARK.match(line) or _MARK_LABEL.match(line)
    words = found.group(1) if found else ""
    for kind, printed in PRINTED_MARK.items():
        if words in {printed.removeprefix("此件"), _SPOKEN[kind]}:
            return kind
    return None


def is_body_name(text: str) -> bool:
    """Tell whether the line is the name of a public body and nothing else."""
    line = compact(text)
    return _BODY_NAME.match(line) is not None and _BODY_END.search(line) is not None


def emblem_body(text: str) -> str:
    """Return the body of a 发文机关标志 (clause 7.2.4: full name, 文件 after it), or ""."""
    line = compact(text)
    name = line.removesuffix("文件")
    return name if name != line and is_body_name(name) else ""


def is_title_end(text: str) -> bool:
    """Tell whether a title can end here: with the name of a kind of document."""
    return is_title_piece(text) and _KIND_END.search(compact(text)) is not None


def is_title_piece(text: str) -> bool:
    """Tell whether the line can be (part of) a title: short, no sentence in it, no other element."""
    line = compact(text)
    if not 0 < len(line) <= _PLAIN_PIECE_LIMIT or any(mark in line for mark in _SENTENCE_MARKS):
        return False
    other = (is_document_number, is_damaged_number, is_date, is_disclosure_mark)
    return not (heading_level(text) or emblem_body(text) or any(form(text) for form in other))


def is_prose(text: str) -> bool:
    """Tell whether the line is running text: a long line with punctuation, or a closed sentence."""
    line = compact(text)
    if line.endswith(("。", "；", "！", "？")):
        return True
    return len(line) > _PROSE_LENGTH and any(mark in line for mark in "，。；,;")


def is_recipients(text: str) -> bool:
    """Tell whether the line is 主送机关 (clause 7.3.2): names closed by a colon."""
    line = compact(text)
    return (
        line.endswith(("：", ":"))
        and "。" not in line
        and len(line) > 1
        and not line.startswith("附")
    )


def is_plain_end(text: str) -> bool:
    """Tell whether running text breaks off inside a sentence, as it does at the foot of a page."""
    line = compact(text)
    if line.endswith(("，", "、", ",")):
        return True
    closed = line.endswith(tuple('。；：！？…”’」』）》】〕.;:!?")]'))
    return not closed and len(line) >= _CUT_LENGTH and any(mark in line for mark in "，。；、,;")


_SPOKEN = {
    DisclosureClass.PROACTIVE: "主动公开",
    DisclosureClass.ON_REQUEST: "依申请公开",
    DisclosureClass.WITHHELD: "不予公开",
}


def _date_parts(text: str) -> tuple[int, int, int] | None:
    line = _DATE_LABEL.sub("", compact(text))
    found = _DATE.match(line)
    if found:
        year, month, day = found.groups()
        return int(year), int(month), int(day)
    chinese = _ZH_DATE.match(line)
    if chinese:
        year, month, day = chinese.groups()
        return int(year.translate(_DIGITS)), _zh_number(month), _zh_number(day)
    return None


def _zh_number(text: str) -> int:
    """Return 1 to 99 from Chinese numerals; 0 for what is no number."""
    tens, ten, ones = text.rpartition("十")
    digits = "一二三四五六七八九"
    one = digits.find(ones) + 1 if ones else 0
    many = (digits.find(tens) + 1 if tens else 1) if ten else 0
    return 10 * many + one
