"""The replica moves on with good lines only, over any way; what is bad is reported and what was good stays."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from content.feed.entry import LogLine, SignedHead, head_to_bytes, line_to_bytes
from content.feed.together import together
from devices.agent.heard import heard_of_log
from devices.agent.sync import MOST_QUEUED, HeadHeard, LineHeard, Poll, Welcomed
from devices.wire.messages import Welcome
from tests.support.signers import FEED, Signer, ZoneKeys, document
from tests.support.sync_terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    one = Terminal(tmp_path)
    yield one
    one.disk.close()
    one.replica.close()


async def test_a_new_terminal_takes_policy_and_all_that_was_published(terminal: Terminal) -> None:
    terminal.publish(1, 2, 3)
    terminal.upstream.page_size = 2

    await terminal.sync.step(terminal.welcome())

    assert await terminal.sequence() == 3
    assert terminal.titles() == ["第1号文件", "第2号文件", "第3号文件"]
    assert terminal.codes == []
    assert terminal.moved[-1].applied[FEED].sequence == 3


async def test_the_next_line_is_applied_as_it_comes_without_asking(terminal: Terminal) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    terminal.upstream.asked.clear()
    line = terminal.keys.publish(document("D000000002", title="第2号文件"))

    await terminal.sync.step(LineHeard(FEED, line_to_bytes(line)))

    assert await terminal.sequence() == 2
    assert terminal.upstream.asked == []


async def test_a_gap_is_fetched(terminal: Terminal) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    terminal.publish(2, 3, 4)

    await terminal.sync.step(LineHeard(FEED, line_to_bytes(terminal.keys.lines[-1])))

    assert await terminal.sequence() == 4


async def test_a_line_that_comes_again_changes_nothing(terminal: Terminal) -> None:
    terminal.publish(1, 2)
    await terminal.sync.step(terminal.welcome())
    changes = len(terminal.moved)

    for line in terminal.keys.lines:
        await terminal.sync.step(LineHeard(FEED, line_to_bytes(line)))

    assert len(terminal.moved) == changes
    assert terminal.codes == []


@pytest.mark.parametrize(
    ("signers", "code"),
    [
        (lambda _: (Signer("u-stranger"),), "entry_refused:unknown_key"),
        (lambda keys: (keys.drafter,), "entry_refused:drafter_alone"),
    ],
)
async def test_an_entry_without_the_right_signature_is_not_shown_and_is_reported(
    terminal: Terminal, signers: object, code: str
) -> None:
    assert callable(signers)
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    bad = terminal.keys.entry(
        document("D000000009", title="假文件"), *signers(terminal.keys), drafter="u-drafter"
    )
    terminal.keys.append(bad)
    terminal.publish()

    await terminal.sync.step(HeadHeard(FEED, head_to_bytes(terminal.keys.head())))

    assert terminal.titles() == ["第1号文件"]
    (fault,) = terminal.faults.all()
    assert (fault.code, fault.subject) == (code, "D000000009")
    assert "终端继续显示此前的正确内容" in fault.text


async def test_a_forged_line_on_the_broker_does_not_stop_the_true_one(terminal: Terminal) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    forged = ZoneKeys().link(
        terminal.keys.entry(document("D000000002", title="假文件"), Signer("u-stranger")),
        after=terminal.keys.lines[-1].link,
    )
    terminal.publish(2)

    await terminal.sync.step(LineHeard(FEED, line_to_bytes(forged)))
    reported = terminal.codes
    await terminal.sync.catch_up_behind()

    assert reported == ["entry_refused:unknown_log_key"]
    assert terminal.titles() == ["第1号文件", "第2号文件"]
    assert terminal.codes == []


async def test_good_lines_before_a_bad_one_are_shown(terminal: Terminal) -> None:
    terminal.publish(1, 2, 3)
    terminal.upstream.lines[FEED][2] = b"\x00garbage"

    await terminal.sync.step(terminal.welcome())

    assert terminal.titles() == ["第1号文件", "第2号文件"]
    assert terminal.codes == ["entry_refused:unreadable"]


async def test_the_feed_goes_on_when_the_bad_line_is_mended(terminal: Terminal) -> None:
    terminal.publish(1, 2)
    good = terminal.upstream.lines[FEED][1]
    terminal.upstream.lines[FEED][1] = good[:-9]
    await terminal.sync.step(terminal.welcome())
    terminal.upstream.lines[FEED][1] = good

    await terminal.sync.step(Poll())
    await terminal.sync.step(HeadHeard(FEED, head_to_bytes(terminal.keys.head())))

    assert await terminal.sequence() == 2
    assert terminal.codes == []


async def test_a_head_that_goes_back_is_reported(terminal: Terminal) -> None:
    terminal.publish(1)
    old = terminal.keys.head()
    terminal.publish(2)
    await terminal.sync.step(terminal.welcome())

    await terminal.sync.step(HeadHeard(FEED, head_to_bytes(old)))

    assert terminal.codes == ["head_refused:out_of_order"]
    assert terminal.titles() == ["第1号文件", "第2号文件"]


async def test_a_fork_is_reported(terminal: Terminal) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    head = terminal.keys.head()
    forked = replace(head.head, link="f" * 64, at=head.head.at + 9)
    signature = terminal.keys.log.private.sign(forked.signed_bytes())

    await terminal.sync.step(
        HeadHeard(FEED, head_to_bytes(replace(head, head=forked, signature=signature)))
    )

    assert terminal.codes == ["head_refused:forked"]
    assert terminal.titles() == ["第1号文件"]


async def test_a_head_of_a_feed_that_is_not_ours_is_refused(terminal: Terminal) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())

    await terminal.sync.step(HeadHeard("gov/000000", head_to_bytes(terminal.keys.head())))

    assert terminal.codes == ["head_refused:wrong_feed"]


async def test_a_policy_of_another_root_is_refused_and_the_old_one_decides(
    terminal: Terminal,
) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    stranger = ZoneKeys().policy(version=9).to_bytes()

    await terminal.sync.step(Welcomed(Welcome(base64.b64encode(stranger).decode(), ())))

    assert terminal.codes == ["policy_refused"]
    assert (await terminal.sync.hello()).policy == 1
    assert terminal.titles() == ["第1号文件"]


async def test_without_the_broker_https_brings_policy_and_content(terminal: Terminal) -> None:
    terminal.publish(1)
    terminal.upstream.welcome = terminal.welcome().welcome

    await terminal.sync.step(Poll())

    assert terminal.titles() == ["第1号文件"]


async def test_what_could_not_be_fetched_is_fetched_later_and_reported_meanwhile(
    terminal: Terminal,
) -> None:
    terminal.publish(1)
    terminal.upstream.up = False
    await terminal.sync.step(terminal.welcome())
    assert terminal.codes == ["api_unreachable"]

    terminal.upstream.up = True
    await terminal.sync.catch_up_behind()

    assert terminal.titles() == ["第1号文件"]
    assert terminal.codes == []


async def test_a_flood_of_lines_is_dropped_and_caught_up(terminal: Terminal) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    for _ in range(MOST_QUEUED * 2):
        terminal.sync.hear(LineHeard(FEED, b"?"))
    terminal.publish(2)

    await terminal.sync.catch_up_behind()

    assert await terminal.sequence() == 2


def with_head(terminal: Terminal, line: LogLine, head: SignedHead | None = None) -> bytes:
    """Return a line and a head as one message."""
    said = together(line_to_bytes(line), head or terminal.keys.head(of=(line,)))
    assert said is not None
    return said


async def test_a_line_that_brings_its_head_is_applied_and_is_as_fresh_as_the_head(
    terminal: Terminal,
) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    line = terminal.keys.publish(document("D000000002", title="第2号文件"))
    head = terminal.keys.head(at=1_800_000_000)

    for heard in heard_of_log(FEED, with_head(terminal, line, head)):
        await terminal.sync.step(heard)

    assert await terminal.sequence() == 2
    assert terminal.replica.as_of() == {FEED: 1_800_000_000}
    assert terminal.codes == []
    assert terminal.upstream.asked == [(FEED, 1), (FEED, 2)]


async def test_a_line_that_was_lost_with_its_head_is_made_good_by_the_next(
    terminal: Terminal,
) -> None:
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    terminal.publish(2, 3)

    for heard in heard_of_log(FEED, with_head(terminal, terminal.keys.lines[-1])):
        await terminal.sync.step(heard)

    assert await terminal.sequence() == 3
    assert terminal.codes == []


async def test_an_older_head_that_the_broker_had_kept_is_no_alarm(terminal: Terminal) -> None:
    terminal.publish(1)
    old = terminal.keys.head()
    terminal.publish(2)
    await terminal.sync.step(terminal.welcome())

    await terminal.sync.step(HeadHeard(FEED, head_to_bytes(old), kept=True))

    assert terminal.codes == []
    assert await terminal.sequence() == 2


async def test_a_newer_head_that_promises_less_is_one_whoever_kept_it(terminal: Terminal) -> None:
    terminal.publish(1, 2)
    await terminal.sync.step(terminal.welcome())
    back = terminal.keys.head(of=terminal.keys.lines[:1])

    await terminal.sync.step(HeadHeard(FEED, head_to_bytes(back), kept=True))

    assert terminal.codes == ["head_refused:out_of_order"]


async def test_a_forged_old_head_is_reported_whoever_kept_it(terminal: Terminal) -> None:
    terminal.publish(1)
    old = replace(terminal.keys.head(), signature=bytes(64))
    terminal.publish(2)
    await terminal.sync.step(terminal.welcome())

    await terminal.sync.step(HeadHeard(FEED, head_to_bytes(old), kept=True))

    assert terminal.codes == ["head_refused:bad_log_signature"]


async def test_an_agent_of_before_heals_from_a_form_that_it_cannot_read(terminal: Terminal) -> None:
    """It refuses the whole, says so, and takes the line over HTTPS when it is told again."""
    terminal.publish(1)
    await terminal.sync.step(terminal.welcome())
    terminal.publish(2)

    await terminal.sync.step(LineHeard(FEED, with_head(terminal, terminal.keys.lines[-1])))
    said = terminal.codes
    await terminal.sync.step(terminal.welcome())

    assert said == ["entry_refused:unreadable"]
    assert await terminal.sequence() == 2
    assert terminal.codes == []
