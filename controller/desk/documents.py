"""Pages of documents: list, upload, the page where a person corrects, proposes and submits, and what changed."""

import json
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from aiohttp import web

from content.catalog.domains import DOMAINS
from content.disclosure.classes import DisclosureClass, WithholdingGround
from content.disclosure.record import BlockKind, DisclosureRecord, Validity
from content.errors import CallerError, NotFound
from controller.auth.permissions import Forbidden, Permission, allow, require
from controller.auth.sessions import signed_in
from controller.desk.document_view import (
    FIELD_NAMES,
    compare_blocks,
    compare_fields,
    edited_blocks,
    place_warnings,
    shown_blocks,
)
from controller.desk.forms import BadInput, choice, day, number, word
from controller.desk.pages import address, done, language_of, page, say, show_day
from controller.desk.paging import Pager, offset_of
from controller.keys import CONFIG, DOCUMENTS, PEOPLE, PROGRESS, PUBLISHING
from controller.services.documents import open_points
from controller.store.documents import Document, DocumentFields, DocumentState, Proposal

LIST = 50
MAX_TEXT = 200_000


async def documents(request: web.Request) -> web.Response:
    """List working copies by state and words."""
    by = signed_in(request)
    state = choice(request.query, "state", DocumentState)
    text, offset = word(request.query, "text", limit=100), offset_of(request)
    rows = await request.config_dict[DOCUMENTS].list(
        by, state=state, text=text, limit=LIST + 1, offset=offset
    )
    return await page(
        request,
        "documents.html",
        rows=rows[:LIST],
        counts=await request.config_dict[DOCUMENTS].counts(by),
        states=tuple(DocumentState),
        state=state or "",
        text=text,
        names=await request.config_dict[PEOPLE].names(),
        may_draft=allow(by, Permission.DRAFT_DOCUMENT),
        upload_mb=request.config_dict[CONFIG].upload_mb,
        upload_words=_upload_words(request),
        pager=Pager.of(request, offset=offset, size=LIST, more=len(rows) > LIST),
    )


async def document(request: web.Request) -> web.Response:
    """Show a working copy; `?edit=` opens one part of it for editing."""
    found = await _get(request)
    return await _show(request, found, edit=request.query.get("edit", ""))


async def edit_fields(request: web.Request) -> web.StreamResponse:
    """Keep the corrected fields."""
    found, form = await _get(request), await request.post()
    typed = {name: word(form, name) for name in FIELD_NAMES}
    try:
        fields = replace(
            found.fields,
            title=_one_line(typed["title"]),
            document_number=typed["document_number"],
            issuing_body=typed["issuing_body"],
            written_on=day(form, "written_on", sentence=say(request, "field.bad_date")),
            validity=choice(form, "validity", Validity) or Validity.UNSTATED,
            domain=typed["domain"] if typed["domain"] in _domain_keys() else "",
            contact=typed["contact"],
        )
        await request.config_dict[DOCUMENTS].correct(
            signed_in(request),
            found.id,
            seen=number(form, "seen"),
            fields=fields,
            blocks=found.blocks,
        )
    except CallerError as error:
        return await _show(request, found, edit="fields", problem=str(error), typed=typed)
    raise web.HTTPSeeOther(address(request, "document", id=found.id))


async def edit_block(request: web.Request) -> web.StreamResponse:
    """Keep one corrected block of the text."""
    found, form = await _get(request), await request.post()
    place = int(request.match_info["number"])
    try:
        if place >= len(found.blocks):
            raise BadInput(say(request, "block.gone"))
        blocks = edited_blocks(
            found.blocks,
            place,
            kind=choice(form, "kind", BlockKind) or found.blocks[place].kind,
            level=number(form, "level"),
            text=word(form, "text", limit=MAX_TEXT),
        )
        await request.config_dict[DOCUMENTS].correct(
            signed_in(request),
            found.id,
            seen=number(form, "seen"),
            fields=found.fields,
            blocks=blocks,
        )
    except CallerError as error:
        return await _show(request, found, edit=f"block-{place}", problem=str(error))
    raise web.HTTPSeeOther(address(request, "document", id=found.id))


async def propose(request: web.Request) -> web.StreamResponse:
    """Keep the proposed disclosure class with its ground."""
    found, form = await _get(request), await request.post()
    chosen = choice(form, "class", DisclosureClass)
    proposal = Proposal(
        chosen or DisclosureClass.PROACTIVE,
        ground=choice(form, "ground", WithholdingGround),
        reason=word(form, "reason"),
        mark_confirmed=word(form, "mark_confirmed") == "1",
    )
    try:
        if chosen is None:
            raise BadInput(say(request, "class.choose_one"))
        await request.config_dict[DOCUMENTS].propose(
            signed_in(request), found.id, proposal, seen=number(form, "seen")
        )
    except CallerError as error:
        return await _show(request, found, edit="class", problem=str(error), typed_class=proposal)
    raise web.HTTPSeeOther(address(request, "document", id=found.id))


async def submit(request: web.Request) -> web.StreamResponse:
    """Hand the document to the approvers."""
    found, form = await _get(request), await request.post()
    try:
        await request.config_dict[DOCUMENTS].submit(
            signed_in(request), found.id, seen=number(form, "seen")
        )
    except CallerError as error:
        return await _show(request, await _get(request), problem=str(error))
    raise done(request, "document", "submitted", id=found.id)


async def changes(request: web.Request) -> web.Response:
    """Show what differs between the working copy and what is public."""
    found = await _get(request)
    published = await request.config_dict[PUBLISHING].record(found.id, even_withdrawn=True)
    record = published.record
    if not isinstance(record, DisclosureRecord):
        raise NotFound(say(request, "changes.not_a_document"))
    return await page(
        request,
        "changes.html",
        doc=found,
        version=published.version,
        fields=compare_fields(record, found.fields),
        lines=compare_blocks(record.blocks, found.blocks),
    )


async def _get(request: web.Request) -> Document:
    return await request.config_dict[DOCUMENTS].get(signed_in(request), request.match_info["id"])


async def _show(
    request: web.Request,
    found: Document,
    *,
    edit: str = "",
    problem: str = "",
    typed: dict[str, str] | None = None,
    typed_class: Proposal | None = None,
) -> web.Response:
    by, people = signed_in(request), request.config_dict[PEOPLE]
    rights = _rights(request, found)
    placed = place_warnings(found)
    form = await request.post() if problem else {}
    return await page(
        request,
        "document.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        doc=found,
        doc_url=address(request, "document", id=found.id),
        problem_here=problem,
        # After a refusal the form still says which revision the person saw: saving again cannot overwrite.
        seen=number(form, "seen", default=found.revision),
        placed=placed,
        blocks=shown_blocks(found, placed),
        edit=edit if rights["may_edit"] else "",
        typed=typed or _typed(found.fields),
        typed_class=typed_class or found.proposal or Proposal(_first_guess(found)),
        field_values=_field_values(request, found.fields),
        open_points=open_points(found),
        history=await request.config_dict[DOCUMENTS].history(by, found.id),
        progress=await request.config_dict[PROGRESS].of(found.id),
        names=await people.names(),
        departments=request.config_dict[CONFIG].department_names() if edit == "fields" else (),
        **rights,
        **_choices(),
    )


def _rights(request: web.Request, found: Document) -> dict[str, Any]:
    by = signed_in(request)
    return {
        "may_edit": allow(by, Permission.DRAFT_DOCUMENT),
        "approve_objection": _objection(request, found),
        "may_approve": allow(by, Permission.APPROVE_DOCUMENT, found),
        "may_withdraw": allow(by, Permission.WITHDRAW_DOCUMENT, found) and found.version > 0,
    }


def _choices() -> dict[str, Any]:
    return {
        "domains": tuple((one.name, one.name) for one in DOMAINS),
        "validities": tuple(Validity),
        "classes": tuple(DisclosureClass),
        "grounds": tuple(WithholdingGround),
    }


def _objection(request: web.Request, found: Document) -> str:
    try:
        require(signed_in(request), Permission.APPROVE_DOCUMENT, found)
    except Forbidden as error:
        return str(error)
    return ""


def _first_guess(found: Document) -> DisclosureClass:
    """Offer the mark that is printed in the text, else openness (article 5: open is the rule)."""
    return found.mark or DisclosureClass.PROACTIVE


def _typed(fields: DocumentFields) -> dict[str, str]:
    return {name: str(getattr(fields, name) or "") for name in FIELD_NAMES}


def _field_values(request: web.Request, fields: DocumentFields) -> tuple[tuple[str, str], ...]:
    shown = {
        **_typed(fields),
        "written_on": show_day(fields.written_on, language=language_of(request)),
        "validity": say(request, f"validity.{fields.validity}"),
    }
    return tuple((name, shown[name]) for name in FIELD_NAMES)


def _domain_keys() -> frozenset[str]:
    return frozenset(one.name for one in DOMAINS)


def _one_line(text: str) -> str:
    return "".join(line.strip() for line in text.splitlines())


def _upload_words(request: web.Request) -> str:
    names = ("sending", "reading", "offline", "failed")
    said = {name: say(request, f"upload.{name}") for name in names}
    return json.dumps(said, ensure_ascii=False)
