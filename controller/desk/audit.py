"""The page of the audit log: filter, proof that it is whole, export."""

from aiohttp import web

from content.errors import NotFound
from controller.auth.sessions import signed_in
from controller.desk.forms import choice, number, word
from controller.desk.pages import page, say
from controller.desk.paging import Pager
from controller.keys import AUDIT, PEOPLE
from controller.services.audit import ExportForm

PAGE = 100
CONTENT_TYPE = {ExportForm.CSV: "text/csv", ExportForm.JSONL: "application/jsonl"}


async def audit(request: web.Request) -> web.Response:
    """Show the newest rows, or those of one person or subject."""
    log = request.config_dict[AUDIT]
    actor, subject = (
        word(request.query, "actor", limit=64),
        word(request.query, "subject", limit=64),
    )
    rows = await log.list(
        signed_in(request),
        limit=PAGE + 1,
        before=number(request.query, "before"),
        actor=actor,
        subject=subject,
    )
    broken = await log.verify()
    more = len(rows) > PAGE
    later = str(request.rel_url.update_query(before=str(rows[PAGE - 1].id))) if more else ""
    return await page(
        request,
        "audit.html",
        rows=rows[:PAGE],
        names=await request.config_dict[PEOPLE].names(),
        chosen_actor=actor,
        chosen_subject=subject,
        broken_at=broken,
        whole=not broken,
        pager=Pager(earlier="", later=later),
    )


async def export(request: web.Request) -> web.Response:
    """Hand out the whole log as a file."""
    form = choice(request.match_info, "form", ExportForm)
    if form is None:
        raise NotFound(say(request, "audit.no_such_form"))
    data = await request.config_dict[AUDIT].export(signed_in(request), form=form)
    return web.Response(
        body=data,
        content_type=CONTENT_TYPE[form],
        headers={"Content-Disposition": f'attachment; filename="audit.{form}"'},
    )
