"""MQTT 3.1.1 packets of a client, as bytes in and out (OASIS mqtt-v3.1.1). Pure: no socket, no clock.

The agent speaks through paho, which wants a thread a connection; a fleet has thousands in one process. Only what the
wire uses is here: QoS 0 and 1, clean sessions, a will (wire.md 0.2).
"""

from dataclasses import dataclass

from content.errors import PeerError

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 0x10, 0x20, 0x30, 0x40, 0x82, 0x90
PINGREQ, PINGRESP, DISCONNECT = 0xC0, 0xD0, 0xE0
MOST_BYTES = 1 << 20
"""Larger packets are nothing that a controller says (controller.broker.settings.MAX_PACKET)."""
_CLEAN, _WILL, _WILL_QOS1, _WILL_RETAIN = 0x02, 0x04, 0x08, 0x20
_QOS1, _RETAIN = 0x02, 0x01
_TWO = b"\x00\x00"


class BadPacket(PeerError):
    """The bytes are not what a broker may send."""


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for a client that vanishes; QoS 1, retained."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet as it came.

    Attributes:
        kind: CONNACK, PUBLISH and so on, without flags.
        code: return code of a CONNACK, else 0.
        mid: message id, 0 for none.
        topic: of a PUBLISH.
        payload: of a PUBLISH; the return codes of a SUBACK, one a filter.
        kept: whether the broker had kept a PUBLISH for whoever comes later.
    """

    kind: int
    code: int = 0
    mid: int = 0
    topic: str = ""
    payload: bytes = b""
    kept: bool = False


def connect(client: str, *, keepalive_s: int, will: Will) -> bytes:
    """Return a CONNECT with a clean session."""
    flags = _CLEAN | _WILL | _WILL_QOS1 | _WILL_RETAIN
    body = b"\x00\x04MQTT\x04" + bytes([flags]) + keepalive_s.to_bytes(2, "big")
    return _packet(CONNECT, body + _text(client) + _text(will.topic) + _counted(will.payload))


def subscribe(mid: int, topics: tuple[str, ...], *, qos: int = 1) -> bytes:
    """Return a SUBSCRIBE, at QoS 1 if nothing else is said."""
    filters = b"".join(_text(topic) + bytes([qos]) for topic in topics)
    return _packet(SUBSCRIBE, mid.to_bytes(2, "big") + filters)


def publish(topic: str, payload: bytes, *, mid: int, retain: bool = False) -> bytes:
    """Return a PUBLISH at QoS 1."""
    first = PUBLISH | _QOS1 | (_RETAIN if retain else 0)
    return _packet(first, _text(topic) + mid.to_bytes(2, "big") + payload)


def puback(mid: int) -> bytes:
    """Return a PUBACK."""
    return b"\x40\x02" + mid.to_bytes(2, "big")


def pingreq() -> bytes:
    """Return a PINGREQ."""
    return b"\xc0\x00"


def disconnect() -> bytes:
    """Return a DISCONNECT: the broker forgets the will."""
    return b"\xe0\x00"


class PacketReader:
    """Cuts a stream of bytes into packets; half a packet waits for its other half."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[Packet]:
        """Take bytes; return the packets that they complete.

        Raises:
            BadPacket: nothing that a broker sends.
        """
        data = self._held + data if self._held else data
        packets: list[Packet] = []
        at = 0
        while (end := _end_of(data, at)) is not None:
            head, stop = end
            packets.append(_read(data[at], data[head:stop]))
            at = stop
        self._held = data[at:]
        return packets


def _end_of(data: bytes, at: int) -> tuple[int, int] | None:
    """Return where the body of the packet at a place begins and ends, None if it is not all there."""
    length = shift = 0
    for place in range(at + 1, min(at + 5, len(data))):
        length |= (data[place] & 0x7F) << shift
        if not data[place] & 0x80:
            if length > MOST_BYTES:
                raise BadPacket(f"packet of {length} bytes")
            stop = place + 1 + length
            return (place + 1, stop) if stop <= len(data) else None
        shift += 7
    if len(data) >= at + 5:
        raise BadPacket("length of more than four bytes")
    return None


def _read(first: int, body: bytes) -> Packet:
    kind = first & 0xF0
    match kind:
        case _ if kind == PUBLISH:
            return _read_publish(first, body)
        case _ if kind == CONNACK and len(body) == len(_TWO):
            return Packet(CONNACK, code=body[1])
        case _ if kind in {PUBACK, SUBACK} and len(body) >= len(_TWO):
            return Packet(kind, mid=int.from_bytes(body[:2], "big"), payload=body[2:])
        case _ if kind == PINGRESP:
            return Packet(PINGRESP)
        case _:
            raise BadPacket(f"packet of kind {kind:#x}")


def _read_publish(first: int, body: bytes) -> Packet:
    size = int.from_bytes(body[:2], "big")
    rest = 2 + size
    mid = 0
    try:
        topic = body[2:rest].decode()
    except UnicodeDecodeError as error:
        raise BadPacket("topic is not UTF-8") from error
    if first & 0x06:
        mid = int.from_bytes(body[rest : rest + 2], "big")
        rest += 2
    if rest > len(body):
        raise BadPacket("packet ends too early")
    return Packet(PUBLISH, mid=mid, topic=topic, payload=body[rest:], kept=bool(first & _RETAIN))


def _packet(first: int, body: bytes) -> bytes:
    length, size = bytearray(), len(body)
    while True:
        size, seven = size >> 7, size & 0x7F
        length.append(seven | (0x80 if size else 0))
        if not size:
            return bytes([first]) + bytes(length) + body


def _text(text: str) -> bytes:
    return _counted(text.encode())


def _counted(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data
