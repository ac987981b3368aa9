"""The demo page: its hand obeys nobody but the page; windows stand where there is room."""

import os
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from typing_extensions import override

from controller.demo.devices import Hands
from controller.demo.hand import Covered, Picture, RemoteHand
from controller.demo.page import Stage, create_demo_page
from controller.demo.panes import Pane, Window, arrange, extent, side_by_side
from controller.demo.seed import items
from controller.demo.slips import printed, slip_path
from devices.clock import SystemClock
from devices.drivers.reasons import Kind
from devices.sim.pty_device import PtyDevice
from devices.sim.scanner.scanner import SimulatedScanner

KIOSK, SCREEN = Window("hall-1", "kiosk"), Window("hall-1", "signage-1")
VILLAGE = Window("village-1", "kiosk")
TOKEN = "the page's own"


class FakeHand(RemoteHand):
    """Remembers touches."""

    def __init__(self) -> None:
        super().__init__(":0", is_shared=True)
        self.touches: list[tuple[str, float, float]] = []
        self.is_covered = False

    @override
    def picture(self, pane: Pane, *, width: int) -> Picture:
        return Picture("mark", f"{pane.name} {width}".encode())

    @override
    def touch(self, pane: Pane, *, across: float, down: float) -> None:
        if self.is_covered:
            raise Covered("被挡住")
        self.touches.append((pane.name, across, down))


class Shown:
    """The page, its hand, and what the fakes say."""

    def __init__(self, folder: Path) -> None:
        self.hand = FakeHand()
        self.link = "http://127.0.0.1:8080/invite/abc"
        self.problems: tuple[str, ...] = ()
        self.slips = {"hall-1": folder / "hall-1", "village-1": folder / "village-1"}
        for one in self.slips.values():
            one.mkdir()
        device = SimulatedScanner()
        self.scanner = PtyDevice(device, link=folder / "scanner.tty", clock=SystemClock())
        self.sim = device

    async def setup_link(self) -> str:
        return self.link

    def app(self) -> web.Application:
        stage = Stage(
            hand=self.hand,
            panes=side_by_side([KIOSK, SCREEN]),
            sites={"hall-1": "县政务服务大厅", "village-1": "柳湾村"},
            slips=self.slips,
            desk_url="http://127.0.0.1:8080",
            setup_link=self.setup_link,
            problems=lambda: self.problems,
            token=TOKEN,
            hands={"hall-1": Hands({Kind.SCANNER: self.scanner.control_path})},
        )
        return create_demo_page(stage)


Client = TestClient[web.Request, web.Application]


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Shown]:
    one = Shown(tmp_path)
    running = threading.Thread(target=one.scanner.run)
    running.start()
    yield one
    one.scanner.stop()
    running.join(5)


@pytest.fixture
async def client(shown: Shown) -> AsyncIterator[Client]:
    async with TestClient(TestServer(shown.app())) as client:
        yield client


async def _touch(client: Client, token: str = TOKEN, **place: object) -> int:
    headers = {"X-Demo-Token": token}
    answer = await client.post("/touch/hall-1-kiosk", json=place, headers=headers)
    return answer.status


async def test_a_touch_needs_the_pages_own_token(client: Client, shown: Shown) -> None:
    assert await _touch(client, "guess", across=0.5, down=0.5) == 403
    assert await _touch(client, across=0.5, down=0.25) == 204

    assert shown.hand.touches == [("hall-1-kiosk", 0.5, 0.25)]


@pytest.mark.parametrize("place", [{}, {"across": "x", "down": 1}, {"across": None, "down": 0}])
async def test_a_touch_nowhere_is_refused(client: Client, shown: Shown, place: object) -> None:
    headers = {"X-Demo-Token": TOKEN}

    answer = await client.post("/touch/hall-1-kiosk", json=place, headers=headers)

    assert answer.status == 400
    assert not shown.hand.touches


async def test_the_public_screen_takes_no_touch(client: Client, shown: Shown) -> None:
    headers = {"X-Demo-Token": TOKEN}

    answer = await client.post(
        "/touch/hall-1-signage-1", json={"across": 0, "down": 0}, headers=headers
    )

    assert answer.status == 404
    assert not shown.hand.touches


async def test_a_covered_window_is_said_not_touched(client: Client, shown: Shown) -> None:
    shown.hand.is_covered = True

    assert await _touch(client, across=0.5, down=0.5) == 409


async def test_a_foreign_name_for_this_machine_gets_nothing(client: Client) -> None:
    answer = await client.get("/", headers={"Host": "evil.example:8090"})

    assert answer.status == 421
    assert TOKEN not in await answer.text()


async def test_a_picture_goes_out_only_when_it_has_changed(client: Client) -> None:
    first = await client.get("/picture/hall-1-kiosk")
    again = await client.get("/picture/hall-1-kiosk?seen=mark")
    nothing = await client.get("/picture/hall-2-kiosk")

    assert (first.status, first.headers["X-Mark"]) == (200, "mark")
    assert again.status == 204
    assert nothing.status == 404


async def test_the_page_says_what_is_lost_and_forgets_the_used_link(
    client: Client, shown: Shown
) -> None:
    before = await (await client.get("/state")).json()
    shown.link, shown.problems = "", ("agent-hall-1 意外停止",)

    after = await (await client.get("/state")).json()

    assert before["setup_link"]
    assert after["setup_link"] == ""
    assert after["problems"] == ["agent-hall-1 意外停止"]


async def test_slips_come_newest_first_with_their_place(client: Client, shown: Shown) -> None:
    for at, terminal in enumerate(("hall-1", "village-1", "hall-1"), 1):
        path = shown.slips[terminal] / f"{at:04d}.png"
        path.write_bytes(b"picture")
        os.utime(path, (at, at))

    slips = (await (await client.get("/state")).json())["slips"]

    assert [slip["site"] for slip in slips] == ["县政务服务大厅", "柳湾村", "县政务服务大厅"]
    assert "0003.png" in slips[0]["picture"]
    assert await (await client.get(slips[0]["picture"])).read() == b"picture"


def test_no_name_leads_out_of_the_slips_folder(shown: Shown, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"")

    assert slip_path(shown.slips, "hall-1", "../secret.png") is None
    assert printed(shown.slips) == ()


@pytest.mark.parametrize(
    ("screen", "kiosk"),
    [
        ((3840, 2160), (1080, 1920)),
        ((3000, 1920), (1080, 1920)),
        ((3840, 1080), (1920, 1080)),
        ((1920, 2160), (1920, 1080)),
    ],
)
def test_windows_stand_whole_and_apart(screen: tuple[int, int], kiosk: tuple[int, int]) -> None:
    first, second = arrange([SCREEN, KIOSK], screen)

    assert (first.width, first.height) == kiosk
    assert extent([first, second]) <= screen
    assert first.left + first.width <= second.left or first.top + first.height <= second.top


@pytest.mark.parametrize("screen", [(1366, 768), (1920, 1080), (2560, 1440), (2999, 1920)])
def test_windows_that_do_not_fit_are_not_made_smaller(screen: tuple[int, int]) -> None:
    assert arrange([KIOSK, SCREEN], screen) == ()


def test_a_village_has_its_own_window_beside_the_halls() -> None:
    panes = side_by_side([KIOSK, SCREEN, VILLAGE])

    assert [pane.name for pane in panes] == ["hall-1-kiosk", "village-1-kiosk", "hall-1-signage-1"]
    assert extent(panes) == (4080, 1920)


def test_each_department_has_an_invented_telephone_and_is_among_the_newest() -> None:
    every = list(items())
    newest = every[-200:]

    assert all(item.phone.startswith("0900-555") for item in every)
    assert {item.department for item in newest} == {item.department for item in every}
    assert len({item.id for item in every}) == len(every)


async def test_a_button_of_the_page_scans_what_was_typed(client: Client, shown: Shown) -> None:
    html = await (await client.get("/")).text()
    address = "/device/hall-1/scanner/0"
    answer = await client.post(address, data="7KQ2-M9X-D4F", headers={"X-Demo-Token": TOKEN})

    assert f'data-device="{address}"' in html
    assert answer.status == 204
    assert shown.sim.scans == 1


@pytest.mark.parametrize(
    ("address", "token", "status"),
    [
        ("/device/hall-1/scanner/0", "", 403),
        ("/device/hall-1/scanner/0", "guess", 403),
        ("/device/hall-1/scanner/2", TOKEN, 404),
        ("/device/hall-1/id_card/0", TOKEN, 404),
        ("/device/hall-1/toaster/0", TOKEN, 404),
        ("/device/village-1/scanner/0", TOKEN, 404),
    ],
)
async def test_nobody_presses_what_the_page_does_not_show(
    client: Client, shown: Shown, address: str, token: str, status: int
) -> None:
    answer = await client.post(address, data="x", headers={"X-Demo-Token": token})

    assert answer.status == status
    assert shown.sim.scans == 0


async def test_a_device_that_has_gone_is_said_to_have_gone(client: Client, shown: Shown) -> None:
    shown.scanner.control_path.unlink()
    headers = {"X-Demo-Token": TOKEN}
    answer = await client.post("/device/hall-1/scanner/0", data="x", headers=headers)

    assert answer.status == 409
    assert "请" in await answer.text()
