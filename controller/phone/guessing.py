"""Name the guesser behind wrong receipt codes, so that one site cannot try codes without end."""

import ipaddress

_IPV6_SITE = 64

TRIES = 10
"""Wrong codes within the window before a site must wait. Right codes are not counted: a village shares one address."""

WINDOW_S = 600.0


def guesser(address: str) -> str:
    """Return what one site holds: an IPv4 address, or a whole IPv6 /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    return str(ipaddress.ip_network((parsed, _IPV6_SITE), strict=False))
