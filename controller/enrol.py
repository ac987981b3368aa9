"""Enrol a terminal: give it an identity, write the folder it starts from, and let it in.

The store learns of the terminal last: a folder that nobody registered opens no door.
"""

from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from sqlalchemy.ext.asyncio import AsyncConnection

from content.errors import CallerError
from controller.broker.pki import Issued, ZoneCa, check_device_id, fingerprint
from controller.broker.private_files import write_private
from controller.store import terminals as store
from controller.store.database import Database
from controller.store.terminals import Happening, HistoryLine, Terminal
from devices.agent.config import Home, TerminalConfig, to_toml


class AlreadyEnrolled(CallerError):
    """A terminal of this id exists, or its folder does."""


async def enrol_terminal(
    *,
    ca: ZoneCa,
    database: Database,
    terminal: TerminalConfig,
    out: Path,
    now: datetime,
    replace: bool = False,
) -> Terminal:
    """Write a terminal's home folder and register it; a running controller lets it in within seconds.

    Args:
        ca: the zone's authority.
        database: the zone's store.
        terminal: what the terminal is to be told; its id becomes its certificate's name.
        out: home folder to make.
        now: the aware present moment.
        replace: take the place of an enrolled terminal of this id; its certificate is revoked. What
            it kept in the folder (outbox, replica) stays.

    Raises:
        BadDeviceId, AlreadyEnrolled: with what to do.
    """
    device = check_device_id(terminal.id)
    async with database.read() as c:
        before = await store.find_terminal(c, device)
    _refuse_twice(device, before, out, replace=replace)
    issued = ca.issue_device(device, now=now)
    _write_home(Home(out), terminal, ca=ca, issued=issued)
    enrolled = _registration(terminal, issued, now=now)
    async with database.write() as c:
        await store.keep_terminal(c, enrolled)
        line = HistoryLine(device, enrolled.enrolled_at, Happening.ENROLLED, issued.serial)
        await store.add_history(c, line)
        if before is not None:
            # Before the commit: who sees the new terminal in the store finds the old certificate revoked.
            ca.revoke(before.serial, now=now)
    return enrolled


async def admit_terminal(
    c: AsyncConnection,
    *,
    ca: ZoneCa,
    terminal: TerminalConfig,
    public: EllipticCurvePublicKey,
    now: datetime,
    replaces: bool = False,
) -> Terminal:
    """Give a terminal that made its own key its certificate, in the caller's transaction.

    Raises:
        BadDeviceId, AlreadyEnrolled: with what to do. A terminal that was revoked makes room.
    """
    device = check_device_id(terminal.id)
    before = await store.find_terminal(c, device)
    if before is not None and not before.revoked_at and not replaces:
        raise AlreadyEnrolled(
            f"编号“{device}”已登记给“{before.site}”的终端。新终端请换一个编号；"
            "如果是同一台终端换了硬盘或主机，请勾选“更换原终端”。"
        )
    issued = ca.certify_device(device, public, now=now)
    admitted = _registration(terminal, issued, now=now)
    await store.keep_terminal(c, admitted)
    line = HistoryLine(device, admitted.enrolled_at, Happening.ENROLLED, issued.serial)
    await store.add_history(c, line)
    if before is not None:
        ca.revoke(before.serial, now=now)
    return admitted


def _write_home(home: Home, terminal: TerminalConfig, *, ca: ZoneCa, issued: Issued) -> None:
    home.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(home.authority, ca.certificate)
    write_private(home.certificate, issued.certificate)
    write_private(home.key, issued.key)
    write_private(home.config, to_toml(terminal).encode())


def _registration(terminal: TerminalConfig, issued: Issued, *, now: datetime) -> Terminal:
    return Terminal(
        id=terminal.id,
        site=terminal.site,
        region=terminal.region,
        attended=terminal.attended,
        feeds=terminal.feeds,
        screens=terminal.screens,
        certificate=issued.certificate.decode(),
        fingerprint=fingerprint(issued.certificate),
        serial=issued.serial,
        enrolled_at=int(now.timestamp()),
    )


def _refuse_twice(device: str, before: Terminal | None, out: Path, *, replace: bool) -> None:
    if replace:
        return
    if before is not None:
        raise AlreadyEnrolled(
            f"编号“{device}”已登记给“{before.site}”的终端。新终端请换一个编号；"
            "如要更换这台终端的证书，请加上 --replace。"
        )
    if Home(out).config.exists():
        raise AlreadyEnrolled(f"目录 {out} 已有一台终端的文件，请换一个目录，或加上 --replace。")
