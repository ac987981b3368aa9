"""Put the desk and the citizens' pages into an application: routes, templates, error pages."""

from aiohttp import web
from aiohttp.typedefs import Handler

from controller.desk import (
    account,
    approval,
    audit,
    bundles,
    documents,
    emergency,
    exams,
    fleet,
    home,
    jobs,
    pairing,
    people,
    requests,
    rollouts,
    search,
    streams,
    terminals,
    uploads,
    visitors,
    words,
    words_approval,
)
from controller.desk import pages as desk_pages
from controller.desk.errors import error_page
from controller.desk.icons import Icons
from controller.keys import CLOCK, ERROR_PAGE
from controller.phone import pages as phone_pages
from controller.phone.handlers import ROUTES as PHONE_ROUTES


def _both(path: str, handler: Handler, name: str) -> tuple[web.RouteDef, web.RouteDef]:
    return (web.get(path, handler, name=f"desk-{name}"), web.post(path, handler))


ROUTES: tuple[web.AbstractRouteDef, ...] = (
    *_both("/setup/{token}", visitors.set_up, "set-up"),
    *_both("/invite/{token}", visitors.invitation, "invite"),
    *_both("/desk/login", visitors.login, "login"),
    web.post("/desk/logout", visitors.logout, name="desk-logout"),
    web.post("/desk/looks", visitors.looks, name="desk-looks"),
    web.get("/desk", home.home, name="desk-home"),
    web.get("/desk/documents", documents.documents, name="desk-documents"),
    web.post("/desk/documents/upload", uploads.upload, name="desk-upload"),
    web.get("/desk/documents/{id}", documents.document, name="desk-document"),
    web.post("/desk/documents/{id}/fields", documents.edit_fields, name="desk-edit-fields"),
    web.post(
        r"/desk/documents/{id}/blocks/{number:\d{1,6}}",
        documents.edit_block,
        name="desk-edit-block",
    ),
    web.post("/desk/documents/{id}/class", documents.propose, name="desk-propose"),
    web.post("/desk/documents/{id}/submit", documents.submit, name="desk-submit"),
    web.get("/desk/documents/{id}/changes", documents.changes, name="desk-changes"),
    web.get("/desk/documents/{id}/approve", approval.approve, name="desk-approve"),
    web.get("/desk/documents/{id}/withdraw", approval.withdraw, name="desk-withdraw"),
    web.get("/desk/documents/{id}/statement", approval.statement, name="desk-statement"),
    web.get("/desk/documents/{id}/body", approval.body, name="desk-body"),
    web.post("/desk/documents/{id}/sign", approval.sign, name="desk-sign"),
    web.post("/desk/documents/{id}/return", approval.send_back, name="desk-send-back"),
    web.get("/desk/emergency", emergency.emergencies, name="desk-emergency"),
    web.post("/desk/emergency", emergency.draft),
    web.get("/desk/emergency/{id}", emergency.one, name="desk-emergency-one"),
    web.post("/desk/emergency/{id}/edit", emergency.edit, name="desk-emergency-edit"),
    web.get("/desk/emergency/{id}/statement", emergency.statement, name="desk-emergency-statement"),
    web.get("/desk/emergency/{id}/body", emergency.body, name="desk-emergency-body"),
    web.post("/desk/emergency/{id}/sign", emergency.sign, name="desk-emergency-sign"),
    web.get("/desk/requests", requests.requests, name="desk-requests"),
    web.get("/desk/requests/{number}", requests.request_page, name="desk-request"),
    web.post("/desk/requests/{number}/confirm", requests.confirm, name="desk-confirm"),
    web.get("/desk/terminals", terminals.terminals, name="desk-terminals"),
    web.get("/desk/terminals/live", terminals.live, name="desk-terminals-live"),
    web.get("/desk/terminals/{id}/revoke", pairing.revocation, name="desk-revoke"),
    web.post("/desk/terminals/{id}/revoke", pairing.revoke),
    web.get("/desk/pairing", pairing.pairing, name="desk-pairing"),
    web.post("/desk/pairing/{id}", pairing.accept, name="desk-pair"),
    web.post("/desk/pairing/{id}/refuse", pairing.refuse, name="desk-refuse-pairing"),
    web.get("/desk/terminals/map", fleet.fleet_map, name="desk-terminals-map"),
    web.post("/desk/terminals/map", fleet.place, name="desk-place-site"),
    web.get("/desk/terminals/alerts", fleet.alerts, name="desk-alerts"),
    web.post(r"/desk/terminals/alerts/{number:\d{1,9}}", fleet.snooze, name="desk-snooze"),
    web.get("/desk/terminals/at/{device}", fleet.terminal, name="desk-terminal"),
    *_both("/desk/terminals/jobs", jobs.order, "jobs"),
    web.get("/desk/terminals/jobs/live", jobs.live, name="desk-jobs-live"),
    web.get("/desk/terminals/jobs/{id:[0-9a-f]{32}}", jobs.job, name="desk-job"),
    web.get("/desk/terminals/jobs/{id:[0-9a-f]{32}}/result", jobs.result, name="desk-job-result"),
    web.post(
        "/desk/terminals/jobs/{id:[0-9a-f]{32}}/withdraw", jobs.withdraw, name="desk-withdraw-job"
    ),
    web.get("/desk/terminals/rollouts", rollouts.rollouts, name="desk-rollouts"),
    *_both("/desk/terminals/rollouts/plan", rollouts.plan, "rollout-plan"),
    web.get("/desk/terminals/rollouts/{id:[0-9a-f]{32}}", rollouts.one, name="desk-rollout"),
    web.get(
        "/desk/terminals/rollouts/{id:[0-9a-f]{32}}/live", rollouts.live, name="desk-rollout-live"
    ),
    web.post(
        "/desk/terminals/rollouts/{id:[0-9a-f]{32}}/{act:halt|resume|back|close}",
        rollouts.turn,
        name="desk-rollout-turn",
    ),
    web.get("/desk/terminals/bundles", bundles.bundles, name="desk-bundles"),
    web.post("/desk/terminals/bundles", bundles.make),
    web.get(
        "/desk/terminals/bundles/{id:[0-9a-f]{16}}/file", bundles.file, name="desk-bundle-file"
    ),
    web.get("/desk/people", people.people, name="desk-people"),
    web.post("/desk/people", people.invite, name="desk-invite-person"),
    web.post("/desk/people/{id}/standing", people.standing, name="desk-standing"),
    web.post("/desk/people/{id}/invite", people.invite_again, name="desk-invite-again"),
    web.get("/desk/policy", people.policy, name="desk-policy"),
    web.post("/desk/policy", people.sign_policy),
    web.get("/desk/audit", audit.audit, name="desk-audit"),
    web.get("/desk/audit/export/{form}", audit.export, name="desk-audit-export"),
    web.get("/desk/search", search.search, name="desk-search"),
    web.get("/desk/words", words.words, name="desk-words"),
    web.post("/desk/words/begin", words.begin, name="desk-words-begin"),
    web.post("/desk/words/add/{part:[a-z_]+}", words.add, name="desk-words-add"),
    web.post("/desk/words/remove/{part:[a-z_]+}", words.take_back, name="desk-words-remove"),
    web.post("/desk/words/popular", words.popular, name="desk-words-popular"),
    web.post("/desk/words/undo", words.undo, name="desk-words-undo"),
    web.post("/desk/words/settle", words.settle, name="desk-words-settle"),
    web.get("/desk/words/approve", words_approval.offer, name="desk-words-approve"),
    web.get("/desk/words/statement", words_approval.statement, name="desk-words-statement"),
    web.get("/desk/words/body", words_approval.body, name="desk-words-body"),
    web.post("/desk/words/sign", words_approval.sign, name="desk-words-sign"),
    web.get("/desk/words/exam", exams.exams, name="desk-exams"),
    web.post("/desk/words/exam", exams.add, name="desk-exam-add"),
    web.post(r"/desk/words/exam/{number:\d{1,9}}/remove", exams.remove, name="desk-exam-remove"),
    web.post("/desk/words/exam/back", exams.go_back, name="desk-exam-back"),
    web.get("/desk/account", account.account, name="desk-account"),
    web.post("/desk/account/password", account.password, name="desk-password"),
    web.post("/desk/account/keys", account.register_key, name="desk-keys"),
    web.post("/desk/account/keys/challenge", account.challenge, name="desk-key-challenge"),
    web.post("/desk/account/keys/{id}/withdraw", account.withdraw_key, name="desk-withdraw-key"),
    web.static("/desk/static", desk_pages.STATIC, name="desk-static"),
)


def install(app: web.Application) -> None:
    """Add desk and phone pages; CONFIG and CLOCK are in the application already."""
    icons = Icons(desk_pages.STATIC / "vendor" / "lucide-nodes.json")
    desk_pages.install(app, icons=icons)
    phone_pages.install(app, icons=icons, clock=app[CLOCK])
    app[ERROR_PAGE] = error_page
    app[streams.STREAMS] = set()
    app.on_shutdown.append(streams.end_streams)
    app.add_routes(ROUTES)
    app.add_routes(PHONE_ROUTES)
    app.router.add_get("/", _to_desk)


async def _to_desk(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPSeeOther("/desk")
