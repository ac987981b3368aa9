"""Answer 办事 questions out of an item's guide fields: where, when, what to bring, how much, how long, whom to ring."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from content.answers.answer import Answer, Answers, Certainty
from content.catalog.item import CatalogItem
from content.search.analyse import bigrams, normalise
from content.search.curated import query_key

NEAR = 0.6
"""Share of the topic's bigrams that an item's title must hold, where no everyday name was used."""
HALF = 0.5
"""Share of a name that the topic must be, where it is a part of it: 医疗保险 alone is not every 医疗保险…补贴."""
_JOINT = "\n"


class Aspect(StrEnum):
    """What of a service is asked."""

    MATERIALS = "materials"
    FEE = "fee"
    PERIOD = "period"
    PHONE = "phone"
    WHERE = "where"
    WHEN = "when"
    BASIS = "basis"
    STEPS = "steps"


# The first that matches decides: 办理时间 is asked before 怎么办理, 电话 before 哪里.
_CUES: Mapping[Aspect, re.Pattern[str]] = {
    Aspect.MATERIALS: re.compile(
        r"(?:要|需)?(?:带|准备|提供|提交|拿|交)(?:些|哪些)?(?:什么|啥|哪些)(?:东西|证件|材料|资料|手续)?"
        r"|(?:什么|啥|哪些)(?:材料|证件|手续|资料)|申请材料|材料清单|需要(?:什么|啥|哪些)"
    ),
    Aspect.FEE: re.compile(
        r"收费|费用|手续费|要钱吗|要不要钱|收钱|交多少钱|要多少钱|花多少钱|免费"
        r"|(?:办|补办|换|领).{0,12}多少钱"
    ),
    Aspect.PERIOD: re.compile(
        r"多久|多长时间|(?:几|多少)(?:天|个工作日|个月)|办理时限|办结|什么时候能?(?:办好|拿到|下来)"
    ),
    Aspect.PHONE: re.compile(r"电话|号码是|打哪个|联系方式|怎么联系|咨询谁"),
    Aspect.WHERE: re.compile(
        r"(?:在|去|到|上)?(?:哪里|哪儿|哪|什么地方|啥地方|哪个窗口|哪个部门|哪个单位)(?:去)?(?:能|可以)?(?:办理|办|申请|领|交)?"
        r"|地址|找谁"
    ),
    Aspect.WHEN: re.compile(
        r"什么时候|几点|何时|上班时间|办公时间|办理时间|周[六日末]|星期[六日天]"
    ),
    Aspect.BASIS: re.compile(r"依据|根据什么|凭什么|哪条规定"),
    Aspect.STEPS: re.compile(r"流程|步骤|怎么(?:办理|办|申请|弄|交)|如何(?:办理|申请)|咋办"),
}
_POLITE = re.compile(
    r"请问|我想|想要|想|一下|吗|呢|啊|的|了|[??。,，!！]|办理|申请|申领|需要|要不要|要|办|我|去|到|在"
)


@dataclass(frozen=True, slots=True)
class GuideQuestion:
    """What is asked, and about what: `topic` is the question without the words that ask."""

    aspect: Aspect
    topic: str


_FIELDS: Mapping[Aspect, Callable[[CatalogItem], str]] = {
    Aspect.MATERIALS: lambda item: _JOINT.join(item.materials),
    Aspect.FEE: lambda item: item.fee,
    Aspect.PERIOD: lambda item: item.period,
    Aspect.PHONE: lambda item: item.phone,
    Aspect.WHERE: lambda item: item.where,
    Aspect.WHEN: lambda item: item.when,
    Aspect.BASIS: lambda item: item.basis,
    Aspect.STEPS: lambda item: _JOINT.join(item.steps),
}


def read_question(text: str) -> GuideQuestion | None:
    """Return what is asked about which service, None where nothing of a guide is asked."""
    plain = normalise(text)
    for aspect, cue in _CUES.items():
        if cue.search(plain):
            topic = _POLITE.sub("", cue.sub(" ", plain)).strip()
            return GuideQuestion(aspect, "".join(topic.split())) if topic else None
    return None


def guide_text(item: CatalogItem) -> str:
    """Return all that an item's guide says: every quotation is a substring of it."""
    return _JOINT.join(field(item) for field in _FIELDS.values())


def guide_answer(
    asked: GuideQuestion,
    items: Iterable[CatalogItem],
    *,
    names: Mapping[str, tuple[str, ...]],
    words: Mapping[Aspect, str],
    near: float = NEAR,
) -> Answers | None:
    """Return what the guide of the item says that the question is about; None if no item is.

    Args:
        asked: the question as read.
        items: what the search found for its topic, best first.
        names: record id -> everyday names that staff curated.
        words: what each aspect is called on the screen.
        near: share of the topic that a title must hold; above 1 only whole names count.
    """
    about = [
        item
        for item in items
        if _is_about(asked.topic, item, names=names.get(item.id, ()), near=near)
    ]
    if not about:
        return None
    said = [(item, _FIELDS[asked.aspect](item)) for item in about[:3]]
    quoted = tuple(
        Answer(item.id, item.title, text, (), words.get(asked.aspect, ""), None, item.department)
        for item, text in said
        if text
    )
    if not quoted:
        first = about[0]
        return Answers(Certainty.NOT_STATED, about=first.title, phone=first.phone)
    same = len({one.quote for one in quoted}) == 1
    if same or len(quoted) == 1:
        return Answers(Certainty.FOUND, quoted[:1])
    return Answers(Certainty.SEVERAL, quoted)


def _is_about(topic: str, item: CatalogItem, *, names: tuple[str, ...], near: float) -> bool:
    key = query_key(topic)
    for name in (*item.aliases, *names, item.title):
        named = query_key(name)
        if len(named) > 1 and (named in key or (key in named and len(key) >= HALF * len(named))):
            return True
    terms, title = set(bigrams(key)), query_key(item.title)
    held = sum(term in title for term in terms)
    return bool(terms) and held >= near * len(terms) and len(key) >= HALF * len(title)
