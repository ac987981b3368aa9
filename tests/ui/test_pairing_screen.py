"""A new terminal's glass shows what the keeper reads out: code and fingerprint, whole and large."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from typing_extensions import override

from devices.agent.pairing import Shown
from devices.wire.pairing import show_fingerprint
from tests.ui.driver import PORTRAIT, Ui, prepare_window

pytestmark = pytest.mark.ui
WIDE = (1920, 1080)
SHOWN = Shown("7KQ2-M9X-D4F", show_fingerprint("0123456789abcdef" * 4))


class PairingUi(Ui):
    """The pairing screen; the test looks when it wants to."""

    def __init__(self, path: Path) -> None:
        from signage.stage.pairing import make_app

        super().__init__(make_app(path))

    @override
    def close(self) -> None:
        from kivy.app import App
        from kivy.clock import Clock

        Clock.unschedule(self.app.renew)
        self.window.remove_widget(self.root)
        self.pump(2)
        App._running_app = None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pairing.json"


@pytest.fixture
def ui(path: Path) -> Iterator[PairingUi]:
    prepare_window()
    one = PairingUi(path)
    yield one
    one.resize(PORTRAIT)
    one.close()


@pytest.mark.parametrize("size", [PORTRAIT, WIDE])
def test_code_and_fingerprint_stand_whole_on_any_glass(
    ui: PairingUi, path: Path, size: tuple[int, int]
) -> None:
    from tests.ui.flaws import flaws  # imports Kivy, which must be prepared first

    ui.resize(size)
    assert "正在连接服务器" in ui.texts()

    path.write_bytes(msgspec.json.encode(SHOWN))
    ui.app.renew()
    ui.pump(6)

    assert "7KQ2-M9X-D4F" in ui.texts()
    assert "0123 4567 89AB CDEF\n0123 4567 89AB CDEF" in ui.texts()
    assert flaws(ui) == []


def test_a_new_code_takes_the_old_ones_place_and_a_broken_file_shows_none(
    ui: PairingUi, path: Path
) -> None:
    path.write_bytes(msgspec.json.encode(SHOWN))
    ui.app.renew()
    path.write_bytes(b"{")
    ui.app.renew()
    ui.pump(2)

    assert "7KQ2-M9X-D4F" not in ui.texts()
