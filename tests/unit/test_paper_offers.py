"""Which slip more a record gives: only where its own words say what the slip must say."""

from dataclasses import replace
from datetime import date

from content.disclosure.record import Block, BlockKind, DisclosureRecord
from content.paper.layout import lay_out
from content.paper.notices import Footing
from content.paper.offers import extra_kind, extra_slip
from content.paper.slip import Slip, SlipKind
from tests.support.fake_kiosk import document, item

FOOTING = Footing(
    code="7KQ2M9XD4F",
    url="https://zone.example/d/7KQ2M9XD4F",
    version="第2版",
    checked_on=None,
    terminal="hall-01",
    printed_on=date(2026, 11, 22),
)


def para(text: str) -> Block:
    return Block(BlockKind.PARAGRAPH, text)


def head(text: str) -> Block:
    return Block(BlockKind.HEADING, text, 1)


POLICY = replace(
    document(1, title="示范县高龄津贴发放办法"),
    blocks=(
        head("一、补贴对象"),
        para("具有本县户籍、年满80周岁的老年人。"),
        para("（二）补贴标准。80至89周岁每人每月50元；90至99周岁每人每月100元。"),
        head("三、申请程序"),
        para("本人向村（居）委会提出申请。"),
        para("乡镇人民政府审核后公示7日。"),
        head("四、其他事项"),
        para("本办法自印发之日起施行。"),
    ),
)
ROWS = (("姓名", "金额"), *((f"张{'*' * n}", f"{n}00.00") for n in range(1, 31)))
LIST = replace(
    document(2, title="2026年第三季度临时救助发放名单公示"),
    blocks=(para("公示期为2026年11月2日至11月8日。"), Block(BlockKind.TABLE, "", rows=ROWS)),
)


def said(record: DisclosureRecord) -> str:
    return text_of(extra_slip(record, FOOTING))


def text_of(slip: Slip | None) -> str:
    assert slip is not None
    return "".join(line.text.strip() for line in lay_out(slip, columns=32))


def test_an_item_with_materials_gives_a_one_time_notice_that_invents_no_copies() -> None:
    one = item(1)
    slip = extra_slip(one, FOOTING)
    text = text_of(slip)

    assert slip is not None
    assert slip.kind is extra_kind(one) is SlipKind.NOTICE
    assert "共2项" in text
    assert "□ 居民身份证原件□ 家庭经济状况核对授权书" in text
    assert "1份" not in text
    assert "0份" not in text


def test_an_item_without_materials_gives_no_notice() -> None:
    bare = replace(item(1), materials=())

    assert extra_kind(bare) is None
    assert extra_slip(bare, FOOTING) is None


def test_a_policy_that_says_who_gets_what_gives_a_card_in_its_own_words() -> None:
    text = said(POLICY)

    assert extra_kind(POLICY) is SlipKind.CARD
    for words in (
        "具有本县户籍、年满80周岁的老年人。",
        "80至89周岁每人每月50元；",
        "本人向村（居）委会提出申请。",
        "云政办发〔2026〕1号",
        "0000-1234567",
    ):
        assert words in text
    assert "自印发之日起" not in text


def test_a_document_that_does_not_say_what_one_gets_gives_no_card() -> None:
    for dropped in ("一、补贴对象", "（二）补贴标准"):
        blocks = tuple(one for one in POLICY.blocks if not one.text.startswith(dropped))
        assert extra_kind(replace(POLICY, blocks=blocks)) is None


def test_the_notices_of_everyday_business_give_nothing_more() -> None:
    assert extra_kind(document(1)) is None


def test_a_public_list_gives_an_extract_that_says_how_much_of_it_it_is() -> None:
    text = said(LIST)

    assert extra_kind(LIST) is SlipKind.BOARD
    assert "全部共30项，本单摘录15项" in text
    assert "2026年11月2日至11月8日" in text


def test_a_table_in_a_document_that_is_no_list_gives_nothing_more() -> None:
    assert extra_kind(replace(LIST, title="关于做好救助工作的通知")) is None


def test_a_long_answer_ends_with_a_whole_sentence() -> None:
    long = "符合下列情形之一的可以申请。" + "家庭人均收入低于标准的困难群众；" * 20
    blocks = (head("一、救助对象"), para(long), *POLICY.blocks[2:])
    text = said(replace(POLICY, blocks=blocks))

    assert "困难群众；■ 能得到什么" in text.replace("\n", "")
