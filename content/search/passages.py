"""What of a record its vectors are made of. Pure."""

from content.disclosure.record import DisclosureRecord
from content.feed.body import Record
from content.programme.emergency import EmergencyNotice
from content.programme.programme import Programme
from content.search.curated import CuratedWords
from content.search.learned import MOST_CHARACTERS
from content.search.match import family


def passage(record: Record) -> str:
    """Return a record's title without its article number, and the beginning of its body."""
    match record:
        case Programme() | EmergencyNotice() | CuratedWords():
            return ""
        case DisclosureRecord():
            body = record.text
        case _:
            body = " ".join((*record.aliases, *record.materials, *record.steps))
    return f"{family(record.title)}\n{body[:MOST_CHARACTERS]}"
