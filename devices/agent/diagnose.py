"""Says in Chinese why the broker is not reached. Asked after a connection failed.

With TLS 1.3 a server refuses a client certificate only after the handshake looked done, and the MQTT library
swallows the alert; so the reason is asked for with a connection of our own.
"""

import socket
import ssl

from devices.agent import sentences
from devices.agent.ports import Lost

PROBE_S = 5.0
SILENCE_S = 1.0
"""A broker that accepts the certificate says nothing before our CONNECT."""


def why(error: BaseException) -> Lost:
    """Return the code and sentence of a failed connection."""
    match error:
        case ssl.SSLCertVerificationError():
            return Lost("broker_untrusted", sentences.BROKER_UNTRUSTED)
        case ssl.SSLError() if "ALERT" in (error.reason or "").upper():
            return Lost("certificate_refused", sentences.CERTIFICATE_REFUSED)
        case _:
            return Lost("broker_unreachable", sentences.BROKER_UNREACHABLE)


def probe(host: str, port: int, tls: ssl.SSLContext) -> Lost | None:
    """Connect once and return why the broker would not have us, None if nothing shows."""
    try:
        with (
            socket.create_connection((host, port), timeout=PROBE_S) as plain,
            tls.wrap_socket(plain, server_hostname=host) as link,
        ):
            return _after_handshake(link)
    except OSError as error:
        return why(error)


def _after_handshake(link: ssl.SSLSocket) -> Lost | None:
    """Listen for a refusal: who closes now, with an alert or without, does not want our certificate."""
    link.settimeout(SILENCE_S)
    try:
        link.recv(1)
    except TimeoutError:
        return None
    except OSError:
        pass
    return Lost("certificate_refused", sentences.CERTIFICATE_REFUSED)
