"""The house keeps its own rules: sizes, names, layers, and where screen text lives."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("content", "devices", "signage", "kiosk", "controller")
FILE_CEILING = 400
FUNCTION_CEILING = 40
VAGUE = {"utils", "helpers", "common", "manager", "base", "misc", "util"}


def sources() -> list[Path]:
    return sorted(
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts
    )


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_there_is_a_house_to_look_at() -> None:
    assert len(sources()) > 100


def test_no_file_is_longer_than_the_ceiling() -> None:
    long = {
        str(path): n
        for path in sources()
        if (n := len(path.read_text("utf-8").splitlines())) > FILE_CEILING
    }

    assert long == {}


def test_no_function_is_longer_than_the_ceiling() -> None:
    long = {
        f"{path}:{function.name}": length(function)
        for path in sources()
        for function in functions(ast.parse(path.read_text("utf-8")))
        if length(function) > FUNCTION_CEILING
    }

    assert long == {}


def test_no_module_hides_behind_a_vague_name() -> None:
    assert [path for path in sources() if path.stem in VAGUE] == []


def test_a_package_file_holds_a_docstring_and_nothing_else() -> None:
    busy = [
        path
        for path in sources()
        if path.name == "__init__.py"
        and any(not isinstance(node, ast.Expr) for node in ast.parse(path.read_text("utf-8")).body)
    ]

    assert busy == []


def test_every_module_says_what_it_is_for() -> None:
    mute = [path for path in sources() if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]

    assert mute == []


def test_the_layers_point_down() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX", "NotImplementedError"])
def test_nothing_is_left_for_later_in_the_code(word: str) -> None:
    assert [path for path in sources() if re.search(rf"\b{word}\b", path.read_text("utf-8"))] == []


def test_the_words_of_the_glossary_are_the_words_of_the_code() -> None:
    glossary = (ROOT / "docs/glossary.md").read_text("utf-8")
    used = {
        node.name
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    promised = re.findall(r"^\| `(\w+)` \|", glossary, re.MULTILINE)

    assert promised
    assert [word for word in promised if word not in used] == []


def test_nothing_in_the_tree_evaluates_text_as_code() -> None:
    calls = {
        f"{path}:{node.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"eval", "exec"}
    }

    assert calls == set()
