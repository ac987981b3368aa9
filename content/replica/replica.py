"""The replica as its users import it: a reader for the glass, a writer for the agent."""

from content.replica.reader import ReplicaReader
from content.replica.writer import NoPolicy, ReplicaWriter, open_writer

__all__ = ["NoPolicy", "ReplicaReader", "ReplicaWriter", "open_writer"]
