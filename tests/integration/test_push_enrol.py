"""A terminal gets its folder, and the zone gets to know it."""

import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from content.feed.policy import TrustRoot
from controller.broker.pki import BadDeviceId, ZoneCa
from controller.enrol import AlreadyEnrolled, enrol_terminal
from controller.store import terminals as store
from controller.store.database import Database
from controller.store.terminals import Terminal
from devices.agent.config import Address, Home, TerminalConfig, Window, load
from tests.support.zone_ca import FEED, make_ca, open_database, wall_now

CONFIG = TerminalConfig(
    id="hall-1",
    zone="测试区",
    site="一号大厅“南”",
    region="512299",
    attended=True,
    feeds=(FEED,),
    public_url="https://zone.example",
    broker=Address(host="10.0.0.1", port=8883),
    api_url="https://10.0.0.1:8443",
    seal_key="ab" * 32,
    root=TrustRoot(("cd" * 32,), 1),
    screens=("kiosk", "signage-1"),
    start_ui=True,
    ui={"kiosk": Window(size="1080x1920", position="0,0")},
    printer="/dev/usb/lp0",
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path) as database:
        yield database


async def enrol(
    database: Database,
    ca: ZoneCa,
    out: Path,
    config: TerminalConfig = CONFIG,
    *,
    is_replaced: bool = False,
) -> Terminal:
    return await enrol_terminal(
        ca=ca, database=database, terminal=config, out=out, now=wall_now(), replace=is_replaced
    )


async def test_the_folder_is_what_an_agent_reads_and_is_private(
    database: Database, tmp_path: Path
) -> None:
    out = tmp_path / "home"
    await enrol(database, make_ca(tmp_path / "ca"), out)

    assert load(Home(out)) == CONFIG
    assert {stat.S_IMODE(one.stat().st_mode) for one in files(out)} == {0o600}
    assert {one.name for one in files(out)} == {
        "terminal.toml",
        "client.crt",
        "client.key",
        "ca.crt",
    }


async def test_the_store_knows_the_very_certificate(database: Database, tmp_path: Path) -> None:
    out = tmp_path / "home"
    await enrol(database, make_ca(tmp_path / "ca"), out)

    async with database.read() as c:
        kept = await store.find_terminal(c, "hall-1")

    assert kept is not None
    assert kept.certificate.encode() == Home(out).certificate.read_bytes()
    assert (kept.feeds, kept.screens, kept.attended) == (CONFIG.feeds, CONFIG.screens, True)


async def test_an_id_is_given_once(database: Database, tmp_path: Path) -> None:
    ca = make_ca(tmp_path / "ca")
    await enrol(database, ca, tmp_path / "one")

    with pytest.raises(AlreadyEnrolled, match="--replace"):
        await enrol(database, ca, tmp_path / "two")
    with pytest.raises(AlreadyEnrolled, match="换一个目录"):
        await enrol(database, ca, tmp_path / "one", replace(CONFIG, id="hall-2"))

    assert files(tmp_path / "two") == []


async def test_a_replaced_terminals_old_certificate_is_revoked(
    database: Database, tmp_path: Path
) -> None:
    ca = make_ca(tmp_path / "ca")
    old = await enrol(database, ca, tmp_path / "home")

    new = await enrol(database, ca, tmp_path / "home", is_replaced=True)

    crl = x509.load_pem_x509_crl(ca.crl_path.read_bytes())
    assert [f"{one.serial_number:x}" for one in crl] == [old.serial]
    assert new.fingerprint != old.fingerprint


async def test_a_bad_id_leaves_nothing_behind(database: Database, tmp_path: Path) -> None:
    with pytest.raises(BadDeviceId):
        await enrol(
            database, make_ca(tmp_path / "ca"), tmp_path / "home", replace(CONFIG, id="a/../b")
        )

    assert files(tmp_path / "home") == []


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*"))
