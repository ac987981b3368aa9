"""An emergency stands where it is for and until its signed end, whatever the terminal's clock says."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from typing_extensions import override

from content.programme.emergency import (
    HEADS_TRUSTED_S,
    EmergencyNotice,
    Level,
    is_standing,
    zone_time,
)
from content.replica.ports import Notices, Verified
from devices.clock import CHINA
from kiosk.flows.alarm import MOST, AlarmFlow
from kiosk.flows.surround import BandKind
from kiosk.words import Words
from signage.cues import Arrange, EmergencyCard, RunTicker, Show
from signage.player import Content, Player
from tests.support.fake_kiosk import FakeContent

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=CHINA)
AT = int(NOW.timestamp())
HOUR = 3600
RAIN = EmergencyNotice(
    id="E000000001",
    title="暴雨红色预警",
    text="未来三小时降雨量将达一百毫米以上。",
    advice="请立即停止户外活动，低洼处人员转移。",
    issuer="示范县应急管理局",
    level=Level.RED,
)


def verified(notice: EmergencyNotice = RAIN, *, until: int = AT + HOUR, at: int = AT) -> Verified:
    return Verified(notice, "emergency/519900", 1, at, ("甲", "乙"), until)


class Shelf:
    def fetch(self, _record_id: str, /) -> Verified | None:
        return None


class EveryDay:
    def is_workday(self, _day: object, /) -> bool:
        return True


def player(region: str = "519900") -> Player:
    return Player(Shelf(), calendar=EveryDay(), region=region)


def test_it_ends_at_its_signed_second() -> None:
    assert is_standing(RAIN, expires=AT + 1, region="519900", at=AT)
    assert not is_standing(RAIN, expires=AT, region="519900", at=AT)


def test_a_notice_without_an_end_is_never_shown() -> None:
    assert not is_standing(RAIN, expires=0, region="519900", at=AT)


@pytest.mark.parametrize(
    ("regions", "region", "shown"),
    [
        ((), "519900", True),
        (("519900",), "519900001001", True),  # for the county: every village
        (("519900001",), "519900001001", True),
        (("519900001",), "519900002001", False),
        (("519900001001",), "519900", True),  # the county's own hall hears of its villages
        (("519900001001",), "519900001", True),
        (("519900001001",), "519900001002", False),
        (("519900",), "", False),
    ],
)
def test_it_is_for_its_divisions(regions: tuple[str, ...], region: str, *, shown: bool) -> None:
    notice = replace(RAIN, regions=regions)

    assert is_standing(notice, expires=AT + 1, region=region, at=AT) is shown


def test_a_clock_set_back_shows_nothing_longer() -> None:
    """1970 by the battery: what people have signed since then has surely happened."""
    ended = verified(until=AT - HOUR, at=AT - 2 * HOUR)

    assert Notices((ended,), approved=AT, head_at=0).standing(region="519900", now=7) == ()
    assert (
        Notices((ended,), approved=AT - 2 * HOUR, head_at=AT).standing(region="5199", now=7) == ()
    )


def test_a_stolen_log_key_cannot_end_every_future_notice() -> None:
    """Heads far beyond what people have signed count nothing."""
    far = AT + HEADS_TRUSTED_S + 1

    assert zone_time(AT, approved=AT, head_at=far) == AT
    assert zone_time(AT, approved=AT, head_at=AT + HOUR) == AT + HOUR


def test_the_gravest_comes_first_then_the_newest() -> None:
    blue = verified(replace(RAIN, id="E000000002", level=Level.BLUE))
    newer = verified(replace(RAIN, id="E000000003"))

    standing = Notices((blue, newer, verified()), AT, AT).standing(region="519900", now=AT)

    assert [one.record.id for one in standing] == ["E000000003", "E000000001", "E000000002"]


def test_it_takes_the_whole_screen_and_gives_it_back() -> None:
    one = player()
    one.step(NOW, Content())
    cues = one.step(NOW, Content(notices=Notices((verified(),), AT, AT)))

    assert [type(cue) for cue in cues] == [Arrange, Show, RunTicker]
    assert isinstance(cues[1], Show)
    assert cues[1].card == EmergencyCard(verified(), 1, 1)
    assert one.leading == verified()
    assert one.step(NOW, Content(notices=Notices((verified(),), AT, AT))) == ()

    later = NOW + timedelta(hours=2)
    back = one.step(later, Content(notices=Notices((verified(),), AT, AT)))
    assert isinstance(back[0], Arrange)
    assert len(back[0].regions) == 2


def test_several_take_turns() -> None:
    other = verified(replace(RAIN, id="E000000002", title="道路封闭"))
    content = Content(notices=Notices((verified(), other), AT, AT))
    one, shown = player(), []
    for seconds in (0, 20, 40):
        cues = one.step(NOW + timedelta(seconds=seconds), content)
        cards = [cue.card for cue in cues if isinstance(cue, Show)]
        shown += [
            (one.found.record.title, one.place, one.of)
            for one in cards
            if isinstance(one, EmergencyCard)
        ]

    assert shown == [("暴雨红色预警", 1, 2), ("道路封闭", 2, 2), ("暴雨红色预警", 1, 2)]


def test_a_corrected_text_is_shown_at_once() -> None:
    one = player()
    one.step(NOW, Content(notices=Notices((verified(),), AT, AT)))
    newer = replace(verified(replace(RAIN, text="降雨已减弱。")), version=2)

    cues = one.step(NOW, Content(notices=Notices((newer,), AT, AT)))

    assert cues == (Show("emergency", EmergencyCard(newer, 1, 1)),)


class Alarmed(FakeContent):
    def __init__(self, *found: Verified) -> None:
        super().__init__()
        self.found = found

    @override
    def notices(self) -> Notices:
        return Notices(self.found, AT, AT)


def test_the_kiosk_says_it_above_everything_and_calls_a_drill_a_drill() -> None:
    alarm = AlarmFlow(Words.load())
    alarm.refresh(Alarmed(verified(replace(RAIN, is_drill=True))), None)

    (band,) = alarm.bands(NOW)
    assert band.kind is BandKind.EMERGENCY
    assert band.text == "【演练】暴雨红色预警：请立即停止户外活动，低洼处人员转移。"
    assert alarm.bands(NOW + timedelta(hours=1)) == ()


def test_the_kiosk_never_fills_with_bands() -> None:
    alarm = AlarmFlow(Words.load())
    many = [verified(replace(RAIN, id=f"E00000000{n}")) for n in range(5)]
    alarm.refresh(Alarmed(*many), None)

    assert len(alarm.bands(NOW)) == MOST
