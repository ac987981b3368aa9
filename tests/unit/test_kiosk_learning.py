"""Learning without watching: a visit counts a query once; batches leave while nobody is here, and hold numbers."""

from datetime import UTC, datetime
from itertools import count

from content.search.tally import TIMES, Searched
from devices.ipc.messages import Counted
from kiosk.flows.learning import BETWEEN_S, LEAST_S, Learning
from tests.support.fake_kiosk import FakeAgent

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
KNOWN = Searched("低保", 4, is_known=True, shown=("A", "B"))
MISSED = Searched("骆驼驯养奖励", 0)


class Kiosk:
    """A learning kiosk and its clock."""

    def __init__(self) -> None:
        self.agent, keys = FakeAgent(), count()
        self.learning = Learning(self.agent, new_key=lambda: f"key-{next(keys)}")
        self.now = 100.0

    def look(self, searched: Searched, *, for_s: float = LEAST_S) -> None:
        self.learning.look(searched)
        self.pass_s(for_s)

    def pass_s(self, seconds: float) -> None:
        self.now += seconds
        self.learning.pass_time(self.now)

    def end(self) -> None:
        self.learning.end_visit()

    def sent(self, *, at: datetime = AT) -> list[Counted]:
        self.pass_s(BETWEEN_S + 1)
        self.learning.send(at)
        return [one for one in self.agent.sent if isinstance(one, Counted)]


def opened() -> Kiosk:
    kiosk = Kiosk()
    kiosk.pass_s(0)
    kiosk.learning.send(AT)
    return kiosk


def test_a_query_is_counted_once_a_visit() -> None:
    kiosk = opened()
    for _ in range(3):
        kiosk.look(KNOWN)
        kiosk.look(MISSED)
    kiosk.end()

    (batch,) = kiosk.sent()

    assert batch.counts == [("低保", 1, 0)]


def test_what_was_opened_is_counted_with_what_was_shown() -> None:
    kiosk = opened()
    kiosk.look(KNOWN, for_s=0)
    kiosk.learning.tap("B")
    kiosk.end()

    (batch,) = kiosk.sent()

    assert sorted(batch.taps) == [("低保", "A", 1, 0), ("低保", "B", 1, 1)]


def test_what_is_still_being_typed_is_not_counted() -> None:
    kiosk = opened()
    for text in ("最", "最低", "最低生活"):
        kiosk.look(Searched(text, 3, is_known=True), for_s=0.3)
    kiosk.end()

    assert kiosk.sent() == []


def test_a_rare_query_is_in_no_message_and_nowhere_in_memory() -> None:
    kiosk = opened()
    for _ in range(TIMES - 1):
        kiosk.look(MISSED)
        kiosk.end()

    sent = kiosk.sent()

    assert sent == []
    assert "骆驼" not in repr(vars(kiosk.learning)) + repr(vars(kiosk.learning._tally))


def test_visits_of_one_day_add_up_to_the_threshold_across_batches() -> None:
    kiosk = opened()
    for _ in range(TIMES):
        kiosk.look(MISSED)
        kiosk.end()
        kiosk.sent()

    batches = kiosk.sent()

    assert [one.counts for one in batches] == [[("骆驼驯养奖励", TIMES, TIMES)]]


def test_a_new_day_begins_to_count_anew() -> None:
    kiosk = opened()
    for day in range(TIMES):
        kiosk.look(MISSED)
        kiosk.end()
        kiosk.sent(at=AT.replace(day=22 + day))

    assert kiosk.sent(at=AT.replace(day=25)) == []


def test_counts_wait_while_the_agent_is_away() -> None:
    kiosk = opened()
    kiosk.look(KNOWN)
    kiosk.end()
    kiosk.agent.connected = False
    assert kiosk.sent() == []

    kiosk.agent.connected = True

    assert len(kiosk.sent()) == 1
