"""Where this screen stands: the names and places that it needs of its terminal."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from content.feed.policy import TrustRoot
from content.regions import BadRegion, check_region
from devices.agent.config import BadConfig, Home, from_toml
from devices.ipc.messages import Welcome

NOWHERE = "00"
"""A division code that no programme is for."""


_NO_ROOT = TrustRoot(())


@dataclass(frozen=True, slots=True)
class Place:
    """One terminal, as its screens see it.

    Attributes:
        zone: the zone's name, "" while nobody has told it.
        site: the hall's or village's name.
        region: its division code.
        public_url: base of the links in QR codes, "" for no codes.
        attended: whether somebody is at hand to ask; while nobody has told it, nobody is promised.
        phone: whom to call instead, "" for nobody.
        replica: the verified copy; None before anything is known.
        root: the pinned root that the copy is checked against.
    """

    zone: str = ""
    site: str = ""
    region: str = NOWHERE
    public_url: str = ""
    attended: bool = False
    phone: str = ""
    replica: Path | None = None
    root: TrustRoot = field(default=_NO_ROOT)


def place_of(welcome: Welcome) -> Place:
    """Return the place that the agent tells.

    Raises:
        msgspec.ValidationError: the trust root is not one.
    """
    return Place(
        zone=welcome.zone,
        site=welcome.site,
        region=_region(welcome.region),
        public_url=welcome.public_url,
        attended=welcome.attended,
        phone=welcome.phone,
        replica=Path(welcome.replica),
        root=msgspec.convert(welcome.trust_root, TrustRoot),
    )


def place_at(folder: Path) -> Place:
    """Return the place that enrolment wrote down, for a start without the agent; an empty one without it."""
    home = Home(folder)
    try:
        config = from_toml(home.config.read_text("utf-8"))
    except (OSError, BadConfig):
        return Place()
    return Place(
        zone=config.zone,
        site=config.site,
        region=_region(config.region),
        public_url=config.public_url,
        attended=config.attended,
        phone=config.phone,
        replica=home.replica,
        root=config.root,
    )


def _region(code: str) -> str:
    try:
        return check_region(code)
    except BadRegion:
        return NOWHERE
