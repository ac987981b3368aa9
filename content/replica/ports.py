"""What readers of the replica ask of it. Kiosk and screens see published content through this alone."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from content.programme.emergency import GRAVITY, EmergencyNotice, is_standing, zone_time

if TYPE_CHECKING:
    # For its name alone: importing it would load the signature library before the first frame of a screen.
    from content.feed.body import Record


@dataclass(frozen=True, slots=True)
class Verified:
    """A record whose signatures were checked at this reading.

    Attributes:
        record: the document, item or programme.
        feed, version: where it stands.
        approved_on: unix seconds.
        approvers: names of those who signed.
        expires: unix second from which it must not be shown, 0 = no end.
    """

    record: "Record"
    feed: str
    version: int
    approved_on: int
    approvers: tuple[str, ...]
    expires: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """One search result.

    Attributes:
        found: the verified record.
        title_marks: spans [start, end) of the title to set bold.
        snippet: a window of up to 60 characters of the body, "" if the title says it all.
        snippet_marks: spans of the snippet to set bold.
        why: the ground that brought it here, a content.search.request.Why.
        through: the everyday name or synonym that led here, "" if the query's own words did.
    """

    found: Verified
    title_marks: tuple[tuple[int, int], ...] = ()
    snippet: str = ""
    snippet_marks: tuple[tuple[int, int], ...] = ()
    why: str = "text"
    through: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    """A page of hits and how many there are in all (capped at 200)."""

    hits: tuple[Hit, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Notices:
    """Emergency notices of one reading; which of them stand depends on the moment.

    Attributes:
        found: the newest first, all verified.
        approved: the latest moment at which people signed anything that is held.
        head_at: the latest moment that a log key has named.
    """

    found: tuple[Verified, ...] = ()
    approved: int = 0
    head_at: int = 0

    def standing(self, *, region: str, now: int) -> tuple[Verified, ...]:
        """Return what is to be shown in a division now, the gravest first, then the newest."""
        at = zone_time(now, approved=self.approved, head_at=self.head_at)
        shown = [
            (one, one.record)
            for one in self.found
            if isinstance(one.record, EmergencyNotice)
            and is_standing(one.record, expires=one.expires, region=region, at=at)
        ]
        return tuple(one for one, notice in sorted(shown, key=lambda pair: GRAVITY[pair[1].level]))


class ContentReader(Protocol):
    """Read-only view of the verified local copy."""

    def sequences(self) -> dict[str, int]:
        """Return feed -> applied sequence."""
        ...

    def get(self, record_id: str) -> Verified:
        """Return a record; raises NotFound, or Refused if it does not verify."""
        ...

    def newest(self, kind: str, *, limit: int, offset: int = 0) -> tuple[Verified, ...]:
        """Return the newest records of a kind, those that do not verify left out and reported."""
        ...

    def search(self, text: str, *, limit: int = 6, offset: int = 0) -> Results:
        """Find documents and items; pinyin, initials and numbers are understood."""
        ...

    def suggest(self, text: str, *, limit: int = 6) -> tuple[str, ...]:
        """Return titles that complete what has been typed so far."""
        ...
