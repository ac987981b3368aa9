"""One ceremony in one folder: who takes part, which keys are made, what is signed, what is still to do.

Every step writes its file whole or not at all and finds what earlier steps left, so that a ceremony can be
broken off and gone on with; a step that was done refuses to be done again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from tuf.api.metadata import Metadata, Root, Targets
from tuf.api.serialization import DeserializationError

from content.canonical import sha256_hex
from content.errors import CallerError
from content.feed.policy import SignedPolicy, TrustRoot, check_policy
from content.feed.tuf_chain import FEEDS, newest_root, policy_of
from controller.broker.private_files import write_private
from controller.ceremony import metadata as make
from controller.ceremony.holder_keys import HeldKey
from controller.ceremony.metadata import Holders
from controller.ceremony.request import KeyRequest, read_request

PLAN = "ceremony.json"
REQUEST = "request.json"
DONE = "metadata"
MOST_HOLDERS = 9


class CeremonyError(CallerError):
    """The step cannot be done, or not again; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the ceremony is for.

    Attributes:
        holders: names of those who hold the root from now on.
        threshold: how many of them must sign.
        root: version of the root that this ceremony makes, 0 = the root stays and only the policy is new.
        targets: version of the targets that it makes.
    """

    holders: tuple[str, ...]
    threshold: int
    root: int
    targets: int


class Ceremony:
    """The folder and its steps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(
        self,
        request: Path,
        *,
        holders: tuple[str, ...],
        threshold: int,
        previous: Path | None,
        renewed: tuple[str, ...] = (),
    ) -> Plan:
        """Lay down what the ceremony is for.

        Args:
            request: the controller's file.
            holders: names; empty = those of the previous root, which then stays.
            threshold: how many must sign.
            previous: result of the ceremony before, None for the first.
            renewed: holders of before who make a new key, for the old one is lost or was stolen.

        Raises:
            CeremonyError: begun already, or these people cannot hold a root.
        """
        if (self.folder / PLAN).exists():
            raise CeremonyError(
                f"{self.folder} 中的仪式已经开始，没有改动。用 status 查看下一步；要另办一次请换一个目录。"
            )
        asked = read_request(request.read_bytes())
        old = read_done(previous) if previous else None
        if old is None or holders:
            _check_holders(holders, threshold)
        plan = _plan(old, holders, threshold)
        (self.folder / "holders").mkdir(parents=True, exist_ok=True)
        if old is not None:
            (self.folder / "previous").mkdir(exist_ok=True)
            for name, data in old.files().items():
                write_private(self.folder / "previous" / name, data)
            self._carry_over(old, [one for one in plan.holders if one not in renewed])
        write_private(self.folder / REQUEST, asked.to_bytes())
        write_private(self.folder / PLAN, msgspec.json.encode(plan))
        return plan

    def plan(self) -> Plan:
        """Return what the ceremony is for.

        Raises:
            CeremonyError: not begun.
        """
        try:
            return msgspec.json.decode((self.folder / PLAN).read_bytes(), type=Plan)
        except (FileNotFoundError, msgspec.MsgspecError) as error:
            raise CeremonyError(f"{self.folder} 中没有开始过的仪式，请先运行 begin。") from error

    def request(self) -> KeyRequest:
        """Return what the controller asked for."""
        return read_request((self.folder / REQUEST).read_bytes())

    def publics(self) -> dict[str, str]:
        """Return name -> raw public key of the holders who have one."""
        found = {name: self._holder_file(name) for name in self.plan().holders}
        return {name: one.read_text("ascii") for name, one in found.items() if one.exists()}

    def add_holder(self, name: str, key: HeldKey) -> None:
        """Note a holder's public key.

        Raises:
            CeremonyError: not a holder, or noted already.
        """
        self.refuse_made(name)
        if key.public in self.publics().values():
            raise CeremonyError("这把密钥已属于另一位保管人。每人必须各持一把自己的密钥。")
        write_private(self._holder_file(name), key.public.encode())

    def refuse_made(self, name: str) -> None:
        """Refuse to make a key twice.

        Raises:
            CeremonyError: not a holder, or has a key.
        """
        plan = self.plan()
        if name not in plan.holders:
            raise CeremonyError(
                f"“{name}”不在保管人名单中：{'、'.join(plan.holders)}。请核对姓名。"
            )
        if name in self.publics():
            raise CeremonyError(f"“{name}”的密钥已经登记过，没有重做。用 status 查看下一步。")

    def sign(self, key: HeldKey, *, now: datetime) -> str:
        """Sign what is to be signed with one holder's key; return the holder's name.

        Raises:
            CeremonyError: keys are missing, the key is no holder's, or has signed already.
        """
        root, targets = self._drafts(now)
        newest, before = root.signed, self._previous_root()
        mine = make.tuf_key(key.public).keyid
        names = {**(make.holder_names(before) if before else {}), **make.holder_names(newest)}
        if mine not in names:
            raise CeremonyError(
                "这把密钥不属于任何一位保管人，没有签名。请换用本次仪式登记的密钥。"
            )
        if mine in (root if self.plan().root else targets).signatures:
            raise CeremonyError(f"“{names[mine]}”已经签过名，没有重复签名。用 status 查看下一步。")
        if self.plan().root:
            make.sign(root, key)
        if mine in newest.roles[Targets.type].keyids:
            make.sign(targets, key)
        elif not self.plan().root:
            raise CeremonyError("这把密钥已不是现任保管人的密钥，不能签署策略。")
        self._keep_drafts(root, targets)
        return names[mine]

    def missing_keys(self) -> tuple[str, ...]:
        """Return the holders who have no key yet."""
        made = self.publics()
        return tuple(name for name in self.plan().holders if name not in made)

    def signed_by(self) -> tuple[str, ...]:
        """Return the names of those who have signed."""
        if not (self.folder / "draft-targets.json").exists():
            return ()
        root, targets = self._kept_drafts()
        before = self._previous_root()
        names = {**(make.holder_names(before) if before else {}), **make.holder_names(root.signed)}
        made = root.signatures if self.plan().root else targets.signatures
        return tuple(names[one] for one in made if one in names)

    def is_enough(self) -> bool:
        """Say whether enough holders of the new root, and of the one before it, have signed."""
        if not (self.folder / "draft-targets.json").exists():
            return False
        root, targets = self._kept_drafts()
        plan, before = self.plan(), self._previous_root()
        judges = [root.signed, *([before] if before and plan.root else [])]
        enough = all(
            len(make.signers_of(root, one, Root.type)) >= one.roles[Root.type].threshold
            for one in judges
        )
        needed = root.signed.roles[Targets.type].threshold
        return enough and len(make.signers_of(targets, root.signed, Targets.type)) >= needed

    def finish(self) -> "Result":
        """Check everything as a terminal will, and write the result.

        Raises:
            CeremonyError: signatures are missing, or it is finished already.
            PolicyRefused: a terminal would refuse the result.
        """
        out = self.folder / DONE
        if out.exists():
            raise CeremonyError(f"仪式已经完成，结果在 {out}，没有重做。")
        if not self.is_enough():
            raise CeremonyError("签名人数还不够，不能完成。用 status 查看还缺谁。")
        root, targets = self._kept_drafts()
        roots = (*self._previous_roots(), *((make.to_bytes(root),) if self.plan().root else ()))
        result = Result(roots, make.to_bytes(targets), self.request().policy.target_bytes())
        result.check()
        fresh = self.folder / ".metadata"
        fresh.mkdir(exist_ok=True)
        for name, data in result.files().items():
            write_private(fresh / name, data)
        fresh.replace(out)
        return result

    def _drafts(self, now: datetime) -> tuple[Metadata[Root], Metadata[Targets]]:
        """Return what is being signed; made when the last holder has a key."""
        if (self.folder / "draft-targets.json").exists():
            return self._kept_drafts()
        missing = self.missing_keys()
        if missing:
            raise CeremonyError(
                f"还有保管人没有密钥：{'、'.join(missing)}。请先为他们运行 holder。"
            )
        plan, asked = self.plan(), self.request()
        targets = make.new_targets(asked.policy, version=plan.targets, now=now)
        if plan.root:
            holders = Holders(self.publics(), plan.threshold)
            root = make.new_root(holders, online=asked.online, version=plan.root, now=now)
        else:
            root = Metadata[Root].from_bytes(self._previous_roots()[-1])
        self._keep_drafts(root, targets)
        return root, targets

    def _keep_drafts(self, root: Metadata[Root], targets: Metadata[Targets]) -> None:
        write_private(self.folder / "draft-root.json", make.to_bytes(root))
        write_private(self.folder / "draft-targets.json", make.to_bytes(targets))

    def _kept_drafts(self) -> tuple[Metadata[Root], Metadata[Targets]]:
        try:
            root = Metadata[Root].from_bytes((self.folder / "draft-root.json").read_bytes())
            targets = Metadata[Targets].from_bytes(
                (self.folder / "draft-targets.json").read_bytes()
            )
        except DeserializationError as error:
            raise CeremonyError(
                f"{self.folder} 中的草稿文件已损坏，请换一个目录重新开始。"
            ) from error
        return root, targets

    def _carry_over(self, old: "Result", stay: Sequence[str]) -> None:
        """Let those who held a key before go on with it."""
        root = old.newest
        for key, name in make.holder_names(root).items():
            if name in stay:
                public = str(root.keys[key].keyval["public"])
                write_private(self._holder_file(name), public.encode())

    def _previous_roots(self) -> tuple[bytes, ...]:
        folder = self.folder / "previous"
        return read_done(folder).roots if folder.exists() else ()

    def _previous_root(self) -> Root | None:
        roots = self._previous_roots()
        return newest_root(roots) if roots else None

    def _holder_file(self, name: str) -> Path:
        return self.folder / "holders" / f"{self.plan_index(name)}.pub"

    def plan_index(self, name: str) -> str:
        """Return under which name a holder's public key is filed: people's names may hold anything."""
        return sha256_hex(name.encode())[:16]


@dataclass(frozen=True, slots=True)
class Result:
    """What a ceremony leads to: every root from the first, targets.json, feeds.json."""

    roots: tuple[bytes, ...]
    targets: bytes
    feeds: bytes

    @property
    def newest(self) -> Root:
        """The root in use."""
        return newest_root(self.roots)

    @property
    def targets_version(self) -> int:
        """Version of targets.json."""
        return Metadata[Targets].from_bytes(self.targets).signed.version

    def signed_policy(self) -> SignedPolicy:
        """Return the policy as terminals get it."""
        return SignedPolicy(policy_of(self.feeds), (), (*self.roots, self.targets))

    def check(self) -> None:
        """Verify all of it as a terminal that pinned the first root does; raises PolicyRefused."""
        pinned = TrustRoot((), 1, self.roots[0].decode())
        check_policy(self.signed_policy(), root=pinned, held=0)

    def files(self) -> dict[str, bytes]:
        """Return file name -> bytes, named as a TUF client asks for them."""
        roots = {f"{place}.root.json": data for place, data in enumerate(self.roots, 1)}
        digest = sha256_hex(self.feeds)
        return {
            **roots,
            f"{self.targets_version}.targets.json": self.targets,
            f"{digest}.{FEEDS}": self.feeds,
        }


def read_done(folder: Path) -> Result:
    """Read a result and check it.

    Raises:
        CeremonyError: files are missing.
        PolicyRefused: they do not verify.
    """
    roots: list[bytes] = []
    while (path := folder / f"{len(roots) + 1}.root.json").exists():
        roots.append(path.read_bytes())
    targets = sorted(folder.glob("*.targets.json"), key=lambda one: int(one.name.split(".")[0]))
    if not roots or not targets:
        raise CeremonyError(
            f"{folder} 中没有完成的仪式结果，请核对路径（应为仪式目录下的 metadata）。"
        )
    newest = targets[-1].read_bytes()
    try:
        said = Metadata[Targets].from_bytes(newest).signed.targets[FEEDS].hashes["sha256"]
        feeds = (folder / f"{said}.{FEEDS}").read_bytes()
    except (DeserializationError, KeyError, FileNotFoundError) as error:
        raise CeremonyError(f"{folder} 中的文件不完整，请从仪式目录重新拷贝。") from error
    result = Result(tuple(roots), newest, feeds)
    result.check()
    return result


def _plan(old: Result | None, holders: tuple[str, ...], threshold: int) -> Plan:
    if old is None:
        return Plan(holders, threshold, root=1, targets=1)
    targets = old.targets_version + 1
    if holders:
        return Plan(holders, threshold, root=old.newest.version + 1, targets=targets)
    names = tuple(make.holder_names(old.newest).values())
    return Plan(names, old.newest.roles[Root.type].threshold, root=0, targets=targets)


def _check_holders(holders: tuple[str, ...], threshold: int) -> None:
    if len(set(holders)) != len(holders) or not all(name.strip() for name in holders):
        raise CeremonyError("保管人姓名不能重复或为空。")
    if not 2 <= threshold < len(holders) <= MOST_HOLDERS:  # noqa: PLR2004 - nobody alone, one key may be lost
        raise CeremonyError(
            f"请指定 3 至 {MOST_HOLDERS} 位保管人，须签名人数至少 2 人、且少于总人数：丢失一把密钥时仍能签发。"
        )
