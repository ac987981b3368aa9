"""Nobody publishes alone: who may sign, what a signature stands for, and how many are needed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from content.disclosure.classes import DisclosureClass
from content.disclosure.record import DisclosureRecord
from content.feed.entry import line_from_bytes
from content.feed.policy import check_policy
from content.feed.verify import check_head, check_line
from controller import keys
from controller.auth.permissions import Forbidden
from controller.auth.roles import Role
from controller.services.document_states import WrongState
from controller.services.feed_log import NoPolicy
from controller.services.publishing import StaleApproval, Standing, UnknownKey
from controller.services.signing_progress import Progress
from controller.store.documents import Proposal
from tests.support.signers import Signer
from tests.support.zone import TestClock, Zone, open_zone

FEED = "gov/519900"


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path) as opened:
        await opened.staff()
        yield opened


async def test_a_terminal_accepts_what_another_person_has_signed(zone: Zone) -> None:
    publishing, policies = zone.app[keys.PUBLISHING], zone.app[keys.POLICIES]
    submitted = await zone.submitted()

    outcome = await zone.sign("approver", submitted.id)

    assert (outcome.published, outcome.sequence) == (True, 1)
    signed = await policies.current()
    assert signed is not None
    policy = check_policy(signed, root=await policies.root(), held=0)
    (data,) = await publishing.log_page(FEED, 1)
    check_line(line_from_bytes(data), policy=policy, after=None)
    head = await publishing.head(FEED)
    assert head is not None
    check_head(head, policy=policy)
    found = await publishing.record(submitted.id)
    assert isinstance(found.record, DisclosureRecord)
    assert found.record.title == submitted.fields.title
    assert (found.approvers, found.standing) == (("职员approver",), Standing.IN_FORCE)


async def test_the_drafter_cannot_approve_even_with_the_approvers_role(tmp_path: Path) -> None:
    async with open_zone(tmp_path) as zone:
        await zone.add("both", Role.DRAFTER, Role.APPROVER)
        await zone.sign_policy()
        submitted = await zone.submitted("both")

        with pytest.raises(Forbidden, match="另一位审批人"):
            await zone.sign("both", submitted.id)

        assert await zone.app[keys.PUBLISHING].log_page(FEED, 1) == ()


async def test_who_corrected_the_text_cannot_approve_it(zone: Zone) -> None:
    documents = zone.app[keys.DOCUMENTS]
    both = await zone.add("both", Role.DRAFTER, Role.APPROVER)
    await zone.sign_policy()
    drafted = await zone.draft()
    fields = replace(drafted.fields, title="改过的标题")
    corrected = await documents.correct(
        both, drafted.id, seen=drafted.revision, fields=fields, blocks=drafted.blocks
    )
    proposed = await documents.propose(
        zone.people["drafter"],
        drafted.id,
        Proposal(DisclosureClass.PROACTIVE),
        seen=corrected.revision,
    )
    await documents.submit(zone.people["drafter"], drafted.id, seen=proposed.revision)

    with pytest.raises(Forbidden):
        await zone.sign("both", drafted.id)


async def test_a_signature_over_what_has_changed_since_is_refused(zone: Zone) -> None:
    publishing, documents = zone.app[keys.PUBLISHING], zone.app[keys.DOCUMENTS]
    drafter, approver = zone.people["drafter"], zone.people["approver"]
    submitted = await zone.submitted()
    offer = await publishing.statement_for(approver, submitted.id)
    approval = zone.signers["approver"].sign(offer.statement.signed_bytes())
    changed = await documents.correct(
        drafter,
        submitted.id,
        seen=submitted.revision,
        fields=replace(submitted.fields, title="悄悄换掉的标题"),
        blocks=submitted.blocks,
    )
    await documents.submit(drafter, submitted.id, seen=changed.revision)

    with pytest.raises(StaleApproval):
        await publishing.approve(approver, submitted.id, approval)

    assert await publishing.log_page(FEED, 1) == ()


async def test_a_change_after_submission_needs_a_new_submission(zone: Zone) -> None:
    documents, drafter = zone.app[keys.DOCUMENTS], zone.people["drafter"]
    submitted = await zone.submitted()
    await documents.correct(
        drafter,
        submitted.id,
        seen=submitted.revision,
        fields=submitted.fields,
        blocks=submitted.blocks,
    )

    with pytest.raises(WrongState):
        await zone.sign("approver", submitted.id)


async def test_a_key_that_nobody_registered_is_refused(zone: Zone) -> None:
    publishing, approver = zone.app[keys.PUBLISHING], zone.people["approver"]
    submitted = await zone.submitted()
    offer = await publishing.statement_for(approver, submitted.id)
    stranger = Signer(approver.id)

    with pytest.raises(UnknownKey):
        await publishing.approve(
            approver, submitted.id, stranger.sign(offer.statement.signed_bytes())
        )


async def test_somebody_elses_key_is_refused(zone: Zone) -> None:
    publishing, approver = zone.app[keys.PUBLISHING], zone.people["approver"]
    submitted = await zone.submitted()
    offer = await publishing.statement_for(approver, submitted.id)

    with pytest.raises(UnknownKey):
        await publishing.approve(
            approver, submitted.id, zone.signers["second"].sign(offer.statement.signed_bytes())
        )


async def test_a_key_that_the_root_has_not_signed_is_refused(zone: Zone) -> None:
    submitted = await zone.submitted()
    await zone.add("newcomer", Role.APPROVER)

    with pytest.raises(UnknownKey, match="签名策略"):
        await zone.sign("newcomer", submitted.id)


async def test_nothing_is_published_before_the_root_has_signed_a_policy(tmp_path: Path) -> None:
    async with open_zone(tmp_path) as zone:
        await zone.add("drafter", Role.DRAFTER)
        await zone.add("approver", Role.APPROVER)
        submitted = await zone.submitted()

        with pytest.raises(NoPolicy):
            await zone.sign("approver", submitted.id)


async def test_two_approvals_at_once_make_exactly_one_line(zone: Zone) -> None:
    publishing = zone.app[keys.PUBLISHING]
    submitted = await zone.submitted()

    outcomes = await asyncio.gather(
        *(zone.sign(login, submitted.id) for login in ("approver", "second") * 3),
        return_exceptions=True,
    )

    published = [one for one in outcomes if not isinstance(one, BaseException)]
    assert len(published) == 1
    assert {type(one) for one in outcomes} - {type(published[0])} <= {WrongState}
    assert len(await publishing.log_page(FEED, 1)) == 1


async def test_with_threshold_two_the_second_signature_publishes(tmp_path: Path) -> None:
    async with open_zone(tmp_path, threshold=2) as zone:
        await zone.staff()
        submitted = await zone.submitted()

        first = await zone.sign("approver", submitted.id)
        again = await zone.sign("approver", submitted.id)
        second = await zone.sign("second", submitted.id)

        assert (first.published, first.still_needed) == (False, 1)
        assert (again.published, again.still_needed) == (False, 1)
        assert (second.published, second.sequence) == (True, 1)


async def test_a_signature_of_yesterday_still_counts_for_the_second_signer(tmp_path: Path) -> None:
    clock = TestClock()
    async with open_zone(tmp_path, clock=clock, threshold=2) as zone:
        await zone.staff()
        submitted = await zone.submitted()
        await zone.sign("approver", submitted.id)
        clock.forward(days=1)

        assert (await zone.sign("second", submitted.id)).published


async def test_the_desk_says_how_many_of_how_many_have_signed(tmp_path: Path) -> None:
    async with open_zone(tmp_path / "two", threshold=2) as zone:
        await zone.staff()
        submitted = await zone.submitted()
        await zone.sign("approver", submitted.id)
        await zone.add_key("approver")
        await zone.sign_policy()
        again = await zone.sign("approver", submitted.id)

        progress = await zone.app[keys.PROGRESS].of(submitted.id)

        assert (again.published, again.still_needed) == (False, 1)
        assert progress == Progress(("职员approver",), 2)
        assert (await zone.sign("second", submitted.id)).published
