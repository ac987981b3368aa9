"""What becomes of a document between draft and withdrawal: classes, corrections, versions."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from content.disclosure.classes import DisclosureClass
from content.feed.statement import Action
from controller import keys
from controller.services.documents import NotReady, Stale
from controller.services.published import Withdrawn
from controller.services.publishing import Standing
from controller.store.documents import DocumentState, Proposal
from tests.support.zone import Zone, open_zone

FEED = "gov/519900"


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path) as opened:
        await opened.staff()
        yield opened


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
