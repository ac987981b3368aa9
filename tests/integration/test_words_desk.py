"""The curated words from the editor's form to the terminal: undo, preview, four eyes, and never without a signature."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from content.canonical import sha256_hex
from content.feed.body import Record, body_bytes
from content.feed.entry import line_from_bytes
from content.feed.statement import Action, Statement
from content.replica.curated_reader import CuratedReader
from content.replica.writer import ReplicaWriter
from content.search.request import Why
from content.search.tally import Count, SearchLog, Tap
from controller import keys
from controller.auth.permissions import Forbidden
from tests.support.signers import document, item
from tests.support.zone import REGION, Zone, open_zone
from tests.unit.test_pages_desk import enter

ITEM = item("T000000001", "最低生活保障审核确认", aliases=())
BIRTH = item("T000000002", "生育登记服务", aliases=())
NOTICE = document()


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path / "zone") as opened:
        await opened.staff()
        for record in (ITEM, BIRTH, NOTICE):
            await publish(opened, record)
        yield opened


async def publish(zone: Zone, record: Record) -> None:
    body = body_bytes(record)
    now = int(zone.app[keys.CLOCK].now().timestamp())
    drafter = zone.people["drafter"].id
    feed = zone.app[keys.CONFIG].main_feed
    said = Statement(feed, record.id, 1, Action.PUT, sha256_hex(body), len(body), drafter, now)
    approval = zone.signers["approver"].sign(said.signed_bytes())
    await zone.app[keys.PUBLISHING].append_signed(said, (approval,), body)


async def sign(zone: Zone, login: str = "approver") -> bool:
    curation, person = zone.app[keys.CURATION], zone.people[login]
    offer = await curation.statement_for(person, REGION)
    approval = zone.signers[login].sign(offer.statement.signed_bytes())
    return (await curation.approve(person, REGION, approval)).published


async def terminal(zone: Zone, path: Path) -> CuratedReader:
    """Return what a terminal of this zone holds, taken from the signed log alone."""
    root = await zone.app[keys.POLICIES].root()
    writer = ReplicaWriter(path, root)
    policy = await zone.app[keys.POLICIES].signed_policy()
    assert policy
    writer.accept_policy(policy)
    feed = zone.app[keys.CONFIG].main_feed
    lines = [line_from_bytes(line) for line in await zone.app[keys.FEED_LOG].page(feed, 1)]
    writer.apply(feed, lines, now=1_795_000_000)
    writer.close()
    return CuratedReader(path, root, region=f"{REGION}001002")


async def post(zone: Zone, login: str, path: str, **form: str) -> tuple[int, str]:
    token = await enter(zone, login)
    page = await (await zone.client.get("/desk/words?tab=history")).text()
    seen = re.search(r'name="seen" value="(\d+)"', page)
    data = {"csrf": token, "seen": seen[1] if seen else "0", "tab": "alias", **form}
    answer = await zone.client.post(f"/desk/words/{path}", data=data)
    return answer.status, await answer.text()


async def alias(zone: Zone, name: str, record: Record = BIRTH) -> tuple[int, str]:
    return await post(zone, "editor", "add/alias", text=name, record=record.id, title=record.title)


async def test_a_zone_begins_with_names_that_hold_everywhere(zone: Zone) -> None:
    status, html = await post(zone, "editor", "begin")

    assert status == 200
    assert "已放入常用俗称" in html
    assert "准生证" in html


async def test_a_name_given_at_the_desk_leads_a_citizen_there_once_another_has_signed(
    zone: Zone, tmp_path: Path
) -> None:
    await alias(zone, "娃娃本")
    before = (await terminal(zone, tmp_path / "before.db")).search("娃娃本")
    assert await sign(zone)

    after = (await terminal(zone, tmp_path / "after.db")).search("娃娃本")

    assert before.hits == ()
    assert [(hit.found.record.id, hit.why) for hit in after.hits] == [(BIRTH.id, Why.ALIAS)]


async def test_who_changed_the_words_cannot_sign_them(zone: Zone) -> None:
    people = zone.app[keys.PEOPLE]
    approver = zone.people["approver"]
    roles = approver.roles | zone.people["editor"].roles
    await people.set_standing(zone.people["admin"], approver.id, roles=roles, active=True)
    await post(zone, "approver", "add/hot", text="低保")

    with pytest.raises(Forbidden):
        await zone.app[keys.CURATION].statement_for(approver, REGION)

    assert await sign(zone, "second")


async def test_a_change_voids_the_signature_given_before_it(zone: Zone) -> None:
    await alias(zone, "娃娃本")
    curation, person = zone.app[keys.CURATION], zone.people["approver"]
    offer = await curation.statement_for(person, REGION)
    await alias(zone, "别的叫法")

    fresh = await curation.statement_for(person, REGION)

    assert fresh.statement.digest != offer.statement.digest


async def test_the_preview_shows_what_a_citizen_would_see_before_anybody_signs(zone: Zone) -> None:
    await alias(zone, "娃娃本")

    html = await (await zone.client.get("/desk/words?try=娃娃本")).text()

    assert "生育登记服务" in html.split('class="seen"')[1]
    assert "俗称" in html


async def test_a_preview_without_a_hit_offers_to_give_a_name(zone: Zone) -> None:
    await enter(zone, "editor")

    html = await (await zone.client.get("/desk/words?try=骆驼本")).text()

    assert "没有结果" in html
    assert "添加俗称" in html


async def test_undo_takes_changes_back_one_after_the_other(zone: Zone) -> None:
    await alias(zone, "娃娃本")
    await alias(zone, "宝宝证")
    curation, editor = zone.app[keys.CURATION], zone.people["editor"]

    names = []
    for _ in range(2):
        state = await curation.state(editor, REGION)
        await curation.undo(editor, REGION, seen=state.draft.revision)
        words = (await curation.state(editor, REGION)).draft.words
        names.append([one.names for one in words.aliases])

    assert names == [[("娃娃本",)], []]


async def test_two_editors_do_not_overwrite_each_other(zone: Zone) -> None:
    await alias(zone, "娃娃本")
    token = await enter(zone, "editor")
    form = {"csrf": token, "seen": "0", "text": "热词", "tab": "hot"}

    answer = await zone.client.post("/desk/words/add/hot", data=form)

    assert answer.status == 422
    assert "刚刚有新的修改" in await answer.text()


@pytest.mark.parametrize(
    "bad", ["身份证5112991990", "李某住5栋302室", "13800000000", "", "长" * 31]
)
async def test_what_points_to_a_person_or_is_no_word_is_not_taken(zone: Zone, bad: str) -> None:
    status, _ = await alias(zone, bad)

    assert status == 422


@pytest.mark.parametrize("login", ["officer", "auditor", "admin", "approver"])
async def test_only_editors_and_drafters_change_words(zone: Zone, login: str) -> None:
    status, _ = await post(zone, login, "add/hot", text="低保")

    assert status == 403


async def test_every_change_is_in_the_audit_log(zone: Zone) -> None:
    await alias(zone, "娃娃本")
    await sign(zone)

    rows = await zone.app[keys.AUDIT].list(zone.people["auditor"])

    acts = [row.act for row in rows]
    assert {"alias_added", "words_signed", "words_published"} <= set(acts)


async def test_a_query_without_a_hit_waits_until_it_has_a_name(zone: Zone) -> None:
    log = SearchLog(20261122, (Count("娃娃本", 5, 5), Count("低保", 9, 0)), ())
    async with zone.app[keys.DATABASE].write() as c:
        await zone.app[keys.SEARCHES].take(c, log)
    await enter(zone, "editor")
    before = await (await zone.client.get("/desk/words")).text()
    await post(
        zone,
        "editor",
        "add/alias",
        text="娃娃本",
        missed="娃娃本",
        record=BIRTH.id,
        title=BIRTH.title,
    )

    after = await (await zone.client.get("/desk/words")).text()

    assert "娃娃本" in before
    assert "没有待处理的查询" in after


async def test_counts_of_days_add_up_and_personal_words_never_enter(zone: Zone) -> None:
    searches = zone.app[keys.SEARCHES]
    for _ in range(2):
        log = SearchLog(
            20261122,
            (Count("低保", 2, 0), Count("13800000000", 9, 9)),
            (Tap("低保", ITEM.id, 2, 1), Tap("低保", "not-a-record-id", 2, 1)),
        )
        async with zone.app[keys.DATABASE].write() as c:
            await searches.take(c, log)

    looked = await searches.looked_for(zone.people["editor"])

    assert [(one.query, one.asked) for one in looked.asked] == [("低保", 4)]
    assert [(one.record, one.shown, one.tapped) for one in looked.opened] == [(ITEM.id, 4, 2)]


@pytest.mark.parametrize("login", ["editor", "drafter", "officer", "auditor", "admin"])
async def test_only_an_approver_opens_what_is_to_be_signed(zone: Zone, login: str) -> None:
    await alias(zone, "娃娃本")
    await enter(zone, login)

    paths = ("approve", "statement", "body")
    statuses = [(await zone.client.get(f"/desk/words/{path}")).status for path in paths]

    assert statuses == [403, 403, 403]


async def test_a_region_outside_the_zone_has_no_words_here(zone: Zone) -> None:
    await enter(zone, "editor")

    for region, status in (("510000", 404), ("x", 400), (f"{REGION}101", 200)):
        answer = await zone.client.get(f"/desk/words?region={region}")
        assert (region, answer.status) == (region, status)


async def test_an_approver_finds_waiting_words_on_the_first_page(zone: Zone) -> None:
    await alias(zone, "娃娃本")
    await enter(zone, "approver")
    before = await (await zone.client.get("/desk")).text()
    await sign(zone)

    after = await (await zone.client.get("/desk")).text()

    assert "检索词等您签发" in before
    assert "检索词等您签发" not in after


async def test_what_citizens_open_most_decides_between_equals_once_it_is_signed(
    zone: Zone, tmp_path: Path
) -> None:
    searches, database = zone.app[keys.SEARCHES], zone.app[keys.DATABASE]
    async with database.write() as c:
        taps = (
            Tap("登记", BIRTH.id, 6, 6),
            Tap("低保", ITEM.id, 9, 2),
            Tap("旧", "T999999999", 9, 9),
        )
        await searches.take(c, SearchLog(20261121, (), taps))

    status, html = await post(zone, "editor", "popular")
    before = await terminal(zone, tmp_path / "before.db")
    await sign(zone)
    after = await terminal(zone, tmp_path / "after.db")

    assert status == 200
    assert "已修改" in html
    assert before.curation().popularity == {}
    assert after.curation().popularity == {BIRTH.id: 1.0}
    before.close()
    after.close()
