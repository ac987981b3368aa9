"""Attacks on the keys: policies, roots, rotations, revocations, and dates that have run out."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Targets, Timestamp

from content.feed.policy import Policy
from content.feed.tuf_chain import handover_bytes
from controller.ceremony import metadata as make
from controller.ceremony.ceremony import Result
from controller.ceremony.holder_keys import HeldKey
from tests.support.besieged import GOOD, LIE, LIE_ID, Siege, besieged
from tests.support.ceremonies import HOLDERS, Trust
from tests.support.mosquitto import HAS_MOSQUITTO, until
from tests.support.signers import Signer, document
from tests.support.zone_ca import wall_now

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]


def _with_stranger(policy: Policy, stranger: Signer) -> Policy:
    """Return a policy by which a stranger may sign alone."""
    from content.feed.policy import PolicyKey

    rules = tuple(
        replace(rule, approvers=(*rule.approvers, stranger.key_id), threshold=1)
        for rule in policy.feeds
    )
    key = PolicyKey(stranger.public.hex(), "u-stranger", "骆驼")
    return replace(policy, keys=(*policy.keys, key), feeds=rules, version=policy.version + 1)


async def test_a_policy_that_the_root_has_not_signed(siege: Siege) -> None:
    stranger, keys = Signer("stranger"), siege.zone.keys
    policy = _with_stranger(keys.policy().policy, stranger)
    forged = replace(
        keys.policy(),
        policy=policy,
        approvals=tuple(one.sign(policy.signed_bytes()) for one in (keys.log, keys.approver)),
    )

    await siege.offer(forged.to_bytes())

    await siege.reported("policy_refused")
    keys.append(keys.entry(document(LIE_ID, title=LIE), stranger))
    await siege.strike()
    await siege.reported("entry_refused:unknown_key")
    assert siege.titles() == {GOOD}


async def test_an_older_policy_played_back(siege: Siege) -> None:
    """A key was revoked with version 3; version 2, true as it was, must not bring it back."""
    keys = siege.zone.keys
    await siege.offer(keys.policy(version=3).to_bytes())
    await until(lambda: siege.zone.reports[-1].policy == 3)

    await siege.offer(keys.policy(version=2).to_bytes())

    await siege.reported("policy_refused")
    assert siege.zone.reports[-1].policy == 3
    assert siege.titles() == {GOOD}


async def test_a_revoked_key(siege: Siege) -> None:
    """What it signs from now on is refused; what it alone had signed is shown no more."""
    keys = siege.zone.keys
    thief = keys.second
    keys.append(keys.entry(document("D000000003", title="被盗密钥签发的通知"), thief))
    await siege.strike()
    await siege.shows(GOOD, "被盗密钥签发的通知")
    policy = keys.policy(version=2).policy
    rules = tuple(
        replace(rule, approvers=tuple(one for one in rule.approvers if one != thief.key_id))
        for rule in policy.feeds
    )
    without = replace(policy, feeds=rules)
    signed = replace(
        keys.policy(), policy=without, approvals=(keys.root.sign(without.signed_bytes()),)
    )

    await siege.offer(signed.to_bytes())

    await siege.shows(GOOD)
    keys.append(keys.entry(document(LIE_ID, title=LIE), thief))
    await siege.strike()
    await siege.reported("entry_refused:unknown_key")
    assert siege.titles() == {GOOD}


# A zone whose root is with its holders


@dataclass
class Rooted:
    """A siege around a terminal that pinned a ceremony's root; the attacker has the dating key."""

    siege: Siege
    trust: Trust
    online: HeldKey

    def serve(self, result: Result, *, version: int) -> None:
        """Lay the files out as the controller does."""
        targets = Metadata[Targets].from_bytes(result.targets)
        snapshot = make.new_snapshot(targets, version=version, now=wall_now())
        timestamp = make.new_timestamp(snapshot, version=version, now=wall_now())
        signer = CryptoSigner(self.online.private)
        snapshot.sign(signer)
        timestamp.sign(signer)
        zone = self.siege.zone
        zone.trust.update(result.files())
        zone.trust[f"{version}.snapshot.json"] = make.to_bytes(snapshot)
        zone.trust["timestamp.json"] = make.to_bytes(timestamp)
        zone.policy = result.signed_policy().to_bytes()

    async def begin(self) -> None:
        await self.siege.strike()
        await self.siege.shows(GOOD)
        self.siege.since = len(self.siege.zone.reports)

    def policy(self, *, version: int) -> Policy:
        return self.siege.zone.keys.policy(version=version).policy

    async def holds_version(self, version: int) -> None:
        await until(lambda: self.siege.zone.reports[-1].policy == version)


@pytest.fixture
async def rooted(tmp_path: Path) -> AsyncIterator[Rooted]:
    online = HeldKey(Ed25519PrivateKey.generate())
    trust = Trust(tmp_path / "trust", online.public)
    from tests.support.signers import ZoneKeys

    trust.hold(ZoneKeys().policy().policy, holders=HOLDERS, now=wall_now())
    async with besieged(tmp_path, root=trust.root) as siege:
        one = Rooted(siege, trust, online)
        one.serve(
            trust.hold(one.policy(version=2), now=wall_now()),
            version=1,
        )
        await one.begin()
        yield one


async def test_a_policy_of_a_ceremony_arrives_over_the_agents_own_https(rooted: Rooted) -> None:
    await rooted.holds_version(2)

    rooted.serve(rooted.trust.hold(rooted.policy(version=3), now=wall_now()), version=2)
    await rooted.siege.strike()

    await rooted.holds_version(3)
    assert rooted.siege.titles() == {GOOD}


async def test_a_root_that_was_rotated_away(rooted: Rooted) -> None:
    """All holders changed their keys; who finds the old media cannot sign a policy with them."""
    before = dict(rooted.trust.keys)
    newer = rooted.trust.hold(
        rooted.policy(version=3), holders=HOLDERS, signers=HOLDERS, renewed=HOLDERS, now=wall_now()
    )
    rooted.serve(newer, version=2)
    await rooted.siege.strike()
    await rooted.holds_version(3)
    targets = make.new_targets(rooted.policy(version=4), version=9, now=wall_now())
    for key in before.values():
        make.sign(targets, key)
    forged = replace(
        newer, targets=make.to_bytes(targets), feeds=rooted.policy(version=4).target_bytes()
    )
    rooted.serve(forged, version=3)

    await rooted.siege.strike()

    await rooted.siege.reported("policy_refused")
    assert rooted.siege.zone.reports[-1].policy == 3
    assert rooted.siege.titles() == {GOOD}


async def test_the_key_clients_own_files_changed_on_disk(rooted: Rooted) -> None:
    await rooted.holds_version(2)
    for path in (rooted.siege.home.keys).rglob("*.json"):
        path.write_bytes(b"{}")
    rooted.serve(rooted.trust.hold(rooted.policy(version=3), now=wall_now()), version=2)

    await rooted.siege.strike()

    await rooted.holds_version(3)
    assert rooted.siege.titles() == {GOOD}


async def test_a_policy_that_one_holder_signed(rooted: Rooted) -> None:
    """The attacker has the dating key and one medium with its passphrase; two holders are needed."""
    stranger = Signer("stranger")
    policy = _with_stranger(rooted.policy(version=2), stranger)
    targets = make.new_targets(policy, version=3, now=wall_now())
    make.sign(targets, rooted.trust.keys[HOLDERS[0]])
    before = rooted.trust.result
    assert before is not None
    forged = replace(before, targets=make.to_bytes(targets), feeds=policy.target_bytes())
    rooted.serve(forged, version=2)

    await rooted.siege.strike()

    await rooted.siege.reported("policy_refused")
    keys = rooted.siege.zone.keys
    keys.append(keys.entry(document(LIE_ID, title=LIE), stranger))
    await rooted.siege.strike()
    await rooted.siege.reported("entry_refused:unknown_key")
    assert rooted.siege.titles() == {GOOD}


async def test_a_browsers_policy_where_a_ceremony_was_held(rooted: Rooted) -> None:
    keys = rooted.siege.zone.keys

    await rooted.siege.offer(keys.policy(version=50).to_bytes())

    await rooted.siege.reported("policy_refused")
    assert rooted.siege.titles() == {GOOD}


async def test_another_ceremonys_root(rooted: Rooted, tmp_path: Path) -> None:
    other = Trust(tmp_path / "other", rooted.online.public)
    stranger = Signer("stranger")
    result = other.hold(_with_stranger(rooted.policy(version=8), stranger), holders=HOLDERS)
    rooted.siege.zone.trust.clear()
    rooted.serve(result, version=9)

    await rooted.siege.strike()

    await rooted.siege.reported("policy_refused")
    assert rooted.siege.titles() == {GOOD}


async def test_old_keys_files_played_back(rooted: Rooted) -> None:
    """The files of before a rotation, each true in its day: the TUF client does not go back."""
    zone = rooted.siege.zone
    before = (dict(zone.trust), zone.policy)
    rooted.serve(rooted.trust.hold(rooted.policy(version=3), now=wall_now()), version=2)
    await rooted.siege.strike()
    await rooted.holds_version(3)
    zone.trust, zone.policy = before

    await rooted.siege.strike()

    await rooted.siege.reported("policy_refused")
    assert zone.reports[-1].policy == 3
    assert rooted.siege.titles() == {GOOD}


async def test_files_of_two_ceremonies_mixed(rooted: Rooted) -> None:
    """Newer dates around an older policy."""
    zone = rooted.siege.zone
    old = rooted.trust.result
    newer = rooted.trust.hold(rooted.policy(version=3), now=wall_now())
    rooted.serve(newer, version=2)
    assert old is not None
    zone.trust[f"{newer.targets_version}.targets.json"] = old.targets

    await rooted.siege.strike()

    await rooted.siege.reported("policy_refused")
    assert zone.reports[-1].policy == 2
    assert rooted.siege.titles() == {GOOD}


async def test_dates_that_have_run_out_stop_keys_and_never_the_screen(rooted: Rooted) -> None:
    zone = rooted.siege.zone
    newer = rooted.trust.hold(rooted.policy(version=3), now=wall_now())
    rooted.serve(newer, version=2)
    stale = Metadata[Timestamp].from_bytes(zone.trust["timestamp.json"])
    stale.signed.expires -= timedelta(days=400)
    stale.sign(CryptoSigner(rooted.online.private))
    zone.trust["timestamp.json"] = make.to_bytes(stale)

    await rooted.siege.strike()

    await rooted.siege.reported("keys_expired")
    assert zone.reports[-1].policy == 2
    assert rooted.siege.titles() == {GOOD}
    await rooted.siege.recovers()


async def test_a_clock_ten_years_ahead_stops_no_screen(rooted: Rooted) -> None:
    rooted.siege.clock.shift = timedelta(days=3650)
    await rooted.siege.restart()

    await rooted.siege.strike()

    await rooted.siege.reported("feed_")
    await rooted.siege.shows(GOOD)
    await rooted.siege.recovers()


@pytest.mark.parametrize("damage", [lambda _: b"", lambda _: b"{}" * 9, lambda data: data[:-40]])
async def test_damaged_key_files(rooted: Rooted, damage: Callable[[bytes], bytes]) -> None:
    zone = rooted.siege.zone
    rooted.serve(rooted.trust.hold(rooted.policy(version=3), now=wall_now()), version=2)
    zone.trust = {name: damage(data) for name, data in zone.trust.items()}

    await rooted.siege.strike()

    await rooted.siege.reported("policy_refused")
    assert zone.reports[-1].policy == 2
    assert rooted.siege.titles() == {GOOD}


async def test_a_browsers_root_after_it_has_handed_over(siege: Siege, tmp_path: Path) -> None:
    """The browser with the old root key is stolen a year later: its signature counts no more."""
    keys = siege.zone.keys
    online = HeldKey(Ed25519PrivateKey.generate())
    trust = Trust(tmp_path / "trust", online.public)
    result = trust.hold(keys.policy(version=2).policy, holders=HOLDERS, now=wall_now())
    Rooted(siege, trust, online).serve(result, version=1)
    signed = result.signed_policy()
    handed = replace(signed, approvals=(keys.root.sign(handover_bytes(signed.chain[0])),))
    siege.zone.policy = handed.to_bytes()
    await siege.strike()
    await until(lambda: siege.zone.reports[-1].policy == 2)
    assert siege.titles() == {GOOD}

    await siege.offer(keys.policy(version=9).to_bytes())

    await siege.reported("policy_refused")
    assert siege.zone.reports[-1].policy == 2
    await siege.recovers()


async def test_a_hand_over_that_the_browsers_root_did_not_sign(
    siege: Siege, tmp_path: Path
) -> None:
    keys = siege.zone.keys
    online = HeldKey(Ed25519PrivateKey.generate())
    trust = Trust(tmp_path / "trust", online.public)
    policy = _with_stranger(keys.policy(version=2).policy, Signer("stranger"))
    result = trust.hold(policy, holders=HOLDERS, now=wall_now())
    Rooted(siege, trust, online).serve(result, version=1)
    signed = result.signed_policy()
    forged = replace(signed, approvals=(keys.log.sign(handover_bytes(signed.chain[0])),))

    await siege.offer(forged.to_bytes())

    await siege.reported("policy_refused")
    assert siege.titles() == {GOOD}
