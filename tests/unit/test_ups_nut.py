"""NUT's lines as documented; when the mains are gone, back, and when it is time to stop."""

import pytest

from devices.drivers.health import Level
from devices.drivers.reasons import Reason
from devices.drivers.ups.codec import (
    Failed,
    Flag,
    Lines,
    Listed,
    ListEnd,
    Reply,
    Variable,
    flags,
    get_variable,
    words,
)
from devices.drivers.ups.machine import Event, PowerBack, PowerLost, ShutDownSoon, UpsMachine
from tests.support.fake_nut import FakeNut


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ('VAR su700 ups.status "OL"', Variable("su700", "ups.status", "OL")),
        ('VAR su700 ups.mfr "A \\"B\\" \\\\C"', Variable("su700", "ups.mfr", 'A "B" \\C')),
        ('UPS su700 "Development box"', Listed("su700")),
        ("END LIST UPS", ListEnd()),
        ("ERR DATA-STALE", Failed("DATA-STALE")),
        ("ERR UNKNOWN-UPS extra", Failed("UNKNOWN-UPS")),
    ],
)
def test_a_documented_line_is_read(line: str, reply: Reply) -> None:
    assert Lines().feed(line.encode() + b"\n") == (reply,)
    assert Lines().feed(line.encode() + b"\r\n") == (reply,)


@pytest.mark.parametrize("line", ["", "BEGIN LIST UPS", "OK Goodbye", "VAR", 'VAR a "', "\\"])
def test_a_line_that_says_nothing_to_us_is_passed_over(line: str) -> None:
    assert Lines().feed(line.encode() + b"\n") == ()


def test_a_line_longer_than_any_true_one_is_dropped_whole() -> None:
    lines = Lines()
    for _ in range(100):
        assert lines.feed(b"VAR a ups.status " * 10) == ()
        assert len(lines._held) <= 1024

    assert lines.feed(b'\nVAR a ups.status "OL"\n') == (Variable("a", "ups.status", "OL"),)


def test_words_are_held_together_by_quotes() -> None:
    assert words('a "b c" "" d\\ e  f') == ["a", "b c", "", "d e", "f"]


def test_unknown_words_of_a_status_are_left_out() -> None:
    assert flags("OB LB DISCHRG BOOST") == {Flag.ON_BATTERY, Flag.LOW_BATTERY}


def test_a_request_is_the_documented_line() -> None:
    assert get_variable("su700", "ups.status") == b"GET VAR su700 ups.status\n"


class Talk:
    """The machine and a service that answers at once, second by second."""

    def __init__(self, ups: str = "") -> None:
        self.machine = UpsMachine(ups)
        self.nut = FakeNut()
        self.nut.close()
        self.now = 0.0
        self.level: Level | None = None
        self.reason = ""
        self.is_hopeless = False
        self._heard = b""
        self.machine.opened(0.0)

    def run(self, seconds: float) -> list[Event]:
        events: list[Event] = []
        end = self.now + seconds
        while self.now < end:
            turn = self.machine.turn(self._heard, self.now)
            events += turn.events
            self._heard = b""
            self.level, self.reason = turn.level or self.level, turn.reason
            self.is_hopeless |= turn.is_hopeless
            for line in turn.send.decode().splitlines():
                if not self.nut.is_mute:
                    self._heard += self.nut.answer(line.split()).encode()
            self.now += 0.25
        return events

    def becomes(self, status: str) -> list[Event]:
        self.nut.status = status
        return self.run(3)


def test_an_outage_from_mains_to_the_last_warning_and_back() -> None:
    talk = Talk()

    assert talk.becomes("OL CHRG") == []
    assert (talk.level, talk.reason) == (Level.OK, "")
    assert talk.becomes("OB DISCHRG") == [PowerLost()]
    assert (talk.level, talk.reason) == (Level.WARN, Reason.ON_BATTERY)
    assert talk.becomes("OB LB DISCHRG") == [ShutDownSoon()]
    assert talk.becomes("OB LB DISCHRG") == []
    assert talk.reason == Reason.BATTERY_LOW
    assert talk.becomes("OL CHRG LB") == [PowerBack()]
    assert talk.becomes("OB") == [PowerLost()]
    assert talk.becomes("OB LB") == [ShutDownSoon()]


def test_a_low_battery_under_mains_is_no_reason_to_stop() -> None:
    assert Talk().becomes("OL LB CHRG") == []


def test_a_forced_shutdown_counts_even_under_mains() -> None:
    assert Talk().becomes("OL FSD") == [ShutDownSoon()]


def test_a_battery_to_be_replaced_is_a_warning() -> None:
    talk = Talk()
    talk.becomes("OL RB")

    assert (talk.level, talk.reason) == (Level.WARN, Reason.REPLACE_BATTERY)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("DATA-STALE", Reason.STALE),
        ("DRIVER-NOT-CONNECTED", Reason.STALE),
        ("UNKNOWN-UPS", Reason.UNKNOWN_UPS),
    ],
)
def test_an_error_of_the_service_is_named(error: str, reason: Reason) -> None:
    talk = Talk()
    talk.nut.error = error
    talk.run(3)

    assert (talk.level, talk.reason) == (Level.DOWN, reason)


def test_without_a_name_the_first_supply_is_taken_and_none_is_an_error() -> None:
    talk = Talk()
    talk.run(3)
    assert talk.level is Level.OK

    empty = Talk()
    empty.nut._ups = ""
    empty.run(3)
    assert (empty.level, empty.reason) == (Level.DOWN, Reason.UNKNOWN_UPS)


def test_a_wrong_name_is_an_error_and_not_another_supply() -> None:
    talk = Talk("other")
    talk.run(3)

    assert (talk.level, talk.reason) == (Level.DOWN, Reason.UNKNOWN_UPS)


def test_a_mute_service_is_hung_up_on() -> None:
    talk = Talk()
    talk.run(2)
    talk.nut.is_mute = True
    talk.run(5)

    assert talk.is_hopeless
    assert (talk.level, talk.reason) == (Level.DOWN, Reason.SILENT)


def test_on_battery_and_blind_the_worst_is_assumed_once() -> None:
    talk = Talk()
    talk.becomes("OB")
    talk.nut.error = "DATA-STALE"

    assert talk.run(10) == []
    assert talk.run(10) == [ShutDownSoon()]
    assert talk.run(30) == []


def test_a_service_restarted_during_an_outage_tells_nothing_twice() -> None:
    talk = Talk()
    talk.becomes("OB LB")
    talk.machine.lost(talk.now)
    talk.machine.opened(talk.now)

    assert talk.becomes("OB LB") == []
    assert talk.becomes("OL") == [PowerBack()]
