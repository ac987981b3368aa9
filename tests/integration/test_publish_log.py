"""The published log: what is appended from elsewhere, what keys leave behind, what readers get."""

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
from content.feed.statement import Action, Statement
from content.feed.verify import Reason, Refused, check_entry, check_line
from controller import keys
from controller.services.events import Published
from controller.services.feed_log import NotPublic
from controller.services.publishing import UnknownKey
from controller.store.log import log_lines
from tests.support.signers import Signer, item
from tests.support.zone import Zone, open_zone

FEED = "gov/519900"


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path) as opened:
        await opened.staff()
        yield opened


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
