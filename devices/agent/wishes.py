"""What of a terminal's settings can be wished from afar: names, limits, and the settings that follow. Pure.

Nothing here decides what stands on glass or whom the terminal trusts; that stays with enrolment and signatures. Which
feeds a terminal holds is its enrolment's, too: the broker lets it hear no others.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from devices.agent.config import TerminalConfig
from devices.drivers.printer.model import sheets

_PHONE = re.compile(r"[0-9+() -]{0,30}")


@dataclass(frozen=True, slots=True)
class Setting:
    """A whole number between two limits. `at_once`: it holds without a new start."""

    least: int
    most: int
    at_once: bool = True

    def fits(self, value: str) -> bool:
        """Say whether a value may be wished."""
        is_number = value.isascii() and value.isdigit() and len(value) < 10  # noqa: PLR2004 - digits of any limit
        return is_number and self.least <= int(value) <= self.most


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A telephone number, or nothing."""

    at_once: bool = False

    def fits(self, value: str) -> bool:
        """Say whether a value may be wished."""
        return _PHONE.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class PrinterModel:
    """The key of a printer's sheet."""

    at_once: bool = False

    def fits(self, value: str) -> bool:
        """Say whether a value may be wished."""
        return value in sheets()


SETTINGS: Mapping[str, Setting | PhoneNumber | PrinterModel] = {
    "volume": Setting(0, 100),
    "poll_s": Setting(5, 60),
    "jitter_s": Setting(1, 600),
    "keepalive_s": Setting(5, 1200, at_once=False),
    "scrub_s": Setting(1, 3600, at_once=False),
    "screen_rest_s": Setting(0, 7200, at_once=False),
    "printer_model": PrinterModel(),
    "phone": PhoneNumber(),
}
"""poll_s stays under the time after which the controller takes a terminal on HTTPS for lost."""


def unfit(settings: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the wishes that cannot be followed, sorted."""
    return tuple(sorted(name for name, value in settings.items() if not _fits(name, value)))


def wished(config: TerminalConfig, settings: Mapping[str, str]) -> TerminalConfig:
    """Return the configuration with every wish that fits; the others change nothing."""
    good = {name: value for name, value in settings.items() if _fits(name, value)}
    numbers = {name: int(value) for name, value in good.items() if name in _NUMBERS}
    return replace(
        config,
        keepalive_s=numbers.get("keepalive_s", config.keepalive_s),
        poll_s=numbers.get("poll_s", config.poll_s),
        jitter_s=numbers.get("jitter_s", config.jitter_s),
        scrub_s=numbers.get("scrub_s", config.scrub_s),
        screen_rest_s=numbers.get("screen_rest_s", config.screen_rest_s),
        printer_model=good.get("printer_model", config.printer_model),
        phone=good.get("phone", config.phone),
    )


def volume(settings: Mapping[str, str]) -> str:
    """Return the wished volume in percent, "" for none."""
    value = settings.get("volume", "")
    return value if value and _fits("volume", value) else ""


_NUMBERS = frozenset(name for name, one in SETTINGS.items() if isinstance(one, Setting))


def _fits(name: str, value: str) -> bool:
    setting = SETTINGS.get(name)
    return setting is not None and setting.fits(value)
