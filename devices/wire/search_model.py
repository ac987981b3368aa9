"""What the controller offers of the learned search model: GET /search-model. The file itself is a blob."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelOffer:
    """The model in use.

    Attributes:
        name: its name, "" if none is in use.
        sha256: under which it lies among the blobs.
        size: in bytes.
    """

    name: str = ""
    sha256: str = ""
    size: int = 0
