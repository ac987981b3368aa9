"""The text of a card: 256 bytes <-> typed card. UTF-16 little-endian, padded with spaces; byte 248 is the type.

Three layouts are known: resident, residence permit of Hong Kong, Macau and Taiwan (J), foreigner 2017 (I).
The layout of the foreigner's card of 2023 (Y) is not public: it is refused by name, never guessed at.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from typing_extensions import override

from content.errors import PeerError
from content.requests.checking import is_id_number
from devices.drivers.id_card.codec import TEXT_LENGTH

FOR_EVER = "长期"
_TYPE_AT = 248
_CODEC = "utf-16-le"


class CardKind(StrEnum):
    """Kinds of card; the value is the type byte as text, "" for a resident's."""

    RESIDENT = ""
    HMT_PERMIT = "J"
    FOREIGNER = "I"


class UnknownLayout(PeerError):
    """A card whose layout is not known; `type_sign` names it."""

    def __init__(self, type_sign: str) -> None:
        super().__init__(f"no layout for cards of type {type_sign!r}")
        self.type_sign = type_sign


class BadCard(PeerError):
    """The text does not follow its layout; the message names the field, never what stands in it."""


@dataclass(frozen=True, slots=True, repr=False)
class IdCard:
    """What stands on a card. Personal data: kept in memory for one step only, shown masked everywhere else.

    Attributes:
        kind: which card.
        name: in Chinese; may hold private-use characters on old cards: let the person confirm it.
        number: 18 digits; 15 symbols on a foreigner's card of 2017.
        sex: "1" male, "2" female, "0" or "9" not stated.
        birth: date of birth.
        valid_from, valid_to: None for "long term" or unstated.
        nation: two-digit code of GB/T 3304 (resident), or country code (foreigner).
        address, issuer: as printed.
        english_name: foreigner.
        pass_number, issue_count: HMT permit.
        version: foreigner's card version.
    """

    kind: CardKind
    name: str
    number: str
    sex: str = ""
    birth: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    nation: str = ""
    address: str = ""
    issuer: str = ""
    english_name: str = ""
    pass_number: str = ""
    issue_count: str = ""
    version: str = ""

    @override
    def __repr__(self) -> str:
        """Return the masked form: the whole one is for the applicant's own screen."""
        return f"IdCard({self.kind.name}, {self.masked_name}, {self.masked_number})"

    @property
    def masked_number(self) -> str:
        """The number as it may be kept: 110105********002X."""
        return mask_number(self.number)

    @property
    def masked_name(self) -> str:
        """The first character of the name."""
        return f"{self.name[:1]}**" if self.name else ""

    @property
    def is_number_true(self) -> bool:
        """Tell whether the check symbol is right (GB 11643); foreigners' numbers have none that is public."""
        return self.kind is CardKind.FOREIGNER or is_id_number(self.number)

    @property
    def has_private_characters(self) -> bool:
        """Tell whether the name holds characters that have no agreed shape."""
        return any("\ue000" <= sign <= "\uf8ff" or sign >= "\U000f0000" for sign in self.name)

    def is_valid_on(self, day: date) -> bool:
        """Tell whether the card is in force; a missing end is "long term"."""
        starts = self.valid_from is None or self.valid_from <= day
        return starts and (self.valid_to is None or day <= self.valid_to)


def mask_number(number: str) -> str:
    """Return a number with its middle hidden; of one too short to show ends of, nothing."""
    if len(number) <= 10:  # noqa: PLR2004 - six shown before, four after
        return "*" * len(number)
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}"


@dataclass(frozen=True, slots=True)
class _Field:
    """Where a field stands: offset and length in bytes; how it is read and written."""

    name: str
    at: int
    length: int
    read: Callable[[str], object] = str
    write: Callable[[object], str] = str


def _read_date(text: str) -> date | None:
    if text in {"", FOR_EVER}:
        return None
    # fromisoformat is stricter about digits than strptime, which takes "2026 1 1".
    return date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:]}")


def _write_date(value: object) -> str:
    return value.strftime("%Y%m%d") if isinstance(value, date) else ""


def _write_end(value: object) -> str:
    return _write_date(value) or FOR_EVER


def _day(name: str, at: int) -> _Field:
    return _Field(name, at, 16, _read_date, _write_date)


def _end(at: int) -> _Field:
    return _Field("valid_to", at, 16, _read_date, _write_end)


_PERSON = (_Field("name", 0, 30), _Field("sex", 30, 2))
_HOME = (
    _day("birth", 36),
    _Field("address", 52, 70),
    _Field("number", 122, 36),
    _Field("issuer", 158, 30),
    _day("valid_from", 188),
    _end(204),
)
_LAYOUTS: dict[CardKind, tuple[_Field, ...]] = {
    CardKind.RESIDENT: (*_PERSON, _Field("nation", 32, 4), *_HOME),
    CardKind.HMT_PERMIT: (
        *_PERSON,
        *_HOME,
        _Field("pass_number", 220, 18),
        _Field("issue_count", 238, 4),
    ),
    CardKind.FOREIGNER: (
        _Field("english_name", 0, 120),
        _Field("sex", 120, 2),
        _Field("number", 122, 30),
        _Field("nation", 152, 6),
        _Field("name", 158, 30),
        _day("valid_from", 188),
        _end(204),
        _day("birth", 220),
        _Field("version", 236, 4),
        _Field("issuer", 240, 8),
    ),
}


def read_text(text: bytes) -> IdCard:
    """Return the card that these 256 bytes describe.

    Raises:
        UnknownLayout: a type that is not known, such as the foreigner's card of 2023.
        BadCard: the text does not follow its layout.
    """
    if len(text) != TEXT_LENGTH:
        raise BadCard("length")
    sign = _clean(text, _Field("type", _TYPE_AT, 2))
    try:
        kind = CardKind(sign)
    except ValueError as error:
        raise UnknownLayout(sign) from error
    values: dict[str, object] = {}
    for place in _LAYOUTS[kind]:
        try:
            values[place.name] = place.read(_clean(text, place))
        except ValueError:
            # Not chained: the error would carry what stands on the card into a log.
            raise BadCard(place.name) from None
    card = IdCard(kind=kind, **values)  # type: ignore[arg-type]  # names and types are the layout's
    if not card.number or not (card.name or card.english_name):
        raise BadCard("name or number missing")
    return card


def write_text(card: IdCard) -> bytes:
    """Return the 256 bytes of a card, for the simulator.

    Raises:
        ValueError: a field is too long for its place.
    """
    text = bytearray(" ".encode(_CODEC) * (TEXT_LENGTH // 2))
    places = (*_LAYOUTS[card.kind], _Field("kind", _TYPE_AT, 2))
    for place in places:
        data = place.write(getattr(card, place.name)).encode(_CODEC)
        if len(data) > place.length:
            raise ValueError(place.name)
        text[place.at : place.at + len(data)] = data
    return bytes(text)


def _clean(text: bytes, place: _Field) -> str:
    """Return a field without its padding.

    Raises:
        BadCard: broken UTF-16, or control characters.
    """
    try:
        value = text[place.at : place.at + place.length].decode(_CODEC)
    except UnicodeDecodeError:
        raise BadCard(place.name) from None
    value = value.strip(" \x00\u3000")
    if any(sign < " " for sign in value):
        raise BadCard(place.name)
    return value
