"""The documentation's camera: windows on a display, pages in Chromium, small PNG files under docs/screenshots/."""

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.async_api import Page

from controller.demo.places import Terminal
from tests.support.finger import Finger
from tests.support.kiosk_visitor import Visitor
from tests.support.printed_paper import read_slip_picture
from tests.support.processes import Program, wait_for

OUT = Path(__file__).parent / "screenshots"
KIOSK, SCREEN = (0, 0, 1080, 1920), (1080, 0, 3000, 1080)
KIOSK_PX, SCREEN_PX, PAGE_PX = 640, 1120, 1280
COLOURS = 96
MOST_BYTES = 300_000
STILL_S = 1.2
"""Touch ripples, page marks and the first ticker line have come to rest after this."""


@dataclass(frozen=True, slots=True)
class Camera:
    """Turns what is on a display or page into small files of few colours."""

    finger: Finger

    def glass(self, name: str, box: tuple[int, int, int, int], *, width: int) -> None:
        """Take a part of the display."""
        _keep(name, self.finger.picture(box), width=width)

    def kiosk(self, name: str) -> None:
        """Take the kiosk once it is still."""
        self.rest()
        self.glass(f"kiosk-{name}", KIOSK, width=KIOSK_PX)

    def rest(self) -> None:
        """Wait until the glass does not move any more."""
        before = b""

        def still() -> bool:
            nonlocal before
            now = self.finger.picture(KIOSK).tobytes()
            same, before = now == before, now
            return same

        wait_for("the kiosk to stand still", still, every=STILL_S / 2)

    @staticmethod
    async def page(name: str, page: Page, *, full: bool = False, width: int = PAGE_PX) -> None:
        """Take a page."""
        await page.wait_for_load_state("load")
        await page.wait_for_timeout(400)
        if full:
            await page.evaluate(
                "scrollTo(0, 0)"
            )  # or what stands beside the text is drawn half-way down
        data = await page.screenshot(full_page=full)
        with Image.open(io.BytesIO(data)) as picture:
            _keep(name, picture, width=width)


def _keep(name: str, picture: Image.Image, *, width: int) -> None:
    size = (width, round(picture.height * width / picture.width))
    small = picture.convert("RGB")
    if small.width != width:
        small = small.resize(size, Image.Resampling.LANCZOS)
    path = OUT / f"{name}.png"
    small.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        raise RuntimeError(f"{path} is larger than {MOST_BYTES} bytes")
    print(f"{path.name}  {path.stat().st_size // 1024} KiB", flush=True)


class Glass:
    """The kiosk and the screen of one terminal, started by this script so that labels can be looked up."""

    def __init__(self, terminal: Terminal, display: str, folder: Path) -> None:
        self._socket = ("--socket", str(terminal.home / "agent.sock"))
        self._env = {"DISPLAY": display}
        self._eye = folder / "eye.sock"
        self.finger = Finger(display)
        self.camera = Camera(self.finger)
        self.visitor = Visitor(self.finger, self._eye)
        self._slips = terminal.slips
        self._kiosk: Program | None = None
        self._screen: Program | None = None

    def open_kiosk(self, *options: str) -> None:
        """Start the kiosk, ending the one before."""
        if self._kiosk:
            self._kiosk.stop()
        observed = ("-m", "tests.support.observed_kiosk", "--observe", str(self._eye))
        self._kiosk = Program.python("kiosk", *observed, *self._socket, *options, env=self._env)
        self._kiosk.wait_line("kiosk first frame")

    def open_screen(self) -> None:
        """Start the screen beside it."""
        where = ("--size", "1920x1080", "--position", "1080,0")
        options = ("-m", "signage", *self._socket, "--ui", "signage-1", *where)
        self._screen = Program.python("signage", *options, env=self._env)
        self._screen.wait_line("signage first frame")

    def slip(self, number: int, name: str) -> str:
        """Keep the n-th slip's picture and return what its QR code says."""
        path = self._slips / f"{number:04d}.png"
        wait_for(f"slip {number}", path.with_suffix(".json").exists, timeout=40)
        with Image.open(path) as picture:
            _keep(name, picture, width=picture.width)
        return read_slip_picture(path).qr

    def close(self) -> None:
        """End both."""
        for program in (self._kiosk, self._screen):
            if program:
                program.stop()
        self.finger.close()
