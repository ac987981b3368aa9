"""Keep signed-in browsers on the server: the cookie is a random token, the database holds its hash."""

import logging
import secrets

from controller.services.people import token_hash
from controller.store import people as store
from controller.store.database import Database, DiskFull
from controller.store.people import StoredSession
from devices.clock import Clock

logger = logging.getLogger(__name__)

TOUCH_S = 60
"""A session in use is noted at most once a minute: reading pages must not mean writing."""


class Sessions:
    """Server-side sessions that end after a time without use."""

    def __init__(self, *, database: Database, clock: Clock, idle_s: int) -> None:
        self._database = database
        self._clock = clock
        self._idle_s = idle_s

    async def load(self, token: str) -> StoredSession | None:
        """Return the session of a token, None if it ended or never was."""
        now = self._now()
        async with self._database.read() as c:
            session = await store.find_session(c, token_hash(token))
        if session is None or session.seen + self._idle_s <= now:
            return None
        if session.seen + TOUCH_S <= now:
            await self._touch(session.token_hash, now)
        return session

    async def begin(self, person: str) -> str:
        """Begin a session and return its token; those that were idle for too long go."""
        now, token = self._now(), secrets.token_urlsafe(32)
        session = StoredSession(token_hash(token), person, secrets.token_urlsafe(24), now, now)
        async with self._database.write() as c:
            await store.end_sessions(c, seen_before=now - self._idle_s)
            await store.keep_session(c, session)
        return token

    async def end(self, token: str) -> None:
        """End a session."""
        async with self._database.write() as c:
            await store.end_sessions(c, token_hash=token_hash(token))

    def _now(self) -> int:
        return int(self._clock.now().timestamp())

    async def _touch(self, hashed: str, now: int) -> None:
        try:
            async with self._database.write() as c:
                await store.touch_session(c, hashed, now)
        except DiskFull:  # reading goes on while the disk is full
            logger.warning("session use not noted: disk full")
