"""A policy from a ceremony counts by the chain of its roots, and only by it."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from content.feed.policy import FeedRule, Policy, PolicyKey, PolicyRefused, SignedPolicy, TrustRoot
from content.feed.policy import check_policy as check
from content.feed.tuf_chain import handover_bytes
from tests.support.ceremonies import HOLDERS, NOW, Trust
from tests.support.signers import Signer, ZoneKeys


@pytest.fixture
def keys() -> ZoneKeys:
    return ZoneKeys()


@pytest.fixture
def trust(tmp_path: Path, keys: ZoneKeys) -> Trust:
    made = Trust(tmp_path / "t", Signer("online").public.hex())
    made.hold(keys.policy(version=1).policy, holders=HOLDERS)
    return made


def test_a_terminal_takes_a_policy_that_enough_holders_signed(trust: Trust) -> None:
    data = trust.signed().to_bytes()

    assert check(SignedPolicy.from_bytes(data), root=trust.root, held=0).version == 1


def test_a_policy_that_was_changed_after_the_ceremony_is_refused(trust: Trust) -> None:
    signed = trust.signed()
    lower = tuple(replace(rule, threshold=0) for rule in signed.policy.feeds)

    with pytest.raises(PolicyRefused):
        check(replace(signed, policy=replace(signed.policy, feeds=lower)), root=trust.root, held=0)


def test_another_root_is_refused(trust: Trust, tmp_path: Path, keys: ZoneKeys) -> None:
    other = Trust(tmp_path / "other", trust.online)
    other.hold(keys.policy(version=9).policy, holders=HOLDERS)

    with pytest.raises(PolicyRefused):
        check(other.signed(), root=trust.root, held=0)


def test_a_new_root_counts_when_the_old_holders_signed_it(trust: Trust, keys: ZoneKeys) -> None:
    pinned = trust.root
    newcomers = (*HOLDERS[:2], "保管人丁")

    trust.hold(keys.policy(version=2).policy, holders=newcomers, signers=HOLDERS[:2])

    assert check(trust.signed(), root=pinned, held=1).version == 2


def test_a_chain_with_a_root_left_out_is_refused(trust: Trust, keys: ZoneKeys) -> None:
    pinned = trust.root
    for version in (2, 3):
        trust.hold(keys.policy(version=version).policy, holders=HOLDERS)
    first, _, third, targets = trust.signed().chain

    with pytest.raises(PolicyRefused):
        check(replace(trust.signed(), chain=(first, third, targets)), root=pinned, held=0)


def test_after_a_rotation_the_holders_of_before_sign_no_policy(
    trust: Trust, tmp_path: Path, keys: ZoneKeys
) -> None:
    pinned, before = trust.root, dict(trust.keys)
    old_targets_by_old_keys = Trust(tmp_path / "old", trust.online)
    old_targets_by_old_keys.keys = before
    trust.hold(keys.policy(version=2).policy, holders=HOLDERS, signers=HOLDERS, renewed=HOLDERS)
    forged = _signed_by(before, keys.policy(version=3).policy)

    *roots, _ = trust.signed().chain
    with pytest.raises(PolicyRefused):
        check(
            SignedPolicy(keys.policy(version=3).policy, (), (*roots, forged)), root=pinned, held=0
        )


def test_an_expired_root_still_says_what_may_be_shown(tmp_path: Path, keys: ZoneKeys) -> None:
    old = Trust(tmp_path / "old", Signer("online").public.hex())
    old.hold(keys.policy().policy, holders=HOLDERS, now=NOW.replace(year=2016))

    assert check(old.signed(), root=old.root, held=0).version == 1


def test_terminals_of_a_browser_root_follow_its_hand_over_and_nothing_less(
    trust: Trust, keys: ZoneKeys
) -> None:
    first = trust.signed().chain[0]
    handed = replace(trust.signed(), approvals=(keys.root.sign(handover_bytes(first)),))

    assert check(handed, root=keys.trust_root, held=0).version == 1
    for approvals in ((), (Signer("x").sign(handover_bytes(first)),), (keys.root.sign(first),)):
        with pytest.raises(PolicyRefused):
            check(replace(handed, approvals=approvals), root=keys.trust_root, held=0)


def test_where_a_ceremony_root_is_pinned_a_browser_root_counts_nothing(
    trust: Trust, keys: ZoneKeys
) -> None:
    both = TrustRoot(keys.trust_root.keys, 1, trust.root.tuf)

    with pytest.raises(PolicyRefused):
        check(keys.policy(version=5), root=both, held=0)


def test_a_root_without_keys_accepts_nothing() -> None:
    empty = Policy("x", 1, (), ())

    with pytest.raises(PolicyRefused):
        check(SignedPolicy(empty, ()), root=TrustRoot((), 0), held=0)


def test_a_rule_without_kinds_is_signed_as_it_was_before_there_were_any() -> None:
    rule = FeedRule("gov/*", ("a",), 1, ("b",))
    policy = Policy("区", 1, (PolicyKey("cd", "u", "n"),), (rule,))

    assert b"kinds" not in policy.signed_bytes()
    assert (
        b'"kinds":["emergency"]'
        in replace(policy, feeds=(replace(rule, kinds=("emergency",)),)).signed_bytes()
    )
    assert msgspec.json.decode(policy.target_bytes(), type=Policy) == policy


def _signed_by(keys: dict, policy: Policy) -> bytes:  # type: ignore[type-arg]
    from controller.ceremony import metadata as make

    targets = make.new_targets(policy, version=3, now=NOW)
    for key in keys.values():
        make.sign(targets, key)
    return make.to_bytes(targets)
