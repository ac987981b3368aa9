"""A model that was learned on another machine is put into use from the command line."""

import asyncio
from pathlib import Path

import pytest

from controller import keys
from controller.cli import main as controller
from controller.commands.offline import offline
from controller.config import load_config
from controller.learning.model import ModelMaker, Passage
from controller.store import nights


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "zone"
    init = ["init", "--state", str(folder), "--zone", "示范县", "--region", "519900"]
    assert controller(init) == 0
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    texts = [f"第{n}条 困难家庭可以申请低保。资金按月发放。" for n in range(8)]
    passages = [Passage("items", "", f"低保办法 {n}", text) for n, text in enumerate(texts)]
    path = tmp_path / "search-model.bin"
    path.write_bytes(ModelMaker(passages, progress=lambda _: None).make([]).to_bytes())
    return path


def in_use(state: Path) -> bytes | None:
    async def read() -> bytes | None:
        async with offline(load_config(state)) as app, app[keys.DATABASE].read() as c:
            return await nights.model_in_use(c)

    return asyncio.run(read())


def test_the_file_is_what_the_zone_offers_from_then_on(
    state: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert in_use(state) is None

    assert controller(["search-model", str(file), "--state", str(state)]) == 0

    assert "已启用" in capsys.readouterr().out
    assert in_use(state) == file.read_bytes()
    assert controller(["search-model", str(file), "--state", str(state)]) == 0
    assert "没有改动" in capsys.readouterr().out


@pytest.mark.parametrize("data", [b"no model", None])
def test_a_wrong_file_is_one_sentence_and_changes_nothing(
    state: Path, tmp_path: Path, data: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.bin"
    if data is not None:
        wrong.write_bytes(data)

    assert controller(["search-model", str(wrong), "--state", str(state)]) == 2

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "Traceback" not in said
    assert in_use(state) is None
