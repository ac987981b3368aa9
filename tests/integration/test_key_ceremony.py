"""From a zone whose root is in a browser to one whose root several people hold, step by step on the command line."""

import asyncio
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from content.feed.policy import PolicyRefused, SignedPolicy, TrustRoot, check_policy
from controller import keys
from controller.ceremony.cli import main
from controller.ceremony.console import YES
from controller.services.policy import CeremonyNeeded, FileRootSigner
from controller.services.trust_shelf import TrustShelf
from controller.store.people import Person, list_people
from devices.clock import SystemClock
from tests.support.ceremonies import HOLDERS, PASSPHRASE, Scripted
from tests.support.signers import Signer
from tests.support.zone import TestClock, Zone, open_zone


@dataclass(frozen=True)
class Before:
    """A zone with people, keys and a policy that the browser's root has signed."""

    folder: Path
    root: Signer


@pytest.fixture
def before(tmp_path: Path) -> Before:
    return asyncio.run(_zone_before(tmp_path / "zone"))


@pytest.fixture
def state(before: Before) -> Path:
    return before.folder


async def _zone_before(folder: Path) -> Before:
    async with open_zone(folder) as zone:
        await zone.staff()
    lines = ('zone = "示范县政务公开专区"', 'region = "519900"', "[broker]", "enabled = false")
    (folder / "zone.toml").write_text("\n".join([*lines, "[api]", "enabled = false", ""]), "utf-8")
    return Before(folder, zone.root)


class Table:
    """Runs steps as the people at the table do; each step is its own process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "usb"
        self.ceremony = self.folder / "ceremony"
        self.folder.mkdir()

    def run(self, *words: str, answers: tuple[str, ...] = (), code: int = 0) -> str:
        console = Scripted(list(answers))
        assert main(list(words), console=console) == code
        assert not console.answers
        return console.text

    def begin(self, state: Path, *more: str, name: str = "request.json") -> str:
        request = self.folder / name
        self.request(state, request)
        folder = ("--folder", str(self.ceremony))
        return self.run("begin", *folder, "--request", str(request), *more)

    def request(self, state: Path, out: Path) -> str:
        return self.run("request", "--state", str(state), "--out", str(out))

    def key(self, name: str) -> Path:
        return self.folder / f"medium of {name}" / "root.key"

    def holder(self, name: str, *answers: str, code: int = 0) -> str:
        words = ("holder", "--folder", str(self.ceremony), "--name", name)
        return self.run(*words, "--key", str(self.key(name)), answers=answers, code=code)

    def sign(self, name: str, *answers: str, code: int = 0) -> str:
        words = ("sign", "--folder", str(self.ceremony), "--key", str(self.key(name)))
        return self.run(*words, answers=answers or (YES, PASSPHRASE), code=code)

    def step(self, name: str, *, code: int = 0) -> str:
        return self.run(name, "--folder", str(self.ceremony), code=code)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(tmp_path)


def _held(table: Table, state: Path) -> str:
    """Hold a first ceremony to its end; return what the installation said."""
    table.begin(state, "--holders", ",".join(HOLDERS))
    for name in HOLDERS:
        table.holder(name, PASSPHRASE, PASSPHRASE)
    table.sign(HOLDERS[0])
    table.sign(HOLDERS[2])
    table.step("finish")
    source = str(table.ceremony / "metadata")
    return table.run("install", "--state", str(state), "--from", source)


def test_the_people_at_the_table_read_what_they_sign(state: Path, table: Table) -> None:
    said = table.begin(state, "--holders", ",".join(HOLDERS), "--threshold", "2")
    assert "频道 gov/*（政府文件）：须 1 人签名" in said
    assert "频道 emergency/*（应急信息）：须 2 人签名" in said
    assert f"还要生成密钥的保管人：{'、'.join(HOLDERS)}" in said

    for name in HOLDERS:
        table.holder(name, PASSPHRASE, PASSPHRASE)

    assert "职员approver" in table.sign(HOLDERS[0])
    assert "已签名：保管人甲" in table.step("status")
    table.sign(HOLDERS[2])
    assert "首个根的指纹" in table.step("finish")


def test_a_zone_moves_from_a_browser_root_to_its_holders(before: Before, table: Table) -> None:
    assert "移交" in _held(table, before.folder)

    asyncio.run(_hands_over(before))


async def _hands_over(before: Before) -> None:
    old = TrustRoot((before.root.public.hex(),))
    async with open_zone(before.folder) as zone:
        policies, admin = zone.app[keys.POLICIES], await _admin(zone)
        signed = await policies.current()
        assert signed is not None
        assert check_policy(signed, root=await policies.root(), held=0).version == 2
        with pytest.raises(PolicyRefused):
            check_policy(signed, root=old, held=1)

        data = await policies.to_sign(admin)
        with pytest.raises(PolicyRefused, match="原根密钥"):
            await policies.accept(admin, Signer("thief").sign(data))
        handed = await policies.accept(admin, before.root.sign(data))

        assert check_policy(handed, root=old, held=1).version == 2
        assert await policies.current() == handed
        assert not await policies.handover_due()


def test_after_a_ceremony_no_browser_and_no_file_signs_a_policy(
    before: Before, table: Table, tmp_path: Path
) -> None:
    _held(table, before.folder)
    seed = tmp_path / "root.seed"
    seed.write_text(before.root.private.private_bytes_raw().hex())

    asyncio.run(_nothing_signs(before.folder, FileRootSigner(seed)))


async def _nothing_signs(folder: Path, signer: FileRootSigner) -> None:
    async with open_zone(folder, threshold=2) as zone:
        with pytest.raises(CeremonyNeeded):
            await zone.app[keys.POLICIES].sign_with(signer)


async def _admin(zone: Zone) -> Person:
    async with zone.app[keys.DATABASE].read() as c:
        return next(one for one in await list_people(c) if one.login == "admin")


def test_the_result_of_another_zone_is_not_taken(state: Path, table: Table, tmp_path: Path) -> None:
    _held(table, state)
    other = asyncio.run(_zone_before(tmp_path / "other"))
    source = str(table.ceremony / "metadata")

    table.run("install", "--state", str(other.folder), "--from", source, code=2)

    assert not TrustShelf(other.folder, clock=TestClock()).is_filled


def test_a_root_is_rotated_and_terminals_of_the_first_follow(state: Path, table: Table) -> None:
    _held(table, state)
    first = asyncio.run(_root(state))
    (state / "zone.toml").write_text("threshold = 2\n" + (state / "zone.toml").read_text())
    done = table.ceremony / "metadata"
    table.ceremony = table.folder / "second"

    newcomers = f"{HOLDERS[0]},{HOLDERS[1]},保管人丁"
    said = table.begin(
        state, "--holders", newcomers, "--previous", str(done), name="request-2.json"
    )
    assert "还要生成密钥的保管人：保管人丁" in said
    table.holder("保管人丁", PASSPHRASE, PASSPHRASE)
    table.sign("保管人丁")
    table.sign(HOLDERS[0])
    # Two of the new root, but only one of the old.
    table.step("finish", code=2)
    table.sign(HOLDERS[1])
    table.step("finish")
    source = str(table.ceremony / "metadata")
    table.run("install", "--state", str(state), "--from", source)

    signed = asyncio.run(_current(state))
    policy = check_policy(signed, root=first, held=2)
    assert len(signed.chain) == 3
    assert [rule.threshold for rule in policy.feeds if rule.pattern == "gov/*"] == [2]


async def _root(folder: Path) -> TrustRoot:
    async with open_zone(folder) as zone:
        return await zone.app[keys.POLICIES].root()


async def _current(folder: Path) -> SignedPolicy:
    async with open_zone(folder) as zone:
        signed = await zone.app[keys.POLICIES].current()
        assert signed is not None
        return signed


def test_every_step_refuses_to_be_done_twice(state: Path, table: Table) -> None:
    table.begin(state, "--holders", ",".join(HOLDERS))
    again = ("begin", "--folder", str(table.ceremony), "--request")
    request = str(table.folder / "request.json")
    table.run(*again, request, "--holders", "甲,乙,丙", code=2)
    table.run("request", "--state", str(state), "--out", request, code=2)
    table.holder(HOLDERS[0], PASSPHRASE, PASSPHRASE)
    before = table.key(HOLDERS[0]).read_bytes()
    table.holder(HOLDERS[0], code=2)
    assert table.key(HOLDERS[0]).read_bytes() == before
    for name in HOLDERS[1:]:
        table.holder(name, PASSPHRASE, PASSPHRASE)
    table.sign(HOLDERS[0])
    table.sign(HOLDERS[0], code=2)
    table.step("finish", code=2)
    table.sign(HOLDERS[1])
    table.step("finish")
    table.step("finish", code=2)
    source = str(table.ceremony / "metadata")
    table.run("install", "--state", str(state), "--from", source)
    table.run("install", "--state", str(state), "--from", source, code=2)


def test_a_broken_off_ceremony_goes_on_where_it_stopped(state: Path, table: Table) -> None:
    table.begin(state, "--holders", ",".join(HOLDERS))
    table.holder(HOLDERS[0], PASSPHRASE, "another", code=2)
    assert not table.key(HOLDERS[0]).exists()
    # The key was written; the power went before its public half was noted.
    table.holder(HOLDERS[0], PASSPHRASE, PASSPHRASE)
    next((table.ceremony / "holders").iterdir()).unlink()
    table.holder(HOLDERS[0], PASSPHRASE)
    for name in HOLDERS[1:]:
        table.holder(name, PASSPHRASE, PASSPHRASE)
    table.sign(HOLDERS[0], "不同意", code=2)
    table.sign(HOLDERS[0], YES, "wrong passphrase", code=2)
    assert "已签名：无" in table.step("status")
    table.sign(HOLDERS[0])
    table.sign(HOLDERS[1])
    assert "签名已够" in table.step("status")


def test_a_key_file_is_useless_without_its_passphrase(state: Path, table: Table) -> None:
    table.begin(state, "--holders", ",".join(HOLDERS))
    table.holder(HOLDERS[0], "short", "short", code=2)
    table.holder(HOLDERS[0], PASSPHRASE, PASSPHRASE)
    text = table.key(HOLDERS[0]).read_text()
    assert text.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert table.key(HOLDERS[0]).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("holders", "threshold"),
    [("甲,乙", "2"), ("甲,乙,丙", "1"), ("甲,乙,丙", "3"), ("甲,甲,乙", "2")],
)
def test_one_person_alone_or_everybody_together_is_no_root(
    state: Path, table: Table, holders: str, threshold: str
) -> None:
    request = table.folder / "r.json"
    table.request(state, request)
    words = ("begin", "--folder", str(table.ceremony), "--request", str(request))
    table.run(*words, "--holders", holders, "--threshold", threshold, code=2)
    assert not (table.ceremony / "ceremony.json").exists()


def test_the_controller_dates_the_keys_anew_long_before_they_run_out(
    state: Path, table: Table
) -> None:
    _held(table, state)
    clock = TestClock(SystemClock().now())  # the ceremony's programs date by the clock on the wall
    shelf = TrustShelf(state, clock=clock)
    before = shelf.file("timestamp.json")

    assert not shelf.renew()
    clock.forward(days=31)
    assert shelf.renew()
    assert shelf.file("timestamp.json") != before
    assert shelf.file("2.snapshot.json")
    assert shelf.file("online.key") is None
    assert shelf.file("../zone.toml") is None


def test_it_works_as_a_process_with_answers_on_standard_input(state: Path, table: Table) -> None:
    table.begin(state, "--holders", ",".join(HOLDERS))
    command = [sys.executable, "-m", "controller.keys", "holder", "--folder", str(table.ceremony)]
    command += ["--name", HOLDERS[0], "--key", str(table.key(HOLDERS[0]))]

    made = subprocess.run(
        command, input=f"{PASSPHRASE}\n{PASSPHRASE}\n", capture_output=True, text=True, check=True
    )

    assert "公钥校验码" in made.stdout
    assert PASSPHRASE not in made.stdout + made.stderr
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert "已经登记过" in again.stderr
    assert "Traceback" not in again.stderr
