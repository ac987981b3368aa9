"""Load the kv rules that stand beside a Python file, once a process."""

from pathlib import Path

from kivy.lang import Builder


def load_rules(python_file: str) -> None:
    """Load NAME.kv beside NAME.py; a second call for the same file does nothing."""
    path = str(Path(python_file).with_suffix(".kv"))
    if path not in Builder.files:
        Builder.load_file(path, encoding="utf-8")
