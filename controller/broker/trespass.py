"""Read mosquitto's log: which enrolled terminals reached for topics that are not theirs. Lines in, trespasses out.

The access list has refused them already; nobody else would know. A denied publish is told as such, a denied
subscription is granted and then never served, and a denied will is dropped when it falls due (all 2.0.11, measured):
so subscriptions and wills are held against the list here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from controller.broker.pki import CONTROLLER
from controller.broker.settings import DeviceAccess
from devices.wire import topics

MAX_TOPIC = 120
ANY_FEED = "+/+"
"""To a terminal that is not on the list: it may have been enrolled a moment ago, and its list be on the way."""
_DENIED = re.compile(r"Denied PUBLISH from (\S+) \(d\d, q\d, r\d, m\d+, '(.*)', \.\.\. \(")
_ASKED = re.compile(r"([\w.-]+) [012] (\S.*)$")
_CAME = re.compile(r"New client connected from \S+ as (\S+) \(")
_WILL = re.compile(r"\t(.+)$")
_OVERSIZE = re.compile(r"Client (\S+) disconnected due to oversize packet")
_WILL_FOLLOWS = "Will message specified"


class Deed(StrEnum):
    """What a terminal tried."""

    SAY = "say"
    HEAR = "hear"
    WILL = "will"
    OVERSIZE = "oversize"
    """A packet larger than the broker takes; its link was ended."""


@dataclass(frozen=True, slots=True)
class Trespass:
    """A terminal, by the name in its certificate, reached for what is not its own; `topic` "" for none."""

    device: str
    deed: Deed
    topic: str


class TrespassWatch:
    """Follows the log of one broker process."""

    def __init__(self) -> None:
        self._rules: Mapping[str, tuple[tuple[str, str], ...]] = {}
        self._came = ""
        self._will_of = ""

    def allow(self, devices: Iterable[DeviceAccess]) -> None:
        """Take over the list that the broker works by from now on."""
        self._rules = {one.device: topics.device_acl(one.device, one.feeds) for one in devices}

    def read(self, line: str) -> Trespass | None:
        """Take the next line; return the trespass that it tells of."""
        will_of, self._will_of = self._will_of, ""
        if came := _CAME.match(line):
            self._came = came[1]
        elif line.startswith(_WILL_FOLLOWS):
            self._will_of = self._came
        elif will_of and (will := _WILL.match(line)):
            return self._judge(will_of, Deed.WILL, will[1])
        elif denied := _DENIED.match(line):
            return self._judge(denied[1], Deed.SAY, denied[2])
        elif asked := _ASKED.match(line):
            return self._judge(asked[1], Deed.HEAR, asked[2])
        elif large := _OVERSIZE.match(line):
            return Trespass(large[1], Deed.OVERSIZE, "")
        return None

    def _judge(self, device: str, deed: Deed, topic: str) -> Trespass | None:
        if device == CONTROLLER or any(
            access == _ACCESS[deed] and topics.covers(allowed, topic)
            for access, allowed in self._rules_of(device)
        ):
            return None
        return Trespass(device, deed, topic[:MAX_TOPIC])

    def _rules_of(self, device: str) -> tuple[tuple[str, str], ...]:
        return self._rules.get(device) or topics.device_acl(device, (ANY_FEED,))


_ACCESS = {Deed.SAY: "write", Deed.WILL: "write", Deed.HEAR: "read"}
