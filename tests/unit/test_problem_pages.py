"""Each type of problem that an answer names has its page, and each page a type."""

import re
from pathlib import Path

from controller.problems import BLANK

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs/problems"


def named_types() -> set[str]:
    sources = (ROOT / "controller").rglob("*.py")
    return {
        name
        for source in sources
        for name in re.findall(r'"/problems/([a-z-]+)"', source.read_text("utf-8"))
    }


def test_every_type_of_problem_has_its_page_and_every_page_its_type() -> None:
    pages = {page.stem for page in PAGES.glob("*.md")} - {"README"}

    assert pages == named_types()
    assert BLANK.startswith("about:")


def test_every_page_says_what_to_do() -> None:
    pages = [page for page in PAGES.glob("*.md") if page.stem != "README"]

    assert [page for page in pages if "**What to do.**" not in page.read_text("utf-8")] == []
    listed = (PAGES / "README.md").read_text("utf-8")
    assert [page for page in pages if f"({page.name})" not in listed] == []
