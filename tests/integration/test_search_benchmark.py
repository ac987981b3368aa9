"""Anybody's files are judged by `python -m benchmarks.search`, and what is wrong with them is told in a sentence."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from benchmarks.search import main

DOCUMENTS: tuple[dict[str, Any], ...] = (
    {
        "id": 1,
        "title": "示范县农村危房改造补助办法",
        "text": "每户补助三万元，由乡镇人民政府审核。",
    },
    {
        "id": 2,
        "title": "城乡居民最低生活保障标准",
        "text": "每人每月七百二十元。",
        "by": ["民政局"],
    },
    {"id": "3", "text": "农机购置补贴 先购机后申请，补贴资金直接兑付。"},
    {
        "docid": "d4",
        "title": "河道采砂许可",
        "text": "在河道管理范围内采砂须经水利局批准。",
        "category": None,
    },
)
QUESTIONS: tuple[dict[str, Any], ...] = (
    {"qid": 7, "question": "危房改造补助多少钱？", "relevant": [1]},
    {"question": "最低生活保障每人每月多少", "relevant": ["2"], "answer": "七百二十元"},
    {"query": "农机补贴怎么申请", "docid": 3},
    {"question": "在河里采砂要批准吗", "relevant": {"d4": 1, "2": 0}},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "docs.jsonl", DOCUMENTS)
    write(tmp_path / "qrels.jsonl", QUESTIONS)
    return tmp_path


def write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")


def run(folder: Path, *arguments: str) -> int:
    common = ("--data", str(folder / "none"), "--cache", str(folder / "cache"), "--lexical")
    return main([*arguments, *common])


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


@pytest.mark.parametrize(("option", "name"), [("--articles", "statute"), ("--docs", "docs")])
def test_given_files_are_judged_beside_the_peers(
    option: str, name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(folder, option, str(folder / "docs.jsonl"), "--qrels", str(folder / "qrels.jsonl"))

    said = last_line(capsys)
    assert done == 0
    assert said["sets"][name]["queries"] == len(QUESTIONS)
    assert said["sets"][name]["mrr10"] == said["macro_mrr"] == 1.0
    assert said["sets"][name]["recall10"] == 1.0
    assert said["ratio_to_best_peer"] >= 1.0
    assert {"fts5 trigram", "fts5 + jieba", "fts5 bigram", "tantivy bigram"} <= {
        peer.split(", ")[0] for peer in said["peers"]
    }
    assert said["xapian"] or "apt-get install python3-xapian" in said["absent"]


def test_a_compressed_file_is_judged_and_names_of_items_make_known_item_sets(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    items = [
        {"id": at, "name": name, "department": "区民政局"}
        for at, name in enumerate(("最低生活保障审核确认", "农村危房改造补助审批", "养老机构备案"))
    ]
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in items)
    (folder / "items.jsonl.zst").write_bytes(zstd.compress(text.encode()))

    done = run(folder, "--docs", str(folder / "items.jsonl.zst"), "--no-peers")

    said = last_line(capsys)
    assert done == 0
    assert {"kw", "drop"} <= set(said["sets"])
    assert said["macro_mrr"] > 0.9
    assert said["ratio_to_best_peer"] is None


def test_a_second_run_learns_nothing_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--docs", str(folder / "docs.jsonl"), "--qrels", str(folder / "qrels.jsonl"))
    run(folder, *arguments, "--no-peers")
    assert "round 1 of 3" in capsys.readouterr().err

    run(folder, *arguments, "--no-peers")

    assert "round 1 of 3" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("documents", "questions", "told"),
    [
        ('{"id": 1, "text": "甲"}\n{"id": 2,', "", "docs.jsonl, line 2: this is not JSON"),
        ('["甲"]', "", "docs.jsonl, line 1: a JSON object is expected"),
        ('{"text": "甲"}', "", "docs.jsonl, line 1: there is no id or docid"),
        ('{"id": 1}', "", "docs.jsonl, line 1: there is no title or text"),
        ('{"id": 1, "text": "甲"}\n\n{"id": "1", "text": "乙"}', "", "line 3: the id 1 is another"),
        ("", "", "docs.jsonl holds no document"),
        (None, '{"relevant": [1]}', "qrels.jsonl, line 1: there is no question or query"),
        (None, '{"question": "低保"}', "qrels.jsonl, line 1: there is no relevant or docid"),
        (None, "", "There is nothing to judge"),
    ],
)
def test_a_bad_file_is_told_in_a_sentence(
    documents: str | None,
    questions: str,
    told: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if documents is not None:
        (folder / "docs.jsonl").write_text(documents, "utf-8")
    (folder / "qrels.jsonl").write_text(questions, "utf-8")

    done = run(folder, "--docs", str(folder / "docs.jsonl"), "--qrels", str(folder / "qrels.jsonl"))

    assert done == 2
    assert told in capsys.readouterr().err


def test_a_file_that_is_not_there_is_told_in_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "--docs", str(folder / "other.jsonl")) == 2
    assert "other.jsonl cannot be read" in capsys.readouterr().err


def test_questions_about_absent_documents_are_counted_and_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder / "qrels.jsonl", [*QUESTIONS, {"question": "医保报销比例", "relevant": ["9"]}])

    run(
        folder,
        *("--docs", str(folder / "docs.jsonl"), "--qrels", str(folder / "qrels.jsonl")),
        "--no-peers",
    )

    captured = capsys.readouterr()
    assert "1 of 5 questions name no document that is here" in captured.err
    assert json.loads(captured.out.splitlines()[-1])["sets"]["docs"]["recall10"] == 0.8
