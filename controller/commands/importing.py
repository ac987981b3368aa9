"""Read policy documents from files; show what they say, and keep them as drafts where asked."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aiohttp import web

from content.disclosure.classes import DISCLOSURE_CLASS_ZH
from content.errors import CallerError, ZoneError
from controller import keys
from controller.auth.roles import Role
from controller.commands.offline import offline
from controller.config import load_config
from controller.importing.importing import Imported, import_file
from controller.store.people import Person, list_people

SUFFIXES = frozenset({".txt", ".docx", ".pdf", ".html", ".htm"})


class NoDrafter(CallerError):
    """Nobody is there in whose name drafts could be kept."""


def import_files(options: argparse.Namespace) -> int:
    """Import files one by one: one that cannot be read says why, the others go on."""
    read: list[Path] = []
    failed = 0
    for path in _files(options.paths):
        try:
            imported = import_file(path.name, path.read_bytes())
        except (ZoneError, OSError) as error:
            failed += 1
            sys.stderr.write(f"{path}：{_sentence(error)}\n")
            continue
        read.append(path)
        _show(imported, as_json=options.json)
    if options.state and read:
        drafts = asyncio.run(_keep(options.state, options.login, read))
        sys.stderr.write(f"已保存 {len(drafts)} 份草稿：{'、'.join(drafts)}\n")
    return 2 if failed else 0


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(one for one in path.rglob("*") if one.suffix.lower() in SUFFIXES)
        else:
            yield path


def _sentence(error: ZoneError | OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "文件不存在，请检查路径。"
    return "无法读取文件，请检查权限。" if isinstance(error, OSError) else str(error)


def _show(imported: Imported, *, as_json: bool) -> None:
    fields = _fields(imported)
    if as_json:
        sys.stdout.write(json.dumps(fields, ensure_ascii=False) + "\n")
        return
    words = {
        "文件": fields["file"],
        "标题": fields["title"],
        "文号": fields["document_number"],
        "发文机关": fields["issuing_body"],
        "成文日期": fields["written_on"],
        "公开属性": fields["disclosure_mark"],
        "正文": f"{fields['blocks']} 段",
        "附件": "、".join(fields["annexes"]),
        "引用": "、".join(fields["cited"]),
    }
    for name, value in words.items():
        sys.stdout.write(f"{name}：{value or '（原文未写明）'}\n")
    for warning in imported.document.warnings:
        sys.stdout.write(f"  ！{warning.sentence}\n")
    sys.stdout.write("\n")


def _fields(imported: Imported) -> dict[str, Any]:
    document = imported.document
    mark = document.disclosure_mark
    return {
        "file": imported.source_name,
        "sha256": imported.sha256,
        "title": document.title,
        "document_number": document.document_number,
        "issuing_body": document.issuing_body,
        "written_on": document.written_on.isoformat() if document.written_on else "",
        "disclosure_mark": DISCLOSURE_CLASS_ZH[mark] if mark else "",
        "blocks": len(document.blocks),
        "annexes": list(document.annexes_present),
        "cited": [one.label for one in document.cited],
        "warnings": [one.phrase for one in document.warnings],
    }


async def _keep(state: Path, login: str, paths: list[Path]) -> list[str]:
    async with offline(load_config(state)) as app:
        by = await _drafter(app, login)
        drafts = []
        for path in paths:
            # The file itself is kept too, and one that is known already makes no second draft.
            data = await asyncio.to_thread(path.read_bytes)
            draft = await app[keys.DOCUMENTS].take_file(by, name=path.name, data=data)
            drafts.append(draft.id)
        return drafts


async def _drafter(app: web.Application, login: str) -> Person:
    async with app[keys.DATABASE].read() as c:
        everybody = await list_people(c)
    drafters = [one for one in everybody if one.active and Role.DRAFTER in one.roles]
    chosen = [one for one in drafters if login in {"", one.login}]
    if len(chosen) == 1:
        return chosen[0]
    if login:
        raise NoDrafter(f"没有登录名为 {login} 的拟稿人，请检查登录名和角色。")
    if chosen:
        raise NoDrafter("有多名拟稿人，请用 --login 指明草稿归谁。")
    raise NoDrafter("还没有拟稿人，请管理员先在工作台邀请一名拟稿人。")
