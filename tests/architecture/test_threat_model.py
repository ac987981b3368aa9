"""docs/threat-model.md tells of exactly the attacks that are tried, and each row says all four things."""

import ast
import re

from tests.architecture.test_house_rules import ROOT

ROW = re.compile(r"^\| (?!attack|-|\*\*)(.+) \|$", re.MULTILINE)
LEAST = 25
"""Named attacks that issue 3 asks for."""


def _rows() -> list[list[str]]:
    text = (ROOT / "docs/threat-model.md").read_text("utf-8")
    told = text[text.index("## The attacks that are tried") :]
    return [[cell.strip() for cell in row.split(" | ")] for row in ROW.findall(told)]


def _tried() -> set[str]:
    return {
        node.name.removeprefix("test_").replace("_", " ")
        for path in (ROOT / "tests/hostile").glob("test_*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    }


def test_every_attack_that_is_tried_stands_in_the_threat_model_once() -> None:
    names = [row[0] for row in _rows()]

    assert len(names) == len(set(names))
    assert set(names) == _tried()
    assert len(names) >= LEAST


def test_every_attack_says_what_it_tries_what_stops_it_and_where_it_is_reported() -> None:
    assert [row for row in _rows() if len(row) != 4 or not all(row)] == []
