"""Searches on a thread of its own, so that drawing and typing never wait for it.

The thread has its own reading of the copy. It looks for one thing at a time; of what was asked meanwhile only the
newest is kept. Of a visitor's words nothing stays here once they are answered or forgotten.
"""

from __future__ import annotations

import logging
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from kiosk.flows.seeking import Ask, Found, look

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.flows.content import Content
    from kiosk.words import Words

logger = logging.getLogger(__name__)


class BesideSeeker:
    """Looks beside the thread that asks."""

    def __init__(self, content: Content, words: Words, *, at_end: Callable[[], None]) -> None:
        """Look in this content, which nobody else may read; at_end lets go of it."""
        self._content = content
        self._words = words
        self._at_end = at_end
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="search")
        self._newest: tuple[Ask, Future[Found]] | None = None

    def seek(self, ask: Ask) -> None:
        """Look for this next; what waits is dropped, what is being looked for will not be heard."""
        self.forget()
        self._newest = (ask, self._pool.submit(look, ask, self._content, self._words))

    def found(self) -> Found | None:
        """Return the answer to the newest ask, once; None while there is none."""
        if self._newest is None or not self._newest[1].done():
            return None
        (ask, future), self._newest = self._newest, None
        try:
            error = future.exception()
        except CancelledError:
            return None
        if error is None:
            return future.result()
        # The error's text may hold what a visitor typed: only its kind is logged.
        logger.error("search failed", extra={"error": type(error).__name__})
        return Found(ask, failed=True)

    def forget(self) -> None:
        """Drop what was asked, and its answer if it still comes."""
        if self._newest is not None:
            self._newest[1].cancel()
            self._newest = None

    def close(self) -> None:
        """End the thread, after what it is at."""
        self.forget()
        self._pool.submit(self._at_end)
        self._pool.shutdown(wait=True)
