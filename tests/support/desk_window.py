"""The desk's pages as a signed-in person's browser fetches them, without a browser."""

import re
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

from tests.support.zone import PASSWORD

WAIT_S = 20


class DeskWindow:
    """One person at the desk."""

    def __init__(self, base: str, login: str) -> None:
        self._base = base
        self._open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar())
        ).open
        form = urllib.parse.urlencode({"login": login, "password": PASSWORD}).encode()
        with self._open(f"{base}/desk/login", form, timeout=WAIT_S) as answer:
            assert not answer.url.endswith("/login"), answer.read().decode()

    def page(self, path: str) -> str:
        """Return the HTML of a page."""
        request = urllib.request.Request(self._base + path, headers={"Accept": "text/html"})  # noqa: S310
        with self._open(request, timeout=WAIT_S) as answer:
            return str(answer.read().decode())

    def terminal(self, device: str) -> str:
        """Return what the page of terminals shows of one terminal."""
        page = self.page("/desk/terminals")
        found = re.search(
            rf'<article class="terminal" id="t-{device}">.*?</article>', page, re.DOTALL
        )
        return found[0] if found else ""

    def is_green(self, device: str) -> bool:
        """Say whether the desk shows the terminal as being all right."""
        return "tag-good" in self.terminal(device)
