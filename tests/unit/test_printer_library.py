"""What the printing library does to its host when it is imported, and that nothing of it stays."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRINT_A_CODE = """
import logging, tempfile
from devices.drivers.printer.escpos_library import native_qr
before = tempfile.gettempdir()
assert native_qr("https://zone.example/d/7KQ2M9XD4F", 6).count(b"7KQ2M9XD4F") == 1
assert logging.getLogger().handlers == []
assert tempfile.gettempdir() == before
"""


def test_nothing_stays_of_the_librarys_import(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PRINT_A_CODE],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
