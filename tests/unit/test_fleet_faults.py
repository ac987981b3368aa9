"""Faults of a fleet are data: the same terminals each time, in the share that was asked for."""

from pathlib import Path

import pytest

from devices.sim.fleet.faults import BadFaults, FaultKind, FleetFault, plan_for, read_faults

FLEET = [f"village-{number:04}" for number in range(2_000)]


def test_a_share_hits_about_so_many_and_always_the_same() -> None:
    cut = FleetFault(FaultKind.CUT, share=0.1)

    hit = [one for one in FLEET if cut.hits(one)]

    assert 150 < len(hit) < 250
    assert hit == [one for one in FLEET if plan_for(one, (cut,))]


def test_two_kinds_hit_different_terminals() -> None:
    cut, deaf = FleetFault(FaultKind.CUT, share=0.5), FleetFault(FaultKind.DEAF, share=0.5)

    assert {cut.hits(one) == deaf.hits(one) for one in FLEET} == {True, False}


def test_a_file_of_faults_is_read(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text('[[fault]]\nkind = "cut"\nshare = 0.5\nat_s = 1\nfor_s = 2.5\n', "utf-8")

    assert read_faults(path) == (FleetFault(FaultKind.CUT, share=0.5, at_s=1, for_s=2.5),)


@pytest.mark.parametrize("text", ["[[fault]]\nkind = 'melts'\n", "[[fault]]\nshare = 1\n", "["])
def test_a_file_that_is_wrong_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(BadFaults):
        read_faults(path)
