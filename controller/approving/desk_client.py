"""Speak with the desk as a browser does: sign in, fetch what is to be signed, hand in a signature."""

import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import aiohttp
import msgspec

from content.errors import CallerError
from content.feed.statement import Action, Statement
from controller.approving.offer import BadOffer, Kind, Offer, SignatureFile
from controller.ceremony.holder_keys import HeldKey
from controller.services.key_proof import key_proof_bytes

_TOKEN = re.compile(r'data-csrf="([^"]+)"')
MOST_BYTES = 16 * 1024 * 1024


class DeskRefused(CallerError):
    """The desk did not do it; the sentence is the desk's own, or says what to look at."""


@dataclass(frozen=True, slots=True)
class _Offered:
    statement: Statement
    signed_by: tuple[str, ...] = ()
    needed: int = 1


class DeskClient:
    """A session at the desk."""

    def __init__(self, http: aiohttp.ClientSession, base: str, token: str) -> None:
        self._http = http
        self._base = base
        self._token = token

    async def offer(self, kind: Kind, record: str, action: Action) -> Offer:
        """Return what is to be signed.

        Raises:
            DeskRefused, BadOffer: it cannot be had, or not read.
        """
        place = f"{self._base}/desk/{kind}/{record}"
        said = await self._read(f"{place}/statement?action={action}")
        try:
            offered = msgspec.json.decode(said, type=_Offered)
        except msgspec.MsgspecError as error:
            raise BadOffer("工作台的回答无法识别，请核对网址和版本。") from error
        body = await self._read(f"{place}/body?action={action}")
        return Offer(kind, offered.statement, body, offered.signed_by, offered.needed)

    async def hand_in(self, signature: SignatureFile) -> None:
        """Give a signature; raises DeskRefused."""
        fields = {
            "action": str(signature.action),
            "feed": signature.feed,
            "key_id": signature.key_id,
            "signature": signature.signature.hex(),
        }
        await self._post(f"{self._base}/desk/{signature.kind}/{signature.record}/sign", fields)

    async def register(self, key: HeldKey, name: str) -> None:
        """Register a key's public half as one's own; raises DeskRefused."""
        answer = await self._post(f"{self._base}/desk/account/keys/challenge", {})
        challenge = msgspec.json.decode(answer, type=dict[str, str])["challenge"]
        proof = key.private.sign(key_proof_bytes(challenge, key.public)).hex()
        form = {
            "public": key.public,
            "signature": proof,
            "name": name,
            "use": "approve",
            "csrf": self._token,
        }
        place = f"{self._base}/desk/account/keys"
        async with self._http.post(place, data=form, allow_redirects=False) as answer_:
            if answer_.status != HTTPStatus.SEE_OTHER:
                raise DeskRefused("工作台没有接受这把密钥，请确认您有审批或应急签发的角色。")

    async def _read(self, place: str) -> bytes:
        headers = {"Accept": "application/json"}
        async with self._http.get(place, headers=headers, allow_redirects=False) as answer:
            await _check(answer)
            return await answer.content.read(MOST_BYTES)

    async def _post(self, place: str, fields: dict[str, str]) -> bytes:
        headers = {"Accept": "application/json", "X-CSRF-Token": self._token}
        async with self._http.post(
            place, json=fields, headers=headers, allow_redirects=False
        ) as answer:
            await _check(answer)
            return await answer.content.read(MOST_BYTES)


@asynccontextmanager
async def desk(
    base: str, *, login: str, password: str, authority: Path | None
) -> AsyncIterator[DeskClient]:
    """Sign in at the desk for the length of the block.

    Args:
        base: for example https://zwgk.example.gov.cn.
        login: one's own name at the desk.
        password: and its password.
        authority: certificate file of the zone's own CA, None for the machine's.

    Raises:
        DeskRefused: not reached, or not signed in.
    """
    base = base.rstrip("/")
    tls = ssl.create_default_context(cafile=str(authority) if authority else None)
    jar = aiohttp.CookieJar(unsafe=True)  # desks on a bare address are ours too
    timeout = aiohttp.ClientTimeout(total=30)
    try:
        async with aiohttp.ClientSession(
            cookie_jar=jar, timeout=timeout, connector=aiohttp.TCPConnector(ssl=tls)
        ) as http:
            form = {"login": login, "password": password, "next": "/desk/account"}
            async with http.post(f"{base}/desk/login", data=form) as answer:
                found = _TOKEN.search(await answer.text())
                if answer.status != HTTPStatus.OK or found is None:
                    raise DeskRefused("没有登录成功，请核对登录名和口令；多次失败请稍候再试。")
            yield DeskClient(http, base, found.group(1))
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise DeskRefused(
            f"连不上工作台 {base}，请检查网址、网络和证书（自建证书请用 --ca 指定）。"
        ) from error


async def _check(answer: aiohttp.ClientResponse) -> None:
    if answer.status == HTTPStatus.OK:
        return
    try:
        problem = msgspec.json.decode(await answer.content.read(65536), type=dict[str, object])
    except msgspec.MsgspecError:
        problem = {}
    raise DeskRefused(str(problem.get("detail") or f"工作台拒绝了这项操作（{answer.status}）。"))
