"""A key ceremony held by people who always agree, for tests: real key files, real steps."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from typing_extensions import override

from content.feed.policy import Policy, SignedPolicy, TrustRoot
from controller.broker.private_files import write_private
from controller.ceremony.ceremony import Ceremony, Result
from controller.ceremony.console import Console
from controller.ceremony.holder_keys import HeldKey, make_key
from controller.ceremony.request import KeyRequest

HOLDERS = ("保管人甲", "保管人乙", "保管人丙")
PASSPHRASE = "correct horse 电池 staple"
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


@dataclass
class Scripted(Console):
    """Answers in the given order and remembers what was printed."""

    answers: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)

    @override
    def say(self, *lines: str) -> None:
        self.printed += lines

    @override
    def ask(self, question: str) -> str:
        self.printed.append(question)
        return self.answers.pop(0)

    @override
    def secret(self, question: str) -> str:
        return self.ask(question)

    @property
    def text(self) -> str:
        return "\n".join(self.printed)


@dataclass
class Trust:
    """The holders' keys, and the result of the last ceremony."""

    folder: Path
    online: str
    result: Result | None = None
    rounds: int = 0
    keys: dict[str, HeldKey] = field(default_factory=dict)

    def hold(
        self,
        policy: Policy,
        *,
        holders: Sequence[str] = (),
        signers: Sequence[str] = HOLDERS[:2],
        renewed: Sequence[str] = (),
        now: datetime = NOW,
    ) -> Result:
        """Hold a ceremony over a policy and return its result."""
        self.rounds += 1
        folder = self.folder / f"ceremony-{self.rounds}"
        request = self.folder / f"request-{self.rounds}.json"
        self.folder.mkdir(parents=True, exist_ok=True)
        write_private(request, KeyRequest(policy, self.online).to_bytes())
        ceremony = Ceremony(folder)
        previous = self.folder / f"ceremony-{self.rounds - 1}" / "metadata"
        ceremony.begin(
            request,
            holders=tuple(holders),
            threshold=2,
            previous=previous if self.rounds > 1 else None,
            renewed=tuple(renewed),
        )
        old = dict(self.keys)
        for name in ceremony.missing_keys():
            self.keys[name] = make_key(folder / f"medium-{self.rounds}-{name}.key", PASSPHRASE)
            ceremony.add_holder(name, self.keys[name])
        for name in signers:
            ceremony.sign(self.keys[name], now=now)
        for name in renewed:
            # Who lost a medium but not its copy may still help the old root to its threshold.
            ceremony.sign(old[name], now=now)
        self.result = ceremony.finish()
        return self.result

    @property
    def root(self) -> TrustRoot:
        """What a terminal pins at enrolment."""
        assert self.result is not None
        return TrustRoot((), tuf=self.result.roots[0].decode())

    def signed(self) -> SignedPolicy:
        assert self.result is not None
        return self.result.signed_policy()
