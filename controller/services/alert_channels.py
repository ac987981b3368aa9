"""Ways to people outside: mail over SMTP, and a signed webhook."""

import hashlib
import hmac
from email.message import EmailMessage

import aiohttp
import aiosmtplib
import msgspec
from aiohttp import ClientError, ClientTimeout

from controller.config import MailConfig, MailTls, WebhookConfig
from controller.services.alert_words import Notice
from controller.services.alerts import Channel, NotTold

ANSWER_S = 15
SIGNATURE = "X-Zone-Signature"
_OK = range(200, 300)


class Mail:
    """Tells by mail."""

    def __init__(self, config: MailConfig) -> None:
        self._config = config

    async def tell(self, notice: Notice) -> None:
        """Hand the mail to the server; see `Channel`."""
        config = self._config
        message = EmailMessage()
        message["From"] = config.sender
        message["To"] = ", ".join(config.to)
        message["Subject"] = notice.subject
        message.set_content(notice.text)
        try:
            await aiosmtplib.send(
                message,
                hostname=config.host,
                port=config.port,
                username=config.user or None,
                password=config.password or None,
                use_tls=config.tls is MailTls.ON,
                start_tls=config.tls is MailTls.START,
                timeout=ANSWER_S,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise NotTold(f"mail: {type(error).__name__}") from error


class Webhook:
    """Tells an address, signed with a shared secret: HMAC-SHA256 of the body, in hex."""

    def __init__(self, config: WebhookConfig) -> None:
        self._config = config

    async def tell(self, notice: Notice) -> None:
        """Post the notice as JSON; see `Channel`."""
        body = msgspec.json.encode(notice)
        digest = hmac.new(self._config.secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", SIGNATURE: digest}
        try:
            async with (
                aiohttp.ClientSession(timeout=ClientTimeout(total=ANSWER_S)) as session,
                session.post(
                    self._config.url, data=body, headers=headers, allow_redirects=False
                ) as answer,
            ):
                if answer.status not in _OK:
                    raise NotTold(f"webhook: status {answer.status}")
        except (ClientError, OSError, TimeoutError, ValueError) as error:
            raise NotTold(f"webhook: {type(error).__name__}") from error


def channels(mail: MailConfig, webhook: WebhookConfig) -> tuple[Channel, ...]:
    """Return the channels that are set up."""
    return (*((Mail(mail),) if mail.host else ()), *((Webhook(webhook),) if webhook.url else ()))
