"""What of a terminal's settings can be wished from afar: names, limits, and the settings that follow. Pure.

Nothing here decides what stands on glass or whom the terminal trusts; that stays with enrolment and signatures.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from devices.agent.config import TerminalConfig


@dataclass(frozen=True, slots=True)
class Setting:
    """A whole number between two limits."""

    least: int
    most: int


SETTINGS: Mapping[str, Setting] = {
    "keepalive_s": Setting(5, 1200),
    "poll_s": Setting(5, 60),
    "jitter_s": Setting(1, 600),
    "scrub_s": Setting(1, 3600),
}
"""poll_s stays under the time after which the controller takes a terminal on HTTPS for lost."""


def unfit(settings: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the wishes that cannot be followed, sorted."""
    return tuple(sorted(name for name, value in settings.items() if not _fits(name, value)))


def wished(config: TerminalConfig, settings: Mapping[str, str]) -> TerminalConfig:
    """Return the configuration with every wish that fits; the others change nothing."""
    good = {name: int(value) for name, value in settings.items() if _fits(name, value)}
    return replace(
        config,
        keepalive_s=good.get("keepalive_s", config.keepalive_s),
        poll_s=good.get("poll_s", config.poll_s),
        jitter_s=good.get("jitter_s", config.jitter_s),
        scrub_s=good.get("scrub_s", config.scrub_s),
    )


def _fits(name: str, value: str) -> bool:
    limits = SETTINGS.get(name)
    is_number = value.isascii() and value.isdigit() and len(value) < 10  # noqa: PLR2004 - digits of any limit
    return limits is not None and is_number and limits.least <= int(value) <= limits.most
