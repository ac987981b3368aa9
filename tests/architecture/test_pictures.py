"""docs/screenshots/README.md shows every picture that is kept there, and no other."""

import re

from tests.support.processes import ROOT

FOLDER = ROOT / "docs/screenshots"
NAMED = re.compile(r"^- !\[\]\(([a-z0-9-]+)\.png\) `\1`: .+\.?$", re.MULTILINE)


def test_each_picture_is_shown_once_with_what_it_shows() -> None:
    shown = NAMED.findall((FOLDER / "README.md").read_text("utf-8"))
    kept = [path.stem for path in FOLDER.glob("*.png")]

    assert len(kept) > 50
    assert sorted(shown) == sorted(kept)
