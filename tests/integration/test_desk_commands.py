"""The command line: sentences instead of tracebacks, a real server that starts, says its link and ends."""

import asyncio
import json
import os
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, TCPConnector

from controller import keys
from controller.auth.roles import Role
from controller.cli import main
from controller.commands.offline import offline
from controller.config import load_config
from controller.serving import CannotServe, serving
from devices.agent.config import Home, load
from tests.support.signers import Signer
from tests.support.zone import NOTICE, PASSWORD, prove, zone_config

ZONE = ["--zone", "示范县政务公开专区", "--region", "519900"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _init(state: Path, *, port: int = 8080) -> None:
    assert (
        main(["init", "--state", str(state), *ZONE, "--public-url", f"http://127.0.0.1:{port}"])
        == 0
    )
    with (state / "zone.toml").open("a", encoding="utf-8") as file:
        file.write(f"[web]\nport = {port}\n[api]\nenabled = false\n[broker]\nenabled = false\n")


def _notice(folder: Path) -> Path:
    path = folder / "notice.txt"
    path.write_text("\n".join(NOTICE), "utf-8")
    return path


@pytest.mark.parametrize(
    "argv",
    [
        ["serve", "--state", "nowhere"],
        ["setup-link", "--state", "nowhere"],
        ["enrol", "hall-1", "--state", "nowhere", "--site", "x", "--region", "51", "--out", "y"],
        ["import", "nowhere.txt"],
        ["init", "--state", "x", "--zone", "x", "--region", "abc"],
        ["init", "--state", "x", "--zone", "x", "--region", "51", "--public-url", "http://a.cn"],
    ],
)
def test_a_mistake_is_one_chinese_sentence_and_code_2(
    argv: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(argv) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert "。" in said.err
    assert "Traceback" not in said.err


def test_an_unknown_command_ends_with_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["frobnicate"])

    assert ended.value.code == 2
    assert "--help" in capsys.readouterr().err


def test_init_offers_the_telephone_of_the_disclosure_office_as_a_comment(tmp_path: Path) -> None:
    _init(tmp_path)
    written = (tmp_path / "zone.toml").read_text("utf-8")

    (tmp_path / "zone.toml").write_text(written.replace("# contact", "contact"), "utf-8")

    assert load_config(tmp_path).contact == "0000-0000000"


def test_a_second_init_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _init(tmp_path)
    before = (tmp_path / "zone.toml").read_bytes()

    assert main(["init", "--state", str(tmp_path), "--zone", "另一个", "--region", "51"]) == 2

    assert (tmp_path / "zone.toml").read_bytes() == before


def test_a_name_with_quotes_survives_the_file(tmp_path: Path) -> None:
    assert main(["init", "--state", str(tmp_path), "--zone", '示范"县\\', "--region", "51"]) == 0

    assert load_config(tmp_path).zone == '示范"县\\'


def test_import_prints_fields_as_a_table_and_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _notice(tmp_path)

    assert main(["import", str(path)]) == 0
    table = capsys.readouterr().out
    assert main(["import", str(path), "--json"]) == 0
    fields = json.loads(capsys.readouterr().out)

    assert "文号：示政办发〔2026〕31号" in table
    assert fields["document_number"] == "示政办发〔2026〕31号"
    assert fields["disclosure_mark"] == "主动公开"


def test_one_bad_file_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = _notice(tmp_path), tmp_path / "empty.txt"
    bad.write_bytes(b"")

    assert main(["import", str(bad), str(good), "--json"]) == 2

    said = capsys.readouterr()
    assert json.loads(said.out)["file"] == "notice.txt"
    assert "文件是空的" in said.err


async def _with_drafter(state: Path) -> None:
    async with offline(load_config(state)) as app:
        people = app[keys.PEOPLE]
        token = await people.set_up_token()
        assert token
        root = prove(Signer("root"), token)
        admin = await people.set_up(token, name="甲", login="admin", password=PASSWORD, root=root)
        _, invitation = await people.invite(
            admin, name="乙", login="writer", roles=frozenset({Role.DRAFTER})
        )
        await people.accept(invitation, password=PASSWORD)


async def _count_documents(state: Path) -> int:
    async with offline(load_config(state)) as app, app[keys.DATABASE].read() as c:
        return int((await c.exec_driver_sql("SELECT count(*) FROM documents")).scalar_one())


def test_import_into_a_zone_keeps_one_draft_however_often(tmp_path: Path) -> None:
    state = tmp_path / "zone"
    _init(state)
    path = _notice(tmp_path)
    assert main(["import", str(path), "--state", str(state)]) == 2  # nobody to draft for
    asyncio.run(_with_drafter(state))

    assert main(["import", str(path), "--state", str(state)]) == 0
    assert main(["import", str(path), "--state", str(state), "--login", "writer"]) == 0
    assert main(["import", str(path), "--state", str(state), "--login", "nobody"]) == 2

    assert asyncio.run(_count_documents(state)) == 1
    (kept,) = (state / "uploads").iterdir()
    assert kept.read_bytes() == path.read_bytes()
    assert len(kept.name) == 64


def test_the_set_up_link_is_refused_once_there_are_people(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _init(tmp_path)
    assert main(["setup-link", "--state", str(tmp_path)]) == 0
    assert "/setup/" in capsys.readouterr().out.splitlines()[-1]
    asyncio.run(_with_drafter(tmp_path))

    assert main(["setup-link", "--state", str(tmp_path)]) == 2


def test_enrolling_needs_a_root_and_then_writes_a_home(tmp_path: Path) -> None:
    state, home = tmp_path / "zone", tmp_path / "home"
    _init(state)
    argv = ["enrol", "hall-1", "--state", str(state), "--site", "县政务服务大厅"]
    argv += ["--region", "519900", "--out", str(home), "--attended", "--screen", "kiosk"]
    argv += ["--printer", "/dev/usb/lp0", "--printer-model", "epson-58"]
    assert main(argv) == 2
    asyncio.run(_with_drafter(state))
    assert main([*argv[:-1], "no-such-model"]) == 2
    assert not home.exists()

    assert main(argv) == 0
    assert main(argv) == 2  # the same id again

    terminal = load(Home(home))
    assert (terminal.id, terminal.attended) == ("hall-1", True)
    assert (terminal.printer, terminal.printer_model) == ("/dev/usb/lp0", "epson-58")
    assert terminal.feeds == ("gov/519900", "emergency/519900")
    assert len(terminal.root.keys) == 1


async def test_the_server_starts_says_its_link_and_ends_on_a_signal(tmp_path: Path) -> None:
    port = _free_port()
    _init(tmp_path, port=port)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "controller", "serve", "--state", str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout
    link = (await asyncio.wait_for(process.stdout.readline(), 40)).decode().strip().split("：")[-1]
    async with ClientSession() as session, session.get(link) as answer:
        status, text = answer.status, await answer.text()

    process.send_signal(signal.SIGTERM)
    _, errors = await asyncio.wait_for(process.communicate(), 20)

    assert (status, "zh-CN" in text) == (200, True)
    assert process.returncode == 0
    assert b"Traceback" not in errors


@asynccontextmanager
async def _listener() -> AsyncIterator[int]:
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def test_a_port_that_is_taken_is_named_with_its_holder(tmp_path: Path) -> None:
    async with _listener() as port:
        config = zone_config(tmp_path, web={"port": port})

        with pytest.raises(CannotServe, match=f"{port}.*{os.getpid()}"):
            async with serving(config):
                pass


async def test_with_its_own_certificate_the_zone_speaks_https(tmp_path: Path) -> None:
    port = _free_port()
    config = zone_config(
        tmp_path, web={"port": port, "tls": "own"}, public_url=f"https://localhost:{port}"
    )

    async with serving(config) as zone:
        context = ssl.create_default_context(cafile=tmp_path / "ca" / "ca.crt")
        async with (
            ClientSession(connector=TCPConnector(ssl=context)) as session,
            session.get(f"https://localhost:{port}/healthz") as answer,
        ):
            assert await answer.json() == {"status": "ok"}

    assert zone.set_up_link.startswith(f"https://localhost:{port}/setup/")


async def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    config = zone_config(
        tmp_path, web={"tls": "given", "certificate": "site.crt", "key": "site.key"}
    )

    with pytest.raises(CannotServe, match=r"site\.crt"):
        async with serving(config):
            pass
