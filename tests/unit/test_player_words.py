"""How the screen words moments."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from signage.words import Words

CHINA = ZoneInfo("Asia/Shanghai")
WORDS = Words.load()


@pytest.mark.parametrize(
    ("opens", "text"),
    [
        (datetime(2026, 11, 22, 14, 0, tzinfo=CHINA), "下次开放 今天 14:00"),
        (datetime(2026, 11, 23, 8, 30, tzinfo=CHINA), "下次开放 明天（11月23日 星期一） 08:30"),
        (datetime(2026, 11, 25, 8, 30, tzinfo=CHINA), "下次开放 11月25日 星期三 08:30"),
        (None, "开放时间请留意现场公告"),
    ],
)
def test_the_next_opening_is_said_from_today(opens: datetime | None, text: str) -> None:
    assert WORDS.opening(opens, date(2026, 11, 22)) == text


def test_stale_content_says_up_to_when() -> None:
    assert WORDS.stale(datetime(2026, 11, 22, 9, 5, tzinfo=CHINA)) == "资料截至 11月22日 09:05"
    assert WORDS.stale(None) == "正在等待最新资料"


def test_both_languages_have_every_word() -> None:
    assert WORDS.keys() == Words.load("en").keys()


def test_nobody_is_sent_to_staff_where_there_are_none() -> None:
    ways = [
        WORDS.way_to_help(attended=attended, phone=phone)
        for attended, phone in ((True, ""), (False, "0000-1234567"), (False, ""))
    ]

    assert "现场工作人员" in ways[0]
    assert ways[1] == "请到旁边的触摸屏办理；需要帮助，请拨打 0000-1234567"
    assert ways[2] == "请到旁边的触摸屏办理"
