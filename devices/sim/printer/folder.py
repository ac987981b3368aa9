"""Slips that have left the printer, as files: NNNN.png, NNNN.txt and, last, NNNN.json."""

import json
from datetime import datetime
from pathlib import Path

from devices.sim.printer.strip import PrintedSlip


class SlipFolder:
    """Writes each slip once. A file is there whole or not at all; a slip is there when its .json is."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._count = max((int(path.stem) for path in folder.glob("[0-9]*.json")), default=0)

    @property
    def count(self) -> int:
        """The number of the last slip."""
        return self._count

    def keep(self, slip: PrintedSlip, now: datetime) -> Path:
        """Write one slip; return the path of its picture."""
        self._count += 1
        stem = self._folder / f"{self._count:04}"
        picture = stem.with_suffix(".png")
        part = stem.with_suffix(".png.part")
        slip.picture.save(part, format="PNG")
        part.replace(picture)
        _write(stem.with_suffix(".txt"), "".join(f"{line}\n" for line in slip.lines))
        _write(stem.with_suffix(".json"), json.dumps(self._facts(slip, now), ensure_ascii=False))
        return picture

    def _facts(self, slip: PrintedSlip, now: datetime) -> dict[str, object]:
        return {
            "number": self._count,
            "at": now.isoformat(timespec="seconds"),
            "lines": slip.lines,
            "qr": slip.codes,
            "height_mm": slip.height_mm,
            "cut": slip.was_cut,
        }


def _write(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text, "utf-8")
    part.replace(path)
