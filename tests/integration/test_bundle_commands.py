"""A clerk makes a stick at the controller and takes it at the terminal, from the command line."""

from pathlib import Path

import pytest

from content.canonical import sha256_hex
from controller.cli import main as controller
from controller.commands.bundling import file_in
from devices.__main__ import main as devices
from devices.agent.app import alone
from devices.agent.config import Home
from devices.wire.bundle_file import SUFFIX
from tests.support.seeded_zone import seed


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Make a zone with two published documents; return how commands name it."""
    folder = tmp_path_factory.mktemp("county") / "zone"
    named = ["--state", str(folder)]
    assert controller(["init", *named, "--zone", "示范县", "--region", "519900"]) == 0
    # One approver is enough here: what is tested is the stick.
    config = folder / "zone.toml"
    lines = config.read_text("utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("threshold")]
    config.write_text("\n".join(["threshold = 1", *kept]), "utf-8")
    seed(folder)
    return named


def test_a_stick_from_one_command_is_taken_by_the_other(
    state: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, stick = tmp_path / "village", tmp_path / "stick"
    stick.mkdir()
    place = ["--site", "村委会", "--region", "519900001001", "--out", str(home)]
    assert controller(["enrol", terminal(tmp_path), *state, *place]) == 0
    assert controller(["bundle", *state, "--out", str(stick)]) == 0
    said = capsys.readouterr().out
    (bundle,) = stick.iterdir()

    assert bundle.suffix == SUFFIX
    assert str(bundle) in said
    assert devices(["take-bundle", "--home", str(home), str(bundle)]) == 0
    assert capsys.readouterr().out == ("U 盘内容包校验通过，已更新 1 个频道，可以拔出 U 盘。\n")
    assert controller(["bundle", *state, "--out", str(stick)]) == 2
    assert "没有覆盖" in capsys.readouterr().err


def test_while_the_agent_runs_it_is_handed_over(
    state: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "village"
    place = ["--site", "村委会", "--region", "519900001001", "--out", str(home)]
    assert controller(["enrol", terminal(tmp_path), *state, *place]) == 0
    assert controller(["bundle", *state, "--out", str(tmp_path / "a")]) == 0
    capsys.readouterr()

    with alone(Home(home)):
        assert devices(["take-bundle", "--home", str(home), str(tmp_path / f"a{SUFFIX}")]) == 0

    assert "已交给它校验" in capsys.readouterr().out
    assert (home / "bundles" / f"a{SUFFIX}").read_bytes() == (tmp_path / f"a{SUFFIX}").read_bytes()


@pytest.mark.parametrize("content", [None, b"no bundle"])
def test_a_wrong_file_is_one_sentence(
    state: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    home, file = tmp_path / "village", tmp_path / f"a{SUFFIX}"
    place = ["--site", "村委会", "--region", "519900001001", "--out", str(home)]
    assert controller(["enrol", terminal(tmp_path), *state, *place]) == 0
    if content is not None:
        file.write_bytes(content)
    capsys.readouterr()

    assert devices(["take-bundle", "--home", str(home), str(file)]) in {1, 2}

    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    assert "内容包" in said.out + said.err


def test_an_unknown_feed_makes_no_file(
    state: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a"

    assert controller(["bundle", *state, "--feed", "gov/9", "--out", str(out)]) == 2
    assert "还没有发布过内容" in capsys.readouterr().err
    assert not file_in(out, zone="").exists()


def terminal(tmp_path: Path) -> str:
    """Return a name that no other test enrols."""
    return f"v-{sha256_hex(tmp_path.name.encode())[:8]}"
