"""What a document about a service says under the heading that a question asks for. Nothing is ever worded anew.

Many guides are thin, while the notice that grants the service has a section 申请程序 or 所需材料: where the guide is
silent, that section is quoted, from its first word, as long as it can be read on one screen.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from content.answers.answer import Answer, Answers, Certainty
from content.answers.guide import Aspect
from content.answers.passages import LONGEST
from content.disclosure.record import Block, BlockKind, DisclosureRecord, Validity, block_text

MOST = 2
"""Documents that are quoted."""
SHORTEST_NAME = 3
"""Characters of a service's name below which a title that holds it may be about anything."""

_HEADINGS: Mapping[Aspect, re.Pattern[str]] = {
    Aspect.STEPS: re.compile(
        r"(?:怎样|如何|怎么)(?:申请|办理|申报)|(?:申请|申报|办理|审批|审核|受理|发放)(?:审批|审核)?(?:与审批|和审批)?(?:程序|流程|步骤)"
    ),
    Aspect.MATERIALS: re.compile(
        r"(?:申请|申报|提交|提供|所需|需要|办理)(?:的)?(?:材料|资料|证件)"
    ),
    Aspect.FEE: re.compile(r"收费|费用"),
    Aspect.PERIOD: re.compile(r"(?:办理|办结|审批|审核)(?:时限|期限)"),
    Aspect.PHONE: re.compile(r"咨询(?:电话|方式)|联系(?:电话|方式)"),
    Aspect.WHERE: re.compile(r"(?:申请|申报|办理|受理|报名)(?:地点|窗口|单位)"),
    Aspect.WHEN: re.compile(r"(?:申请|申报|办理|受理|报名)时间"),
    Aspect.BASIS: re.compile(r"(?:政策|法律|法规)?依据"),
}
_SENTENCE_END = "。！？；\n"


def section_answer(
    aspect: Aspect, *, about: str, records: Iterable[DisclosureRecord]
) -> Answers | None:
    """Return what documents about a service say under the heading for an aspect; None if none does.

    Args:
        aspect: what is asked.
        about: title of the service item; a document is about it if its title holds the whole of it.
        records: what the search found for the service, best first.
    """
    if len(about) < SHORTEST_NAME:
        return None
    fitting = (
        one for one in records if one.validity is not Validity.REPEALED and about in one.title
    )
    quoted = [said for one in fitting for said in _sections(one, aspect)][:MOST]
    if not quoted:
        return None
    certainty = Certainty.FOUND if len(quoted) == 1 else Certainty.SEVERAL
    return Answers(certainty, tuple(quoted))


def _sections(record: DisclosureRecord, aspect: Aspect) -> Iterator[Answer]:
    """Yield the first section of a record under a heading of this aspect."""
    blocks = record.blocks
    starts = [0, *accumulate(len(block_text(block)) + 1 for block in blocks)]
    for at, block in enumerate(blocks):
        if not (_is_heading(block) and _HEADINGS[aspect].search(block.text)):
            continue
        after = next(
            (one for one in range(at + 1, len(blocks)) if _ends(blocks[one], block)), len(blocks)
        )
        quote = _readable(record.text[starts[at + 1] : starts[after]])
        if quote:
            day = record.written_on or record.published_on
            heading = block.text.strip()
            yield Answer(record.id, record.title, quote, (), heading, day, record.issuing_body)
            return


def _is_heading(block: Block) -> bool:
    return block.kind in {BlockKind.HEADING, BlockKind.ANNEX}


def _ends(block: Block, heading: Block) -> bool:
    """Tell whether a block begins another section than the heading's."""
    if block.kind is BlockKind.ANNEX:
        return True
    return _is_heading(block) and (heading.kind is BlockKind.ANNEX or block.level <= heading.level)


def _readable(text: str) -> str:
    """Return as many whole sentences from the beginning as one screen holds."""
    if len(text) <= LONGEST:
        return text.strip()
    ends = [at + 1 for at, character in enumerate(text[:LONGEST]) if character in _SENTENCE_END]
    return text[: ends[-1] if ends else LONGEST].strip()
