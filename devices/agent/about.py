"""What machine this is: hardware, software, screens, peripherals, for z/1/d/{dev}/info."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

import msgspec

from devices.agent.config import TerminalConfig

PACKAGE = "disclosure-zone"


def software_version() -> str:
    """Return the version that runs, "" where the package is not installed."""
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return ""


def about(settings: TerminalConfig) -> bytes:
    """Return the JSON of the info topic; no names of people, no addresses."""
    system = platform.uname()
    return msgspec.json.encode(
        {
            "software": software_version(),
            "python": platform.python_version(),
            "system": f"{system.system} {system.release} {system.machine}",
            "processors": os.cpu_count() or 0,
            "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
            "screens": settings.screens,
            "peripherals": ["printer"] if settings.printer else [],
        }
    )
