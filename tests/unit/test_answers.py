"""智能问答: every answer stands letter for letter in its source; what is not there is not answered."""

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.answers.answer import Answers, Certainty, answer
from content.answers.guide import Aspect, guide_answer, guide_text, read_question
from content.answers.passages import LONGEST, cut
from content.answers.sections import section_answer
from content.disclosure.record import Block, BlockKind, DisclosureRecord, Validity
from tests.support.signers import document, item

ALLOWANCE = document(
    "D000000001",
    title="关于提高城乡居民最低生活保障标准的通知",
    text="自2026年7月1日起，城市低保标准提高到每人每月720元。农村低保标准提高到每人每月560元。",
)
HEATING = document(
    "D000000002",
    title="关于做好冬季供暖工作的通知",
    text="供热企业应于11月10日前完成设备检修。室内温度不低于18摄氏度。",
)
LAW = DisclosureRecord(
    **{
        **{name: getattr(ALLOWANCE, name) for name in ALLOWANCE.__dataclass_fields__},
        "id": "D000000003",
        "title": "政府信息公开办法",
        "blocks": (
            Block(BlockKind.HEADING, "第三章 依申请公开", 1),
            Block(BlockKind.PARAGRAPH, "第二十条 行政机关收到申请，应当在二十个工作日内答复。"),
            Block(BlockKind.TABLE, "收费标准", rows=(("项目", "金额"), ("复印", "每页一元"))),
        ),
    }
)
RECORDS = (ALLOWANCE, HEATING, LAW)
GUIDE = replace(
    item("T000000001", "最低生活保障审核确认", aliases=("低保",)),
    where="望溪县政务服务中心一楼综合窗口",
    when="工作日 9:00—12:00",
    phone="0900-5551234",
    materials=("居民户口簿", "居民身份证", "收入证明"),
    period="20个工作日",
)
NAMES = {aspect: str(aspect) for aspect in Aspect}


def rarity(terms: tuple[str, ...]) -> Mapping[str, float]:
    counts = {term: sum(term in one.text + one.title for one in RECORDS) for term in terms}
    return {term: math.log(1 + (3.5 - n) / (n + 0.5)) for term, n in counts.items()}


def ask(question: str) -> Answers:
    return answer(question, RECORDS, rarity=rarity)


def guide(question: str) -> Answers | None:
    asked = read_question(question)
    assert asked is not None
    return guide_answer(asked, (GUIDE,), names={}, words=NAMES)


def test_the_answer_is_quoted_with_its_place() -> None:
    said = ask("农村低保标准每人每月多少钱")

    assert said.certainty is not Certainty.NOT_FOUND
    best = said.quoted[0]
    assert "每人每月560元" in best.quote
    assert (best.record, best.source, best.day) == (
        ALLOWANCE.id,
        "示范县人民政府办公室",
        ALLOWANCE.written_on,
    )


def test_an_article_is_named() -> None:
    best = ask("行政机关收到申请应当在几个工作日内答复").quoted[0]

    assert "第二十条" in f"{best.article} {best.quote}"


def test_a_row_of_a_table_is_an_answer() -> None:
    assert "复印\t每页一元" in ask("复印收费标准每页多少").quoted[0].quote


@pytest.mark.parametrize(
    "question", ["骆驼驯养有什么奖励", "火星移民怎么报名", "？？？", "", "怎么办"]
)
def test_what_no_record_says_is_not_guessed(question: str) -> None:
    assert ask(question) == Answers(Certainty.NOT_FOUND)


@given(
    st.text(
        alphabet="低保标准多少钱供暖温度申请答复工作日元月农村？0123456789 abＡ\t\n", max_size=40
    )
)
def test_every_quotation_is_a_substring_of_its_source(question: str) -> None:
    sources = {record.id: record.text for record in RECORDS}

    for quoted in answer(question, RECORDS, rarity=rarity, least=0).quoted:
        assert quoted.quote
        assert quoted.quote in sources[quoted.record]


@given(
    st.lists(
        st.builds(
            Block,
            st.sampled_from(BlockKind),
            st.text(alphabet="甲乙。；\n第一条（）abＡ①\t”", max_size=300),
            rows=st.lists(st.lists(st.text(max_size=5), max_size=3).map(tuple), max_size=2).map(
                tuple
            ),
        ),
        max_size=5,
    ).map(tuple)
)
def test_passages_lie_within_the_text_whatever_the_blocks_are(blocks: tuple[Block, ...]) -> None:
    text = cut(replace(ALLOWANCE, blocks=blocks))

    assert all(0 <= one.start < one.end <= len(text.text) for one in text.passages)
    assert all(text.text[one.start : one.end].strip() for one in text.passages)


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("办低保要带什么材料", "居民户口簿\n居民身份证\n收入证明"),
        ("低保在哪里办", "望溪县政务服务中心一楼综合窗口"),
        ("低保去哪儿申请", "望溪县政务服务中心一楼综合窗口"),
        ("申请低保多久能办好", "20个工作日"),
        ("低保办理电话是多少", "0900-5551234"),
        ("低保几点能办", "工作日 9:00—12:00"),
        ("最低生活保障需要什么证件", "居民户口簿\n居民身份证\n收入证明"),
    ],
)
def test_a_question_about_a_service_is_answered_out_of_its_guide(question: str, quote: str) -> None:
    said = guide(question)

    assert said is not None
    assert [one.quote for one in said.quoted] == [quote]
    assert quote in guide_text(GUIDE)


def test_what_the_guide_does_not_say_is_not_invented_but_the_telephone_is_given() -> None:
    said = guide("办低保收费吗")

    assert said == Answers(Certainty.NOT_STATED, about=GUIDE.title, phone=GUIDE.phone)


NOTICE = replace(
    ALLOWANCE,
    title="关于做好最低生活保障审核确认工作的通知",
    blocks=(
        Block(BlockKind.HEADING, "一、保障标准", 1),
        Block(BlockKind.PARAGRAPH, "城市每人每月720元。"),
        Block(BlockKind.HEADING, "二、怎样申请", 1),
        Block(BlockKind.PARAGRAPH, "向户籍所在地乡镇人民政府提出。"),
        Block(BlockKind.HEADING, "（一）受理", 2),
        Block(BlockKind.PARAGRAPH, "窗口当场受理。" * 60),
        Block(BlockKind.HEADING, "三、监督", 1),
        Block(BlockKind.PARAGRAPH, "举报电话 0900-5550000。"),
    ),
)


def test_what_the_guide_leaves_out_is_quoted_from_the_notice_that_says_it() -> None:
    said = section_answer(Aspect.STEPS, about=GUIDE.title, records=(ALLOWANCE, NOTICE))

    assert said is not None
    assert said.certainty is Certainty.FOUND
    quoted = said.quoted[0]
    assert (quoted.record, quoted.article) == (NOTICE.id, "二、怎样申请")
    assert quoted.quote.startswith("向户籍所在地乡镇人民政府提出。")
    assert quoted.quote in NOTICE.text
    assert quoted.quote.endswith("。")
    assert len(quoted.quote) <= LONGEST
    assert "0900-5550000" not in quoted.quote


@pytest.mark.parametrize(
    "record",
    [
        ALLOWANCE,
        replace(NOTICE, validity=Validity.REPEALED),
        replace(NOTICE, title="关于做好低保工作的通知"),
    ],
    ids=["without the section", "repealed", "about something else"],
)
def test_no_section_is_taken_from_elsewhere(record: DisclosureRecord) -> None:
    assert section_answer(Aspect.STEPS, about=GUIDE.title, records=(record,)) is None


def test_another_service_is_not_answered_with_this_guide() -> None:
    assert guide("办护照要带什么材料") is None


def test_a_subsidy_is_no_fee() -> None:
    asked = read_question("高龄津贴每月发多少钱")

    assert asked is None or asked.aspect is not Aspect.FEE
