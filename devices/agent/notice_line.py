"""What an LED text sign says: the newest published documents, read from the verified copy. Pure but for the reading."""

from pathlib import Path

import apsw

from content.disclosure.record import DisclosureRecord
from content.feed.policy import TrustRoot
from content.replica.ports import ContentReader
from content.replica.reader import ReplicaReader

MOST = 3
LONGEST = 240
"""Characters; a line that runs longer is read by nobody."""
_GAP = "　　"


def notice_line(content: ContentReader, *, zone: str) -> str:
    """Return the line: the zone's name and the newest titles, each with its body and day."""
    found = content.newest("document", limit=MOST)
    records = [one.record for one in found if isinstance(one.record, DisclosureRecord)]
    if not records:
        return zone
    said = (
        f"{one.issuing_body}：{one.title}" if one.issuing_body else one.title for one in records
    )
    return f"{zone}最新公开{_GAP}{_GAP.join(said)}"[:LONGEST]


def read_notice_line(replica: Path, root: TrustRoot, *, zone: str) -> str | None:
    """Return the line of the copy as it is now; None if it cannot be read just now."""
    reader = ReplicaReader(replica, root)
    try:
        return notice_line(reader, zone=zone)
    except apsw.Error:
        return None
    finally:
        reader.close()
