"""A holder of controller, database, broker and every device certificate together changes no pixel.

A whole real zone: controller with its broker, agent, kiosk and screen on a real display. The thief has the
state folder, every key in it and a copy of the terminal's own; he writes into the database, speaks on the broker as
the controller, and serves key files of his own. Pictures of the glass before and after are compared bit by bit.
"""

import asyncio
import base64
import hashlib
import sqlite3
import ssl
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import aiomqtt
import pytest

from content.canonical import sha256_hex
from content.feed.body import Record, body_bytes
from content.feed.chain import GENESIS, Head, Link, entry_hash
from content.feed.entry import (
    Entry,
    LogLine,
    SignedHead,
    head_to_bytes,
    line_from_bytes,
    line_to_bytes,
    pack,
)
from content.feed.policy import Policy, PolicyKey, SignedPolicy
from content.feed.statement import Action, Approval, Statement
from content.feed.verify import REASON_ZH, Reason
from content.programme.emergency import EmergencyNotice, Level
from controller import keys
from controller.broker.pki import ZoneCa
from controller.ceremony.cli import main
from controller.commands.offline import offline
from controller.config import load_config
from controller.services.keyring import Keyring, open_keyring
from controller.services.trust_shelf import TrustShelf
from devices.agent import sentences
from devices.clock import SystemClock
from devices.wire import topics
from devices.wire.messages import Welcome, to_bytes
from tests.support.ceremonies import HOLDERS, Trust
from tests.support.desk_window import DeskWindow
from tests.support.finger import Finger
from tests.support.kiosk_visitor import Visitor
from tests.support.mosquitto import HAS_MOSQUITTO
from tests.support.processes import wait_for
from tests.support.running_zone import KIOSK_SIZE, REGION, SCREEN_SIZE, RunningZone, open_display
from tests.support.seeded_zone import ALLOWANCE, HEATING, seed
from tests.support.signers import Signer, document
from tests.support.watched_zone import codes_on
from tests.support.zone_ca import wall_now

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.broker,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]
FEED, EMERGENCY = f"gov/{REGION}", f"emergency/{REGION}"
LIE, LIE_ID, ALARM_ID = "关于骆驼驯养奖励的通知", "X000000001", "X000000009"
TERMINAL = "hall-1"
HEADER, TICKER = 130, 90
SCREEN = (KIOSK_SIZE[0], HEADER, KIOSK_SIZE[0] + SCREEN_SIZE[0], SCREEN_SIZE[1] - TICKER)
"""The screen without clock and running line: what stands still between two turns."""
KIOSK = (0, 0, *KIOSK_SIZE)
ROUND_S = 30.0
"""Two documents of twelve seconds, and the fades between."""


@dataclass
class Stage:
    """The zone and who looks at it."""

    zone: RunningZone
    finger: Finger
    visitor: Visitor
    desk: DeskWindow

    def desk_says(self, sentence: str) -> None:
        wait_for(
            f"{sentence!r} at the desk",
            lambda: sentence in self.desk.terminal(TERMINAL),
            timeout=60,
        )

    def pictures(self) -> tuple[set[str], set[str]]:
        """Return digests of all that stood still on screen and kiosk during a whole round."""
        screen, kiosk = _Still(), _Still()
        end = time.monotonic() + ROUND_S
        while time.monotonic() < end:
            screen.look(self.finger, SCREEN)
            kiosk.look(self.finger, KIOSK)
        return screen.seen, kiosk.seen


class _Still:
    """Keeps what was the same at two looks: a fade never is."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._last = ""

    def look(self, finger: Finger, box: tuple[int, int, int, int]) -> None:
        digest = hashlib.sha256(finger.picture(box).tobytes()).hexdigest()
        if digest == self._last:
            self.seen.add(digest)
        self._last = digest


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    zone = RunningZone(tmp_path / "z")
    seed(zone.state)
    _hold_ceremony(zone, tmp_path)
    display, finger = open_display()
    try:
        zone.start_controller()
        zone.enrol()
        zone.start_printer()
        zone.start_agent()
        zone.start_windows(display.name)
        desk = DeskWindow(zone.base, "auditor")
        wait_for("green", lambda: desk.is_green(TERMINAL), timeout=90)
        yield Stage(zone, finger, Visitor(finger, zone.eye), desk)
    finally:
        finger.save(tmp_path / "last.png")
        print(zone.outputs(), tmp_path / "last.png")  # noqa: T201 - what a failure needs
        zone.stop()
        finger.close()
        display.close()


def _hold_ceremony(zone: RunningZone, folder: Path) -> None:
    shelf = TrustShelf(zone.state, clock=SystemClock())
    trust = Trust(folder / "trust", shelf.online_public())
    policy = asyncio.run(_current(zone))
    trust.hold(replace(policy, version=policy.version + 1), holders=HOLDERS, now=wall_now())
    source = folder / "trust" / "ceremony-1" / "metadata"
    assert main(["install", "--state", str(zone.state), "--from", str(source)]) == 0


async def _current(zone: RunningZone) -> Policy:
    async with offline(load_config(zone.state)) as app:
        signed = await app[keys.POLICIES].current()
        assert signed is not None
        return signed.policy


def test_a_stolen_controller_changes_no_pixel(stage: Stage, tmp_path: Path) -> None:
    stage.visitor.sees(ALLOWANCE[0])
    stage.visitor.sees(HEATING[0])
    before = stage.pictures()
    thief = Thief(stage.zone, tmp_path)

    thief.seize_the_log()
    stage.desk_says(REASON_ZH[Reason.UNKNOWN_KEY])
    thief.offer(thief.own_policy(signed_by=thief.log))
    stage.desk_says(sentences.POLICY_REFUSED)
    thief.offer(thief.own_ceremony())
    thief.raise_a_false_alarm()
    stage.desk_says(EMERGENCY)
    thief.shout()
    after = stage.pictures()

    assert len(before[0]) >= 2, "the round showed too little to compare"
    assert after[0] <= before[0]
    assert after[1] <= before[1]
    assert LIE not in stage.visitor.everything_held()
    assert not [code for code in codes_on(stage.finger) if LIE_ID in code or ALARM_ID in code]
    assert not stage.desk.is_green(TERMINAL)


class Thief:
    """Everything but people's keys."""

    def __init__(self, zone: RunningZone, folder: Path) -> None:
        self._zone = zone
        self._folder = folder
        self._keyring: Keyring = open_keyring(zone.state / "keys", may_make=False)
        self._ca = ZoneCa.open_or_create(zone.state / "ca", zone="测试", now=wall_now())
        self._own = Signer("u-thief")
        self.log = _Log(self._keyring)

    def seize_the_log(self) -> None:
        """Append a lie to the database, signed with every key of the folder, and push it."""
        with closing(sqlite3.connect(self._zone.state / "zone.db", timeout=20)) as db, db:
            rows = db.execute(
                "SELECT sequence, link FROM log_line WHERE feed = ? ORDER BY sequence DESC",
                (FEED,),
            ).fetchall()
            line = self._line(document(LIE_ID, title=LIE), FEED, after=rows[0])
            db.execute(
                "INSERT INTO log_line VALUES (?, ?, ?, ?, ?, 1, 'put', 'document', ?, ?)",
                (
                    FEED,
                    line.link.sequence,
                    line_to_bytes(line),
                    line.link.hash,
                    LIE_ID,
                    LIE,
                    line.link.at,
                ),
            )
        head = Head(FEED, line.link.sequence, line.link.hash, _now())
        signed = SignedHead(head, self.log.key_id, self._keyring.sign_log(head.signed_bytes()))
        self._say(
            (topics.log(FEED), line_to_bytes(line), False),
            (topics.head(FEED), head_to_bytes(signed), True),
        )

    def own_policy(self, *, signed_by: "_Log") -> SignedPolicy:
        """Return a policy by which the thief alone may sign anything."""
        policy = self._generous()
        approval = signed_by.sign(policy.signed_bytes())
        return SignedPolicy(policy, (approval, self._own.sign(policy.signed_bytes())))

    def own_ceremony(self) -> SignedPolicy:
        """Hold a ceremony of one's own, with the controller's true dating key; serve its files."""
        shelf = TrustShelf(self._zone.state, clock=SystemClock())
        trust = Trust(self._folder / "own", shelf.online_public())
        result = trust.hold(self._generous(), holders=HOLDERS, now=wall_now())
        shelf.install(result)
        return result.signed_policy()

    def offer(self, signed: SignedPolicy) -> None:
        """Put a policy into the database and offer it to the terminal in the controller's name."""
        with closing(sqlite3.connect(self._zone.state / "zone.db", timeout=20)) as db, db:
            version = db.execute("SELECT max(version) FROM policies").fetchone()[0] + 1
            db.execute("INSERT INTO policies VALUES (?, ?, ?)", (version, signed.to_bytes(), 1))
        welcome = Welcome(base64.b64encode(signed.to_bytes()).decode(), ())
        self._say((topics.down_message(TERMINAL), to_bytes(welcome), False))

    def raise_a_false_alarm(self) -> None:
        """Take over the screens, signed with the log key and with a key of one's own."""
        notice = EmergencyNotice(ALARM_ID, LIE, "立即疏散。", "", "假冒", Level.RED)
        line = self._line(notice, EMERGENCY, after=(0, GENESIS), expires=_now() + 9999)
        self._say((topics.log(EMERGENCY), line_to_bytes(line), False))

    def shout(self) -> None:
        """Say rubbish on every topic that the terminal hears, and listen as the terminal itself."""
        rubbish = (b"", b"\xff" * 99, b"[" * 9999, line_to_bytes(self._stale()))
        heard = (topics.log(FEED), topics.head(FEED), topics.log(EMERGENCY), topics.head(EMERGENCY))
        down = (topics.down_ack(TERMINAL), topics.down_message(TERMINAL))
        self._say(*[(topic, data, False) for topic in (*heard, *down) for data in rubbish])

    def _stale(self) -> LogLine:
        with closing(sqlite3.connect(self._zone.state / "zone.db", timeout=20)) as db:
            row = db.execute("SELECT line FROM log_line WHERE sequence = 1").fetchone()
        return line_from_bytes(row[0])

    def _generous(self) -> Policy:
        held = asyncio.run(_current(self._zone))
        key = PolicyKey(self._own.public.hex(), self._own.holder, "贼")
        rules = tuple(
            replace(rule, approvers=(self._own.key_id,), threshold=1) for rule in held.feeds
        )
        return replace(held, version=99, keys=(*held.keys, key), feeds=rules)

    def _line(
        self, record: Record, feed: str, *, after: tuple[int, str], expires: int = 0
    ) -> LogLine:
        body = body_bytes(record)
        said = Statement(
            feed, record.id, 1, Action.PUT, sha256_hex(body), len(body), "u-x", _now(), expires
        )
        data = said.signed_bytes()
        entry = Entry(said, (self._own.sign(data), self.log.sign(data)), *pack(body))
        link = Link(feed, after[0] + 1, after[1], entry_hash(said, entry.approvals), _now())
        signature = self._keyring.sign_log(link.signed_bytes())
        return LogLine(link, self.log.key_id, signature, entry)

    def _say(self, *said: tuple[str, bytes, bool]) -> None:
        asyncio.run(self._publish(said))

    async def _publish(self, said: tuple[tuple[str, bytes, bool], ...]) -> None:
        """Speak with a certificate that the stolen authority makes for whoever may say everything."""
        issued = self._ca.issue_controller(now=wall_now())
        folder = self._folder / "thief"
        folder.mkdir(exist_ok=True)
        tls = ssl.create_default_context(cafile=str(self._ca.certificate_path))
        tls.load_cert_chain(*issued.write(folder, issued.serial))
        left = list(said)
        while left:
            # The true controller has the same name and throws the thief out again: he goes on where he was.
            with suppress(aiomqtt.MqttError):
                async with self._client(tls) as client:
                    while left:
                        topic, data, retain = left[0]
                        await client.publish(topic, data, qos=1, retain=retain)
                        left.pop(0)

    def _client(self, tls: ssl.SSLContext) -> aiomqtt.Client:
        return aiomqtt.Client(
            "127.0.0.1",
            self._zone.broker,
            tls_context=tls,
            protocol=aiomqtt.ProtocolVersion.V311,
            timeout=10,
        )


class _Log:
    """The log key as if it could approve."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self.key_id = keyring.log_key_id

    def sign(self, data: bytes) -> Approval:
        return Approval(self.key_id, self._keyring.sign_log(data))


def _now() -> int:
    return int(wall_now().timestamp())
