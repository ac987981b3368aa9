"""A real Chromium for tests of pages, with the project's Chinese font and no network beyond loopback."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, ViewportSize, async_playwright

CHROMIUM = Path("/usr/bin/chromium")
FONTS = Path(__file__).parents[2] / "signage" / "kit" / "fonts"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
FONTCONFIG = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir>
<match target="pattern"><edit name="family" mode="append"><string>Noto Sans SC</string></edit></match>
</fontconfig>
"""
DESK_SIZE: ViewportSize = {"width": 1280, "height": 800}
PHONE_SIZE: ViewportSize = {"width": 390, "height": 844}


@asynccontextmanager
async def open_browser(folder: Path) -> AsyncIterator[Browser]:
    """Start Chromium; its font settings rest in `folder`, the machine's own stay as they are."""
    settings = folder / "fonts.conf"
    settings.write_text(FONTCONFIG.format(fonts=FONTS, cache=folder / "fontcache"), "utf-8")
    environment: dict[str, Any] = {**os.environ, "FONTCONFIG_FILE": str(settings)}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=list(FLAGS), env=environment
        )
        try:
            yield browser
        finally:
            await browser.close()
