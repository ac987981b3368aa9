"""What agent and user interface say to each other: one JSON object a line, tagged "m", version "v".

UI -> agent: Hello, Submit, Print, Glass, Tampered, Pong, Session, CardWanted, LookUp, Picture, Counted, Speak.
agent -> UI: Welcome, Submitted, Printed, ReplicaChanged, LinkState, DeviceHealth, Ping, CardSeen, Scanned, Presence,
Progress, Closing, TakePicture, Told, Rest, KeyPressed.
"""

from typing import TypeVar

import msgspec
from typing_extensions import override

from content.errors import PeerError

VERSION = 1
MAX_LINE = 256 * 1024
"""Longest line in bytes; a longer one ends the connection."""


class BadLine(PeerError):
    """A line that is not one of these messages."""


class Message(msgspec.Struct, frozen=True, tag_field="m", kw_only=True):
    """Any message; unknown fields are ignored."""

    v: int = VERSION


class Hello(Message, frozen=True, tag="hello"):
    """The UI names itself: "kiosk" or "signage-1"."""

    ui: str
    pid: int


class Submit(Message, frozen=True, tag="submit"):
    """An information request to be kept. `key` is made by the UI once, so that a retry is the same request.

    `form` is the JSON form of content.requests.form.RequestForm; it is sealed before it touches disk.
    """

    key: str
    form: dict[str, object]


class Print(Message, frozen=True, tag="print"):
    """A slip to print: the JSON form of content.paper.slip.Slip. `again`: the visitor asks for it once more."""

    job: str
    slip: dict[str, object]
    again: bool = False


class Glass(Message, frozen=True, tag="glass"):
    """What has really been drawn; see devices.wire.messages.GlassMark."""

    sequences: dict[str, int]
    item: str = ""
    version: int = 0
    frame: str = ""


class Tampered(Message, frozen=True, tag="tampered"):
    """The UI read an entry that does not verify; it was not shown."""

    record: str
    reason: str


class Session(Message, frozen=True, tag="session"):
    """A citizen's session began or ended (and was wiped)."""

    active: bool


class Counted(Message, frozen=True, tag="counted"):
    """How often queries were asked, missed and led on (content.search.tally.SearchLog): numbers, no visits."""

    day: int
    counts: list[tuple[str, int, int]]
    taps: list[tuple[str, str, int, int]]


class Pong(Message, frozen=True, tag="pong"):
    """Answer to Ping: frames drawn so far and the current screen's name."""

    frames: int
    screen: str


class CardWanted(Message, frozen=True, tag="card_wanted"):
    """A step asks for an ID card, named by a fresh word; "" when it asks no more."""

    step: str


class LookUp(Message, frozen=True, tag="look_up"):
    """Asks how far the request with this receipt code has come."""

    code: str


class Welcome(Message, frozen=True, tag="welcome"):
    """What a UI needs to know of its terminal. `phone`: whom to call where nobody is at hand, "" for nobody."""

    terminal: str
    site: str
    region: str
    zone: str
    public_url: str
    replica: str
    trust_root: dict[str, object]
    attended: bool
    has_printer: bool
    demo: bool = False
    phone: str = ""


class Submitted(Message, frozen=True, tag="submitted"):
    """The request is durable: its receipt code is valid from now on, link or no link.

    `number` is the 受理号, "" until the controller has given it. `error` is a Chinese sentence where the
    request could not be kept; then nothing was stored.
    """

    key: str
    code: str = ""
    number: str = ""
    error: str = ""


class Printed(Message, frozen=True, tag="printed"):
    """What became of a print job.

    outcome: printed | not_started | interrupted | unconfirmed; reason: paper_out, cover_open, silent, ….
    """

    job: str
    outcome: str
    reason: str = ""


class ReplicaChanged(Message, frozen=True, tag="replica"):
    """The replica has been moved on, feed -> sequence; read again."""

    sequences: dict[str, int]


class LinkState(Message, frozen=True, tag="link"):
    """Whether the controller is reached, and since when not (unix seconds, 0 = never)."""

    online: bool
    last_contact: int


class DeviceHealth(Message, frozen=True, tag="health"):
    """Health of a peripheral: ok | warn | down, with a reason; `visitor` is what to tell a visitor, "" for nothing."""

    device: str
    level: str
    reason: str = ""
    visitor: str = ""


class CardSeen(Message, frozen=True, tag="card_seen"):
    """What became of the card that a step asked for.

    state: read (name and number are the card's), gone, take_away (one from before lies there), trouble (`sentence`
    says what to do). Personal data: it goes to the UI that asked, for the step that asked, and is kept nowhere.
    """

    step: str
    state: str
    name: str = ""
    number: str = ""
    sentence: str = ""

    @override
    def __repr__(self) -> str:
        """Return a form without the person."""
        return f"CardSeen(step={self.step!r}, state={self.state!r})"


class Scanned(Message, frozen=True, tag="scanned"):
    """A code of ours was held before the scanner: kind record | receipt, or other for anything that is not ours.

    What a foreign code says goes no further than the scanner's driver. A receipt's code may also be a record's: bare
    codes look alike.
    """

    kind: str
    code: str = ""


class Presence(Message, frozen=True, tag="presence"):
    """Whether somebody stands before the terminal; `present` false only after nobody was seen for 5 s."""

    present: bool


class Progress(Message, frozen=True, tag="progress"):
    """Answer to LookUp: where the request stands, in words for everybody.

    `error` is "" or why it cannot be told now: unknown | away.
    """

    code: str
    state: str = ""
    text: str = ""
    next_step: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    error: str = ""


class Rest(Message, frozen=True, tag="rest"):
    """Nobody is there: the touch screen goes dark, or comes back. A touch brings it back too."""

    on: bool


class Closing(Message, frozen=True, tag="closing"):
    """The terminal stops in so many seconds and `sentence` tells visitors so; 0 takes it back."""

    seconds: int
    sentence: str = ""


class Told(Message, frozen=True, tag="told"):
    """A sentence for whoever stands at the terminal, for example what came of a stick."""

    text: str


class KeyPressed(Message, frozen=True, tag="key"):
    """A key of the keypad for people who do not see the screen: a value of devices.drivers.keypad.codec.Key."""

    key: str


class Speak(Message, frozen=True, tag="speak"):
    """Say this now, in the place of whatever is being said; "" says nothing more.

    It is what the visitor would read, so it may be personal: it is kept nowhere and never logged.
    """

    text: str

    @override
    def __repr__(self) -> str:
        """Return a form without what is said."""
        return "Speak()"


class Ping(Message, frozen=True, tag="ping"):
    """Asks for a Pong, as proof that the UI draws."""


class TakePicture(Message, frozen=True, tag="take_picture"):
    """Asks for a picture of the glass as a PNG at a path; refused while a citizen's session is open."""

    job: str
    path: str


class Picture(Message, frozen=True, tag="picture"):
    """The picture is at the path; or `why` it is not: "session_open" or "no_picture"."""

    job: str
    why: str = ""


ToAgent = (
    Hello
    | Submit
    | Print
    | Glass
    | Tampered
    | Session
    | Pong
    | CardWanted
    | LookUp
    | Picture
    | Counted
    | Speak
)
ToUi = (
    Welcome
    | Submitted
    | Printed
    | ReplicaChanged
    | LinkState
    | DeviceHealth
    | Ping
    | CardSeen
    | Scanned
    | Presence
    | Progress
    | Closing
    | Rest
    | TakePicture
    | Told
    | KeyPressed
)

_M = TypeVar("_M", bound=Message)
_TO_AGENT: "msgspec.json.Decoder[ToAgent]" = msgspec.json.Decoder(ToAgent)
_TO_UI: "msgspec.json.Decoder[ToUi]" = msgspec.json.Decoder(ToUi)


def encode_line(message: Message) -> bytes:
    """Return the message as one line."""
    return msgspec.json.encode(message) + b"\n"


def read_to_agent(line: bytes) -> ToAgent:
    """Read a line that a UI sent.

    Raises:
        BadLine: not one of the messages, or of another version.
    """
    return _decode(_TO_AGENT, line)


def read_to_ui(line: bytes) -> ToUi:
    """Read a line that the agent sent.

    Raises:
        BadLine: not one of the messages, or of another version.
    """
    return _decode(_TO_UI, line)


def _decode(decoder: "msgspec.json.Decoder[_M]", line: bytes) -> _M:
    try:
        message = decoder.decode(line)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadLine(str(error)) from error
    if message.v != VERSION:
        raise BadLine(f"version {message.v} is not spoken here, only {VERSION}")
    return message
