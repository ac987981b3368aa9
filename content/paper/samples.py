"""One slip of every kind with invented facts: what `devices print-test --all` prints, so that a keeper sees them all.

Names of places and persons are placeholders; nothing here is published anywhere.
"""

from datetime import date, datetime

from content.catalog.item import CatalogItem
from content.disclosure.classes import DisclosureClass
from content.disclosure.record import Block, BlockKind, DisclosureRecord
from content.paper.notices import (
    BoardExtract,
    ClearCard,
    Footing,
    Material,
    OneTimeNotice,
    Place,
    board_slip,
    card_slip,
    notice_slip,
)
from content.paper.slip import Slip, SlipKind
from content.paper.slips import document_slip, item_slip, receipt_slip, test_slip

_CODE = "7KQ2M9XD4F"
_COUNTER = Place(
    department="示范县民政局",
    where="县政务服务大厅一楼 12 号窗口",
    when="工作日 9:00—17:00",
    phone="（示例）0000-0000000",
    complaints="12345",
)


def sample_slips(
    *, terminal: str, printed_at: datetime, columns: int, base_url: str
) -> dict[SlipKind, Slip]:
    """Return a slip of each kind.

    Args:
        terminal: id of the terminal.
        printed_at: the moment of printing.
        columns: of the paper, for the test sheet's ruler.
        base_url: base of the links in the codes.
    """
    day, document_url = printed_at.date(), f"{base_url}/d/{_CODE}"
    footing = Footing(
        code=_CODE,
        url=document_url,
        version="第2版",
        checked_on=date(2026, 11, 2),
        terminal=terminal,
        printed_on=day,
    )
    return {
        SlipKind.TEST: test_slip(
            terminal=terminal, printed_at=printed_at, columns=columns, url=document_url
        ),
        SlipKind.DOCUMENT: document_slip(
            _DOCUMENT, url=document_url, terminal=terminal, printed_on=day, version=2
        ),
        SlipKind.GUIDE: item_slip(_ITEM, url=document_url, terminal=terminal, printed_on=day),
        SlipKind.RECEIPT: _receipt(terminal, day, base_url),
        SlipKind.NOTICE: notice_slip(_NOTICE, footing),
        SlipKind.CARD: card_slip(_CARD, footing),
        SlipKind.BOARD: board_slip(_BOARD, footing),
    }


def _receipt(terminal: str, day: date, base_url: str) -> Slip:
    return receipt_slip(
        code=_CODE,
        number="示政公开〔2026〕第27号",
        masked_name="㛃**",
        body="示范县人民政府办公室",
        description="2025年度全县农村饮水安全工程的投资计划、实施单位名单和竣工验收结论",
        filed_on=day,
        in_person=True,
        due_on=date(day.year, 12, 18),
        due_provisional=False,
        url=f"{base_url}/r/{_CODE}",
        terminal=terminal,
    )


_DOCUMENT = DisclosureRecord(
    id=_CODE,
    title="示范县人民政府关于做好农村饮水安全工作的通知",
    document_number="示政发〔2026〕19号",
    issuing_body="示范县人民政府",
    written_on=date(2026, 11, 2),
    published_on=date(2026, 11, 20),
    disclosure_class=DisclosureClass.PROACTIVE,
    region="000000",
    domain="",
    blocks=(
        Block(BlockKind.PARAGRAPH, "各乡镇人民政府，县级各部门："),
        Block(
            BlockKind.PARAGRAPH,
            "为保障农村居民饮水安全，现就有关事项通知如下：一、落实属地责任，每季度公布水质检测结果；"
            "二、水费收取标准不得高于每立方米2.80元；三、停水应当提前24小时告知。",
        ),
    ),
)

_ITEM = CatalogItem(
    id=_CODE,
    title="最低生活保障金的给付",
    item_code="",
    department="示范县民政局",
    region="000000",
    where="县政务服务大厅一楼 12 号窗口",
    when="工作日 9:00—17:00",
    phone="（示例）0000-0000000",
    fee="不收费",
    period="法定20个工作日，承诺15个工作日",
    materials=(
        "居民身份证（原件）",
        "家庭成员户口簿（原件及复印件各1份）",
        "家庭经济状况核对授权书",
    ),
    steps=("向户籍所在地乡镇提出申请", "入户调查与信息核对", "审核确认并公示7个工作日", "按月发放"),
    basis="《社会救助暂行办法》第十一条",
)

_NOTICE = OneTimeNotice(
    title="最低生活保障金的给付",
    unmet=("家庭成员中有一人的收入证明已超过六个月，需要重新开具。",),
    materials=(
        Material(name="居民身份证", source="本人"),
        Material(name="户口簿", form="原件及复印件", source="公安派出所"),
        Material(name="家庭经济状况核对授权书", copies=2, source="窗口领取，所有成年家庭成员签字"),
        Material(name="收入证明（近六个月）", source="用人单位或村（居）民委员会"),
    ),
    place=_COUNTER,
    period="承诺15个工作日",
    fee="不收费",
)

_CARD = ClearCard(
    title="冬季取暖补贴\n明白卡",
    who="本县户籍的低保对象、特困人员，以及县总工会建档的困难职工。",
    what="每户 1,200 元",
    until="12月31日前",
    how=("带身份证到村（社区）登记", "名单张榜公示5天", "补贴打入本人社保卡"),
    place=_COUNTER,
    basis="示政办发〔2026〕31号《冬季取暖补贴实施办法》",
)

_BOARD = BoardExtract(
    title="村务公开栏摘录",
    body="示范镇某某村民委员会",
    period="2026年第三季度",
    shown="11月20日—11月26日（5个工作日）",
    rows=(
        ("姓名", "类别", "人数", "金额（元）"),
        ("张**", "低保", "2", "1,284.00"),
        ("欧阳**", "特困供养", "1", "1,020.00"),
        ("㛃*", "临时救助（一次性）", "4", "3,600.50"),
        ("李*", "残疾人两项补贴", "1", "160.00"),
    ),
    total=37,
    complaints="村务监督委员会，或拨打12345",
)
