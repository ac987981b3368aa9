"""Waves go on only when they may, halt when nobody follows, and lead back by themselves when too much goes wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.errors import CallerError
from controller.services.rollout_rules import (
    AT_ONCE,
    LOST_S,
    Decision,
    Seen,
    count,
    decide,
)
from controller.services.rollout_waves import by_region, by_share
from controller.store.rollouts import Gate, Member, Phase, Standing, Step
from controller.store.terminals import Terminal

GATE = Gate(success_percent=90, error_percent=10, soak_s=600, patience_s=3600)
T0 = 1_000_000


def names(count: int, prefix: str = "t") -> list[str]:
    return [f"{prefix}-{n}" for n in range(count)]


class Play:
    """A rollout whose terminals do what the test says; `step` does what the service does with a decision."""

    def __init__(self, *waves: Sequence[str], gate: Gate = GATE) -> None:
        self.gate = gate
        self.members = tuple(Member(one, n) for n, wave in enumerate(waves) for one in wave)
        self.standing = Standing(wave_since=T0)
        self.now = T0
        self.seen = {one.device: Seen() for one in self.members}
        self.versions = dict.fromkeys(self.seen, 0)
        self.told: list[str] = []
        self.undone: list[str] = []
        self.is_ready = True

    def step(self, seconds: int = 0) -> Decision:
        self.now += seconds
        decision = decide(
            self.standing,
            self.members,
            gate=self.gate,
            seen=self.seen,
            is_ready=self.is_ready,
            now=self.now,
        )
        self.standing = decision.standing
        self.members = tuple(self._ordered(one, decision) for one in decision.members)
        self.told += decision.tell
        self.undone += decision.undo
        return decision

    def _ordered(self, one: Member, decision: Decision) -> Member:
        if one.device in decision.tell:
            self.versions[one.device] += 1
            version = self.versions[one.device]
            return replace(one, step=Step.TOLD, told_at=self.now, version=version)
        if one.device in decision.undo:
            self.versions[one.device] += 1
            return replace(one, step=Step.UNDOING, version=self.versions[one.device])
        return one

    def follow(self, *devices: str) -> None:
        for one in devices:
            self.seen[one] = replace(
                self.seen[one], follows=self.versions[one], is_there=True, away_since=0
            )

    def suffer(self, *devices: str, code: str = "config_broken") -> None:
        for one in devices:
            self.seen[one] = replace(self.seen[one], faults={code: self.now})

    @property
    def phase(self) -> Phase:
        return self.standing.phase


def test_a_wave_is_told_followed_watched_and_then_comes_the_next() -> None:
    play = Play(["a"], ["b", "c"])
    play.step()
    assert play.told == ["a"]
    play.step(60)
    play.follow("a")
    play.step(60)
    play.step(599)
    assert play.told == ["a"]
    play.step(1)
    play.step()
    assert play.told == ["a", "b", "c"]
    play.follow("b", "c")
    play.step(1)
    play.step(600)

    assert play.phase is Phase.DONE
    assert play.undone == []


def test_too_many_errors_lead_everybody_back_and_nobody_else_is_told() -> None:
    wave = names(10)
    play = Play(wave, names(90, "later"))
    play.step()
    play.follow(*wave[:7])
    play.suffer(*wave[8:])

    play.step(60)
    play.step()

    assert [play.phase, play.standing.why] == [Phase.ROLLING_BACK, "errors"]
    assert sorted(play.undone) == wave
    assert play.told == wave
    play.follow(*wave)
    play.step(5)
    play.step(5)
    assert play.phase is Phase.ROLLED_BACK
    assert {one.step for one in play.members} == {Step.UNDONE, Step.WAITING}


def test_as_many_errors_as_are_allowed_stop_nothing() -> None:
    wave = names(10)
    play = Play(wave)
    play.step()
    play.follow(*wave[:9])
    play.suffer(wave[9])
    play.step(1)
    play.step(600)

    assert play.phase is Phase.DONE


def test_an_error_in_an_earlier_wave_still_counts() -> None:
    play = Play(["a"], names(10))
    play.step()
    play.follow("a")
    play.step(1)
    play.step(600)
    play.step()
    assert play.standing.wave == 1

    play.suffer("a")
    play.step(10)

    assert play.phase is Phase.ROLLING_BACK


def test_a_fault_from_before_is_not_held_against_the_rollout() -> None:
    play = Play(["a"])
    play.seen["a"] = Seen(faults={"printer:head": T0 - 100})
    play.step()
    play.follow("a")
    play.step(1)
    play.step(600)

    assert play.phase is Phase.DONE


def test_a_fault_that_comes_and_goes_remains_a_failure() -> None:
    play = Play(["a"])
    play.step()
    play.suffer("a")
    play.step(1)
    play.seen["a"] = Seen(follows=1, is_there=True)
    play.step(1)

    assert play.phase is Phase.ROLLING_BACK
    assert play.members[0].why == "config_broken"


def test_a_wave_that_is_not_followed_halts_and_asks_a_person() -> None:
    wave = names(10)
    play = Play(wave, ["later"])
    play.step()
    play.follow(*wave[:8])
    play.step(3600)
    assert play.phase is Phase.RUNNING
    play.step(1)

    assert (play.phase, play.standing.why) == (Phase.HALTED, "late")
    play.step(10_000)
    assert play.told == wave
    assert play.undone == []


def test_a_terminal_that_was_switched_off_before_is_waited_for_and_no_error() -> None:
    play = Play(["a", "b"], gate=replace(GATE, success_percent=100))
    play.seen["b"] = Seen(away_since=T0 - 9999)
    play.step()
    play.follow("a")
    play.step(3000)

    assert play.phase is Phase.RUNNING
    assert count(play.members, 0).failed == 0


def test_a_terminal_that_followed_and_then_stays_away_is_an_error() -> None:
    play = Play(["a"])
    play.step()
    play.follow("a")
    play.step(10)
    play.seen["a"] = replace(play.seen["a"], away_since=play.now)
    play.step(LOST_S)
    assert [play.phase] == [Phase.RUNNING]
    play.step(1)

    assert play.phase is Phase.ROLLING_BACK
    assert play.members[0].why == "lost"


def test_a_wish_that_ended_unheard_is_an_error() -> None:
    play = Play(["a"])
    play.step()
    play.seen["a"] = Seen(ended=1)
    play.step(1)

    assert (play.phase, play.members[0].why) == (Phase.ROLLING_BACK, "nobody")


def test_a_terminal_that_was_revoked_counts_for_nothing() -> None:
    play = Play(["a", "b"])
    play.step()
    del play.seen["b"]
    play.follow("a")
    play.step(1)
    play.step(600)

    assert play.phase is Phase.DONE


def test_content_that_nobody_signed_yet_is_waited_for_without_end() -> None:
    play = Play(["a"], ["b"])
    play.is_ready = False
    play.step()
    play.step(100_000)
    assert play.phase is Phase.RUNNING

    play.is_ready = True
    play.follow("a")
    play.step(1)
    play.step(600)
    play.step()

    assert play.told == ["a", "b"]


def test_a_halted_rollout_does_nothing_by_itself() -> None:
    wave = names(3)
    play = Play(wave, ["later"])
    play.step()
    play.standing = replace(play.standing, phase=Phase.HALTED)
    play.suffer(*wave)
    decision = play.step(50_000)

    assert (decision.tell, decision.undo, play.phase) == ((), (), Phase.HALTED)


def test_a_large_wave_is_told_in_pieces() -> None:
    play = Play(names(AT_ONCE + 5))

    play.step()
    assert len(play.told) == AT_ONCE
    play.step()

    assert len(set(play.told)) == AT_ONCE + 5


@given(
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=4),
    fates=st.lists(
        st.tuples(st.integers(0, 47), st.sampled_from(["follow", "suffer", "away"])), max_size=60
    ),
)
def test_whatever_terminals_do_nobody_of_a_later_wave_is_told_before_it_has_come(
    sizes: list[int], fates: list[tuple[int, str]]
) -> None:
    waves = [names(size, f"w{n}") for n, size in enumerate(sizes)]
    play = Play(*waves)
    everybody = [one for wave in waves for one in wave]
    for place, fate in fates:
        play.step(200)
        one = everybody[place % len(everybody)]
        if fate == "follow":
            play.follow(one)
        elif fate == "suffer":
            play.suffer(one)
        else:
            play.seen[one] = replace(play.seen[one], away_since=play.now)
        told = {member.wave for member in play.members if member.step is not Step.WAITING}
        assert all(wave <= play.standing.wave for wave in told)
        if play.phase is Phase.ROLLING_BACK:
            play.step()
            assert not [one for one in play.members if one.step in {Step.TOLD, Step.DONE}]


def terminals(**regions: str) -> list[Terminal]:
    base: Mapping[str, object] = {
        "site": "",
        "attended": True,
        "feeds": (),
        "screens": (),
        "certificate": "",
        "fingerprint": "",
        "serial": "",
        "enrolled_at": 0,
    }
    return [
        Terminal(id=one, region=region, **base)  # type: ignore[arg-type]
        for one, region in regions.items()
    ]


def test_shares_begin_with_the_named_ones_and_take_everybody_once() -> None:
    zone = terminals(**{f"t{n}": "519900" for n in range(50)})

    members = by_share(zone, first={"t7"}, percents=(10, 50, 100))

    sizes = [sum(one.wave == wave for one in members) for wave in range(4)]
    assert sizes == [1, 5, 20, 24]
    assert len({one.device for one in members}) == 50
    assert members == by_share(zone[::-1], first={"t7"}, percents=(10, 50, 100))


def test_regions_come_in_the_order_given_with_all_below_them() -> None:
    zone = terminals(a="519901", b="519902001", c="519902", d="519903")

    members = by_region(zone, first=(), regions=("519902", "5199"))

    assert [(one.device, one.wave) for one in members] == [("b", 0), ("c", 0), ("a", 1), ("d", 1)]


@pytest.mark.parametrize("percents", [(), (0,), (50, 10), (10, 10), (10, 101)])
def test_percentages_that_make_no_waves_are_refused(percents: tuple[int, ...]) -> None:
    with pytest.raises(CallerError, match="比例"):
        by_share(terminals(a="5199"), first=(), percents=percents)


def test_a_named_terminal_that_is_not_there_is_refused() -> None:
    with pytest.raises(CallerError, match="hall-9"):
        by_share(terminals(a="5199"), first={"hall-9"}, percents=(100,))
