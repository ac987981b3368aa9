"""Errors that name whose mistake it is, so that an edge can answer in the user's words."""


class ZoneError(Exception):
    """Anything this product raises on purpose."""


class CallerError(ZoneError):
    """The caller gave something that cannot be used; the message says what to do."""


class PeerError(ZoneError):
    """The other side (a terminal, a broker, a file) broke the rules; the message says how."""


class NotFound(CallerError):
    """The thing asked for is not here."""
