"""Nobody publishes alone, nothing is published that was not signed, and nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from content.canonical import sha256_hex
from content.disclosure.classes import DisclosureClass
from content.disclosure.record import DisclosureRecord
from content.feed.body import body_bytes
from content.feed.entry import line_from_bytes, line_to_bytes, pack
from content.feed.policy import check_policy
from content.feed.statement import Action, Statement
from content.feed.verify import Reason, Refused, check_entry, check_head, check_line
from controller import keys
from controller.auth.permissions import Forbidden
from controller.auth.roles import Role
from controller.services.document_states import WrongState
from controller.services.documents import NotReady, Stale
from controller.services.events import Published
from controller.services.feed_log import NoPolicy, NotPublic
from controller.services.published import Withdrawn
from controller.services.publishing import StaleApproval, Standing, UnknownKey
from controller.services.signing_progress import Progress
from controller.store.documents import DocumentState, Proposal
from controller.store.log import log_lines
from tests.support.signers import Signer, item
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


async def test_a_new_version_supersedes_and_names_itself(zone: Zone) -> None:
    publishing, documents = zone.app[keys.PUBLISHING], zone.app[keys.DOCUMENTS]
    drafter = zone.people["drafter"]
    first = await zone.published()
    changed = await documents.correct(
        drafter,
        first.id,
        seen=first.revision,
        fields=replace(first.fields, title="第二版"),
        blocks=first.blocks,
    )
    await documents.submit(drafter, first.id, seen=changed.revision)
    await zone.sign("approver", first.id)

    old, new = await publishing.record(first.id, version=1), await publishing.record(first.id)

    assert (old.standing, old.newest_version) == (Standing.SUPERSEDED, 2)
    assert (new.record.title, new.version) == ("第二版", 2)
    assert [one.version for one in await publishing.newest()] == [2]


async def test_a_withdrawn_document_is_shown_in_no_version(zone: Zone) -> None:
    publishing = zone.app[keys.PUBLISHING]
    document = await zone.published()

    outcome = await zone.sign("approver", document.id, action=Action.DELETE)

    assert (outcome.published, outcome.sequence) == (True, 2)
    for version in (0, 1):
        with pytest.raises(Withdrawn):
            await publishing.record(document.id, version=version)
    assert await publishing.newest() == ()
    kept = await publishing.record(document.id, even_withdrawn=True)
    assert kept.standing is Standing.WITHDRAWN


async def test_what_was_withdrawn_can_be_published_again_as_a_newer_version(zone: Zone) -> None:
    documents, drafter = zone.app[keys.DOCUMENTS], zone.people["drafter"]
    document = await zone.published()
    await zone.sign("approver", document.id, action=Action.DELETE)
    held = await documents.get(drafter, document.id)
    changed = await documents.correct(
        drafter, document.id, seen=held.revision, fields=held.fields, blocks=held.blocks
    )
    await documents.submit(drafter, document.id, seen=changed.revision)

    await zone.sign("approver", document.id)

    assert (await zone.app[keys.PUBLISHING].record(document.id)).version == 3


async def test_only_proactive_documents_can_be_submitted(zone: Zone) -> None:
    documents, drafter = zone.app[keys.DOCUMENTS], zone.people["drafter"]
    drafted = await zone.draft()
    proposed = await documents.propose(
        drafter,
        drafted.id,
        Proposal(DisclosureClass.ON_REQUEST, reason="涉及未公开事项", mark_confirmed=True),
        seen=drafted.revision,
    )

    with pytest.raises(NotReady, match="主动公开"):
        await documents.submit(drafter, drafted.id, seen=proposed.revision)


async def test_a_class_other_than_proactive_needs_its_ground(zone: Zone) -> None:
    drafted = await zone.draft()

    with pytest.raises(NotReady, match="法定理由"):
        await zone.app[keys.DOCUMENTS].propose(
            zone.people["drafter"],
            drafted.id,
            Proposal(DisclosureClass.WITHHELD, reason="秘密"),
            seen=drafted.revision,
        )


async def test_a_printed_mark_that_says_otherwise_must_be_confirmed(zone: Zone) -> None:
    documents, drafter = zone.app[keys.DOCUMENTS], zone.people["drafter"]
    drafted = await zone.draft(text=("关于内部事项的通知", "正文一段。", "（此件不予公开）"))
    proposal = Proposal(DisclosureClass.PROACTIVE)
    proposed = await documents.propose(drafter, drafted.id, proposal, seen=drafted.revision)

    with pytest.raises(NotReady, match="此件不予公开"):
        await documents.submit(drafter, drafted.id, seen=proposed.revision)
    confirmed = await documents.propose(
        drafter, drafted.id, replace(proposal, mark_confirmed=True), seen=proposed.revision
    )
    submitted = await documents.submit(drafter, drafted.id, seen=confirmed.revision)

    assert submitted.state is DocumentState.SUBMITTED


async def test_two_people_correcting_at_once_do_not_overwrite_each_other(zone: Zone) -> None:
    documents, drafter = zone.app[keys.DOCUMENTS], zone.people["drafter"]
    drafted = await zone.draft()
    await documents.correct(
        drafter,
        drafted.id,
        seen=drafted.revision,
        fields=replace(drafted.fields, title="先保存的"),
        blocks=drafted.blocks,
    )

    with pytest.raises(Stale):
        await documents.correct(
            drafter,
            drafted.id,
            seen=drafted.revision,
            fields=replace(drafted.fields, title="后保存的"),
            blocks=drafted.blocks,
        )

    assert (await documents.get(drafter, drafted.id)).fields.title == "先保存的"


async def test_a_returned_document_carries_the_reason(zone: Zone) -> None:
    documents = zone.app[keys.DOCUMENTS]
    submitted = await zone.submitted()

    returned = await documents.send_back(
        zone.people["approver"], submitted.id, reason="文号有误，请核对。"
    )

    assert returned.state is DocumentState.RETURNED
    history = await documents.history(zone.people["drafter"], submitted.id)
    assert (history[0].act, history[0].note) == ("returned", "文号有误，请核对。")


def _statement(body: bytes, record: str, *, drafter: str = "p-editor") -> Statement:
    return Statement(
        FEED, record, 1, Action.PUT, sha256_hex(body), len(body), drafter, 1_795_000_000
    )


async def test_content_signed_elsewhere_enters_only_if_a_terminal_would_take_it(zone: Zone) -> None:
    publishing = zone.app[keys.PUBLISHING]
    body = body_bytes(item())
    said = _statement(body, "T000000001")
    stranger, approver = Signer("stranger"), zone.signers["approver"]

    with pytest.raises(Refused):
        await publishing.append_signed(said, (stranger.sign(said.signed_bytes()),), body)
    with pytest.raises(Refused):
        await publishing.append_signed(said, (approver.sign(b"something else"),), body)
    by_drafter = _statement(body, "T000000001", drafter=zone.people["approver"].id)
    with pytest.raises(Refused):
        await publishing.append_signed(
            by_drafter, (approver.sign(by_drafter.signed_bytes()),), body
        )
    good = approver.sign(said.signed_bytes())
    assert await publishing.append_signed(said, (good,), body) == 1
    with pytest.raises(Refused):
        await publishing.append_signed(said, (good,), body)
    assert [one.record.title for one in await publishing.newest("item")] == [item().title]


async def test_a_document_that_is_not_public_cannot_be_appended(zone: Zone) -> None:
    publishing, approver = zone.app[keys.PUBLISHING], zone.signers["approver"]
    record = (await publishing.record((await zone.published()).id)).record
    assert isinstance(record, DisclosureRecord)
    hidden = replace(record, id="H000000001", disclosure_class=DisclosureClass.WITHHELD)
    body = body_bytes(hidden)
    said = _statement(body, hidden.id)

    with pytest.raises(NotPublic):
        await publishing.append_signed(said, (approver.sign(said.signed_bytes()),), body)


async def test_a_batch_is_appended_whole_or_not_at_all(zone: Zone) -> None:
    publishing, approver = zone.app[keys.PUBLISHING], zone.signers["approver"]
    bodies = {one.id: body_bytes(one) for one in (item("T000000001"), item("T000000002"))}
    batch = []
    for record, body in bodies.items():
        said = _statement(body, record)
        batch.append((said, (approver.sign(said.signed_bytes()),), body))
    damaged = (*batch[1][:2], b"{}")

    with pytest.raises(Refused):
        await publishing.append_many([batch[0], damaged])
    assert await publishing.log_page(FEED, 1) == ()

    assert await publishing.append_many(batch) == (1, 2)


async def test_what_was_changed_on_disk_is_not_shown(zone: Zone) -> None:
    publishing, database = zone.app[keys.PUBLISHING], zone.app[keys.DATABASE]
    document = await zone.published()
    (data,) = await publishing.log_page(FEED, 1)
    line = line_from_bytes(data)
    changed = line.entry.body().replace("供热企业".encode(), "某某企业".encode())
    entry = replace(line.entry, packed=pack(changed)[1])
    async with database.write() as c:
        await c.execute(update(log_lines).values(line=line_to_bytes(replace(line, entry=entry))))

    with pytest.raises(Refused) as caught:
        await publishing.record(document.id)

    assert caught.value.reason is Reason.BODY_CHANGED


async def test_listeners_hear_of_a_publication_after_it_is_kept(zone: Zone) -> None:
    submitted = await zone.submitted()
    async with zone.app[keys.EVENTS].subscribe() as events:
        await zone.sign("approver", submitted.id)

        event = await anext(events)

    assert event == Published(FEED, 1, submitted.id, 1)


async def test_a_retired_key_signs_no_more_but_what_it_signed_stays(zone: Zone) -> None:
    people, publishing = zone.app[keys.PEOPLE], zone.app[keys.PUBLISHING]
    document = await zone.published()
    key = zone.signers["approver"].key_id
    await people.withdraw_key(zone.people["approver"], key, compromised=False)
    assert await zone.app[keys.POLICIES].proposed() is None
    submitted = await zone.submitted()

    with pytest.raises(UnknownKey):
        await zone.sign("approver", submitted.id)

    assert (await publishing.record(document.id)).approvers == ("职员approver",)


async def test_a_compromised_key_takes_what_it_alone_signed_with_it(zone: Zone) -> None:
    people, publishing = zone.app[keys.PEOPLE], zone.app[keys.PUBLISHING]
    document = await zone.published()
    key = zone.signers["approver"].key_id
    await people.withdraw_key(zone.people["admin"], key, compromised=True)
    await zone.sign_policy()

    with pytest.raises(Refused):
        await publishing.record(document.id)


async def test_a_page_of_the_log_ends_at_its_limits_and_goes_on_from_there(zone: Zone) -> None:
    publishing = zone.app[keys.PUBLISHING]
    for _ in range(3):
        await zone.published()

    assert len(await publishing.log_page(FEED, 1, limit=2)) == 2
    assert len(await publishing.log_page(FEED, 1, limit_bytes=1)) == 1
    assert len(await publishing.log_page(FEED, 3)) == 1
    assert await publishing.log_page(FEED, 4) == ()
    lines = [line_from_bytes(one) for one in await publishing.log_page(FEED, 1)]
    signed = await zone.app[keys.POLICIES].current()
    assert signed is not None
    after = None
    for line in lines:
        check_line(line, policy=signed.policy, after=after)
        check_entry(line.entry, policy=signed.policy)
        after = (line.link.sequence, line.link.hash)


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
