"""Mail and webhook against real listeners on loopback: what arrives, who signed it, and what counts as not told."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from controller.config import MailConfig, MailTls, WebhookConfig
from controller.services.alert_channels import SIGNATURE, Mail, Webhook, channels
from controller.services.alert_rules import NoticeKind
from controller.services.alert_words import Notice
from controller.services.alerts import NotTold
from tests.support.mosquitto import free_port

NOTICE = Notice(
    NoticeKind.TROUBLE,
    "清泉村",
    7,
    "【需要处理】清泉村：2 台终端异常",
    "清泉村从 11月23日09:50 起有终端异常。\n查看详情：https://zone.example/x",
    {"t05-1": "network"},
    "https://zone.example/x",
)


@dataclass
class MailServer:
    """Just enough of SMTP (RFC 5321) to take one mail; `refuses` answers every recipient with 550."""

    refuses: bool = False
    received: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        with suppress(ConnectionError, asyncio.CancelledError):
            while line := await reader.readline():
                writer.write(await self._answer(line.strip(), reader))
                await writer.drain()
        writer.close()

    async def _answer(self, line: bytes, reader: asyncio.StreamReader) -> bytes:
        match line[:4].upper():
            case b"EHLO":
                return b"250-here\r\n250 8BITMIME\r\n"
            case b"RCPT" if self.refuses:
                return b"550 unknown\r\n"
            case b"RCPT":
                self.recipients.append(line.decode())
                return b"250 ok\r\n"
            case b"DATA":
                return b"354 go on\r\n"
            case b"QUIT":
                return b"221 bye\r\n"
            case b"MAIL":
                return b"250 ok\r\n"
            case _:
                rest = await reader.readuntil(b"\r\n.\r\n")
                self.received.append(line + b"\r\n" + rest.removesuffix(b".\r\n"))
                return b"250 taken\r\n"


@asynccontextmanager
async def mail_server(server: MailServer) -> AsyncIterator[MailConfig]:
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = int(listener.sockets[0].getsockname()[1])
    async with listener:
        yield MailConfig(
            "127.0.0.1", port, MailTls.OFF, "", "", "zone@zone.example", ("duty@zone.example",)
        )


async def test_a_mail_arrives_in_chinese() -> None:
    server = MailServer()
    async with mail_server(server) as config:
        await Mail(config).tell(NOTICE)

    (raw,) = server.received
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["Subject"] == NOTICE.subject
    assert mail["To"] == "duty@zone.example"
    assert "duty@zone.example" in server.recipients[0]
    body = mail.get_body()
    assert body is not None
    assert body.get_content().strip().replace("\r", "") == NOTICE.text


async def test_a_mail_that_was_not_taken_was_not_told() -> None:
    async with mail_server(MailServer(refuses=True)) as config:
        with pytest.raises(NotTold):
            await Mail(config).tell(NOTICE)


async def test_a_mail_server_that_is_away_was_not_told() -> None:
    config = MailConfig(
        "127.0.0.1", free_port(), MailTls.OFF, sender="a@x.example", to=("b@x.example",)
    )

    with pytest.raises(NotTold):
        await Mail(config).tell(NOTICE)


@dataclass
class Hook:
    """An address that answers with a status."""

    status: int = 204
    requests: list[tuple[bytes, str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.requests.append((await request.read(), request.headers[SIGNATURE]))
        if self.status == 302:
            raise web.HTTPFound("/elsewhere")
        return web.Response(status=self.status)


@asynccontextmanager
async def hook_server(hook: Hook) -> AsyncIterator[WebhookConfig]:
    app = web.Application()
    app.router.add_post("/", hook.take)
    async with TestServer(app) as server:
        yield WebhookConfig(str(server.make_url("/")), "a shared secret 密")


async def test_a_webhook_is_signed_over_the_bytes_that_it_gets() -> None:
    hook = Hook()
    async with hook_server(hook) as config:
        await Webhook(config).tell(NOTICE)

    ((body, signature),) = hook.requests
    expected = hmac.new(config.secret.encode(), body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(signature, expected)
    said = json.loads(body)
    assert (said["site"], said["kind"], said["terminals"]) == (
        "清泉村",
        "trouble",
        {"t05-1": "network"},
    )


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_a_webhook_that_says_no_was_not_told(status: int) -> None:
    async with hook_server(Hook(status)) as config:
        with pytest.raises(NotTold, match=str(status)):
            await Webhook(config).tell(NOTICE)


async def test_an_address_where_nobody_listens_was_not_told() -> None:
    config = WebhookConfig(f"http://127.0.0.1:{free_port()}/", "x")

    with pytest.raises(NotTold):
        await Webhook(config).tell(NOTICE)


def test_only_what_is_set_up_is_a_channel() -> None:
    assert channels(MailConfig(), WebhookConfig()) == ()
    found = channels(MailConfig(host="localhost"), WebhookConfig(url="https://x.example"))
    assert [type(one).__name__ for one in found] == ["Mail", "Webhook"]


def test_secrets_are_not_in_what_is_printed_of_the_settings() -> None:
    assert "TOPSECRET" not in repr(MailConfig(password="TOPSECRET"))
    assert "TOPSECRET" not in repr(WebhookConfig(secret="TOPSECRET"))
