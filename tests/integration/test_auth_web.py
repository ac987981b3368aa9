"""The door as a browser sees it: cookies, sessions that end, forged changes, headers, sentences for errors."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from uuid import UUID

import pytest
from aiohttp import ClientResponse, web
from sqlalchemy.ext.asyncio import AsyncConnection
from yarl import URL

from controller import keys
from controller.auth.sessions import COOKIE
from controller.services.people import token_hash
from controller.store.database import DiskFull
from tests.support.zone import PASSWORD, TestClock, Zone, open_zone

PAGE = {"Accept": "text/html"}


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
async def zone(tmp_path: Path, clock: TestClock) -> AsyncIterator[Zone]:
    async with open_zone(tmp_path, clock=clock) as opened:
        await opened.staff()
        yield opened


async def _sign_in(zone: Zone, login: str = "admin", password: str = PASSWORD) -> ClientResponse:
    form = {"login": login, "password": password}
    return await zone.client.post("/desk/login", data=form, allow_redirects=False)


def _cookie(zone: Zone) -> str:
    return next((one.value for one in zone.client.session.cookie_jar if one.key == COOKIE), "")


async def test_a_session_cookie_is_for_this_site_and_not_for_scripts(zone: Zone) -> None:
    answer = await _sign_in(zone)

    morsel = answer.cookies[COOKIE]
    assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "Lax", "/")
    assert not morsel["secure"]  # plain HTTP on loopback


async def test_behind_https_the_cookie_travels_there_only(tmp_path: Path) -> None:
    async with open_zone(tmp_path, public_url="https://zwgk.example.cn") as zone:
        await zone.set_up()

        answer = await _sign_in(zone)

        assert answer.cookies[COOKIE]["secure"]


async def test_the_database_does_not_hold_the_cookie(zone: Zone) -> None:
    await _sign_in(zone)
    token = _cookie(zone)

    async with zone.app[keys.DATABASE].read() as c:
        kept = (await c.exec_driver_sql("SELECT token_hash FROM sessions")).scalars().all()

    assert kept == [token_hash(token)]
    assert token not in kept


async def test_a_visitor_gets_no_session(zone: Zone) -> None:
    for path in ("/desk/login", "/r", "/healthz"):
        answer = await zone.client.get(path)
        assert answer.status == HTTPStatus.OK
        assert COOKIE not in answer.cookies

    async with zone.app[keys.DATABASE].read() as c:
        assert (await c.exec_driver_sql("SELECT count(*) FROM sessions")).scalar_one() == 0


async def test_signing_in_begins_under_a_new_token(zone: Zone) -> None:
    await _sign_in(zone)
    first = _cookie(zone)
    await zone.client.post(
        "/desk/login",
        data={"login": "drafter", "password": PASSWORD, "csrf": await _csrf(zone)},
    )

    second = _cookie(zone)

    assert first != second
    zone.client.session.cookie_jar.clear()
    again = await zone.client.get(
        "/desk", headers={**PAGE, "Cookie": f"{COOKIE}={first}"}, allow_redirects=False
    )
    assert again.status == HTTPStatus.SEE_OTHER


async def test_an_idle_session_ends_and_the_login_leads_back(zone: Zone, clock: TestClock) -> None:
    await _sign_in(zone)
    clock.forward(minutes=29)
    assert (await zone.client.get("/desk", headers=PAGE)).status == HTTPStatus.OK
    clock.forward(minutes=29)
    assert (await zone.client.get("/desk", headers=PAGE)).status == HTTPStatus.OK
    clock.forward(minutes=31)

    answer = await zone.client.get("/desk/people?x=1&y=县", headers=PAGE, allow_redirects=False)

    assert answer.status == HTTPStatus.SEE_OTHER
    target = URL(answer.headers["Location"])
    assert target.path == "/desk/login"
    assert dict(target.query)["expired"] == "1"
    assert URL(target.query["next"]) == URL("/desk/people?x=1&y=县")


async def test_with_an_ended_session_a_script_is_told_and_the_page_stays(
    zone: Zone, clock: TestClock
) -> None:
    await _sign_in(zone)
    clock.forward(minutes=31)

    answer = await zone.client.post("/desk/people", headers={"HX-Request": "true"}, data={})

    assert answer.status == HTTPStatus.UNAUTHORIZED
    assert answer.headers["HX-Trigger"] == "signed-out"
    assert "重新登录" in (await answer.json())["detail"]


async def test_a_disabled_person_is_out_at_once(zone: Zone) -> None:
    await _sign_in(zone, "drafter")
    drafter = zone.people["drafter"]
    await zone.app[keys.PEOPLE].set_standing(
        zone.people["admin"], drafter.id, roles=drafter.roles, active=False
    )

    answer = await zone.client.get("/desk", headers=PAGE, allow_redirects=False)

    assert answer.status == HTTPStatus.SEE_OTHER


async def test_signing_out_ends_the_session_on_the_server(zone: Zone) -> None:
    await _sign_in(zone)
    token, csrf = _cookie(zone), await _csrf(zone)
    await zone.client.post("/desk/logout", headers={"X-CSRF-Token": csrf}, allow_redirects=False)

    answer = await zone.client.get(
        "/desk", headers={**PAGE, "Cookie": f"{COOKIE}={token}"}, allow_redirects=False
    )

    assert answer.status == HTTPStatus.SEE_OTHER


async def _csrf(zone: Zone) -> str:
    async with zone.app[keys.DATABASE].read() as c:
        return str((await c.exec_driver_sql("SELECT csrf FROM sessions")).scalar_one())


async def test_a_change_without_the_pages_token_is_refused(zone: Zone) -> None:
    await _sign_in(zone)
    csrf = await _csrf(zone)

    for headers, data in (
        ({}, {}),
        ({"X-CSRF-Token": "wrong"}, {}),
        ({}, {"csrf": csrf + "x"}),
        ({"X-CSRF-Token": ""}, {"csrf": ""}),
    ):
        answer = await zone.client.post(
            "/desk/logout", headers=headers, data=data, allow_redirects=False
        )
        assert answer.status == HTTPStatus.FORBIDDEN

    assert (await zone.client.get("/desk", headers=PAGE)).status == HTTPStatus.OK


async def test_the_pages_token_is_taken_from_a_field_too(zone: Zone) -> None:
    await _sign_in(zone)

    answer = await zone.client.post(
        "/desk/logout", data={"csrf": await _csrf(zone)}, allow_redirects=False
    )

    assert answer.status == HTTPStatus.SEE_OTHER


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_even_the_login_cannot_be_posted_from_another_site(
    headers: dict[str, str], zone: Zone
) -> None:
    answer = await zone.client.post(
        "/desk/login", data={"login": "admin", "password": PASSWORD}, headers=headers
    )

    assert answer.status == HTTPStatus.FORBIDDEN
    assert _cookie(zone) == ""


async def test_every_answer_carries_safe_headers_and_its_own_id(zone: Zone) -> None:
    for path in ("/desk/login", "/nowhere", "/desk", "/r", "/desk/static/desk.css"):
        answer = await zone.client.get(
            path, headers={**PAGE, "X-Request-Id": "forged"}, allow_redirects=False
        )
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert UUID(answer.headers["X-Request-Id"]).version == 4


async def test_pages_of_signed_in_people_are_not_cached(zone: Zone) -> None:
    await _sign_in(zone)

    answer = await zone.client.get("/desk", headers=PAGE)

    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_program_gets_a_problem_and_a_browser_a_page(zone: Zone) -> None:
    machine = await zone.client.get("/nowhere", headers={"Accept": "application/json"})
    browser = await zone.client.get("/nowhere", headers=PAGE)

    problem = await machine.json()
    assert machine.content_type == "application/problem+json"
    assert problem["instance"] == f"urn:uuid:{machine.headers['X-Request-Id']}"
    assert (browser.status, browser.content_type) == (HTTPStatus.NOT_FOUND, "text/html")


async def test_an_unforeseen_error_tells_nothing_of_its_inside(
    zone: Zone, caplog: pytest.LogCaptureFixture
) -> None:
    async with zone.app[keys.DATABASE].write() as c:
        await c.exec_driver_sql("DROP TABLE request_event")
        await c.exec_driver_sql("DROP TABLE request")

    answer = await zone.client.get("/r/7KQ2M9XD4F", headers={"Accept": "application/json"})

    text = await answer.text()
    assert answer.status == HTTPStatus.INTERNAL_SERVER_ERROR
    assert "sqlite" not in text.lower()
    assert "SELECT" not in text
    assert "管理员" in (await answer.json())["detail"]
    # Not in the log either: it could be what an applicant wrote.
    assert "7KQ2M9XD4F" not in caplog.text


async def test_a_full_disk_is_a_sentence_for_staff(zone: Zone) -> None:
    async with zone.app[keys.DATABASE].write() as c:
        await (_cap if c.dialect.name == "sqlite" else _refuse)(c)
    await _fill(zone)

    answer = await zone.client.post(
        "/desk/login",
        data={"login": "admin", "password": PASSWORD},
        headers={"Accept": "application/json"},
        allow_redirects=False,
    )

    assert answer.status == HTTPStatus.INSUFFICIENT_STORAGE
    assert "清理" in (await answer.json())["detail"]


async def _cap(c: AsyncConnection) -> None:
    """Let the file grow no more."""
    pages = (await c.exec_driver_sql("PRAGMA page_count")).scalar_one()
    await c.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    assert (await c.exec_driver_sql("PRAGMA freelist_count")).scalar_one() == 0


async def _refuse(c: AsyncConnection) -> None:
    """Let PostgreSQL answer each write as it does without room on its disk (SQLSTATE 53100)."""
    await c.exec_driver_sql(
        "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$"
    )
    for table in ("audit", "sessions"):
        await c.exec_driver_sql(
            f"CREATE TRIGGER no_room BEFORE INSERT ON {table} EXECUTE FUNCTION no_room()"
        )


async def _fill(zone: Zone) -> None:
    """Write rows, at last very small ones, until the database takes no more."""
    audit = zone.app[keys.AUDIT]

    async def write_for_ever(size: int) -> None:
        while True:
            async with zone.app[keys.DATABASE].write() as c:
                await audit.write(c, actor="x", act="y", subject="z" * size)

    for size in (200, 0):
        with pytest.raises(DiskFull):
            await write_for_ever(size)


async def test_an_error_page_that_fails_leaves_a_sentence(
    zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(request: object, problem: object) -> web.Response:
        raise RuntimeError("template gone")

    monkeypatch.setitem(zone.app._state, keys.ERROR_PAGE, fail)

    answer = await zone.client.get("/nowhere", headers=PAGE)

    assert (answer.status, answer.content_type) == (HTTPStatus.NOT_FOUND, "text/plain")
    assert "没有这个页面" in await answer.text()


async def test_a_restart_keeps_people_sessions_documents_and_the_log(
    tmp_path: Path, clock: TestClock
) -> None:
    state = tmp_path / "state"
    async with open_zone(state, clock=clock) as zone:
        await zone.staff()
        document = await zone.published()
        await _sign_in(zone)
        token = _cookie(zone)
        people, signers = zone.people, zone.signers
        head = await zone.app[keys.PUBLISHING].sequences()

    async with open_zone(state, clock=clock) as zone:
        zone.people, zone.signers = people, signers
        answer = await zone.client.get(
            "/desk", headers={**PAGE, "Cookie": f"{COOKIE}={token}"}, allow_redirects=False
        )
        assert answer.status == HTTPStatus.OK
        assert await zone.app[keys.PUBLISHING].sequences() == head
        assert (await zone.app[keys.PUBLISHING].record(document.id)).version == 1
        assert await zone.app[keys.AUDIT].verify() == 0
        second = await zone.published()
        assert (await zone.app[keys.PUBLISHING].sequences())["gov/519900"][0] == 2
        assert second.id != document.id
