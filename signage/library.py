"""Read the replica for the player: one reading at a time, the last good one kept, what fails reported once."""

import logging
from collections.abc import Callable
from typing import Protocol

from content.errors import NotFound
from content.feed.verify import Refused
from content.programme.programme import Programme
from content.replica.ports import Notices, Verified
from signage.player import Content

log = logging.getLogger(__name__)

MOST_DOCUMENTS = 60
MOST_PROGRAMMES = 20

Report = Callable[[str, str], None]


class Replica(Protocol):
    """The verified copy, as far as a screen needs it (content.replica.reader)."""

    def sequences(self) -> dict[str, int]:
        """Return feed -> applied sequence."""
        ...

    def get(self, record_id: str) -> Verified:
        """Return a record; raises NotFound, or Refused if it does not verify."""
        ...

    def newest(self, kind: str, *, limit: int, offset: int = 0) -> tuple[Verified, ...]:
        """Return the newest records of a kind that verify."""
        ...

    def tampered(self) -> tuple[tuple[str, str], ...]:
        """Return (record, reason) of all that failed to verify."""
        ...

    def content_as_of(self) -> int:
        """Return the unix second up to which the content is complete, 0 if unknown."""
        ...

    def notices(self) -> Notices:
        """Return the emergency notices that are held."""
        ...


class Library:
    """Holds the newest reading; empty until a reader is given."""

    def __init__(self, *, report: Report) -> None:
        self._report = report
        self._reported: dict[str, str] = {}
        self._reader: Replica | None = None
        self.content = Content()

    def open(self, reader: Replica) -> None:
        """Read from here from now on."""
        self._reader = reader
        self.reload()

    def reload(self) -> None:
        """Read again. The sequences are read first: what is shown is never older than they say."""
        if self._reader is None:
            return
        sequences = self._reader.sequences()
        documents = self._reader.newest("document", limit=MOST_DOCUMENTS)
        programmes = self._reader.newest("programme", limit=MOST_PROGRAMMES)
        found = tuple(one.record for one in programmes if isinstance(one.record, Programme))
        self.content = Content(sequences, found, documents, self._reader.notices())
        for record_id, reason in self._reader.tampered():
            self.tell(record_id, reason)

    @property
    def as_of(self) -> int:
        """The unix second up to which the content is complete, 0 if unknown."""
        return self._reader.content_as_of() if self._reader is not None else 0

    def fetch(self, record_id: str) -> Verified | None:
        """Return a record, verified at this moment; None and reported if it is not to be shown."""
        if self._reader is None:
            return None
        try:
            return self._reader.get(record_id)
        except NotFound:
            return None
        except Refused as error:
            self.tell(record_id, str(error.reason))
            return None

    def tell(self, record_id: str, reason: str) -> None:
        """Report a record that does not verify, once for each reason."""
        if self._reported.get(record_id) != reason:
            self._reported[record_id] = reason
            log.warning("record refused", extra={"record": record_id, "reason": reason})
            self._report(record_id, reason)

    def tell_again(self) -> None:
        """Report everything anew, to an agent that has just come."""
        for record_id, reason in self._reported.items():
            self._report(record_id, reason)
