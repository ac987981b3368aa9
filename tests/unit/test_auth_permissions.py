"""One table decides; four eyes hold whatever roles a person has."""

import pytest

from controller.auth.permissions import TABLE, Forbidden, Permission, allow, require
from controller.auth.roles import Role
from controller.store.documents import Document, DocumentFields, DocumentState, SourceFile
from controller.store.people import Person


def _person(*roles: Role, name: str = "p-1", active: bool = True) -> Person:
    return Person(name, "某某", name, frozenset(roles), active)


def _document(*, drafter: str, contributors: tuple[str, ...] = ()) -> Document:
    return Document(
        id="D000000001",
        state=DocumentState.SUBMITTED,
        fields=DocumentFields(title="通知"),
        blocks=(),
        mark=None,
        warnings=(),
        proposal=None,
        drafter=drafter,
        contributors=contributors,
        revision=1,
        version=0,
        source=SourceFile(),
        created=0,
        changed=0,
    )


def test_every_permission_stands_in_the_table() -> None:
    assert set(TABLE) == set(Permission)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", Permission)
def test_a_role_gives_what_the_table_says_and_no_more(role: Role, permission: Permission) -> None:
    assert allow(_person(role), permission) is (role in TABLE[permission])


@pytest.mark.parametrize("permission", Permission)
def test_a_disabled_person_may_nothing(permission: Permission) -> None:
    assert not allow(_person(*Role, active=False), permission)


@pytest.mark.parametrize("permission", Permission)
def test_a_person_without_roles_may_nothing(permission: Permission) -> None:
    assert not allow(_person(), permission)


def test_the_administrator_is_not_an_approver() -> None:
    assert not allow(_person(Role.ADMINISTRATOR), Permission.APPROVE_DOCUMENT)
    assert not allow(_person(Role.ADMINISTRATOR), Permission.READ_REQUEST)


@pytest.mark.parametrize("permission", [Permission.APPROVE_DOCUMENT, Permission.WITHDRAW_DOCUMENT])
def test_nobody_approves_what_they_wrote_even_with_every_role(permission: Permission) -> None:
    person = _person(*Role)

    assert not allow(person, permission, _document(drafter=person.id))
    assert not allow(person, permission, _document(drafter="p-2", contributors=(person.id,)))
    assert allow(person, permission, _document(drafter="p-2", contributors=("p-3",)))


def test_a_refusal_names_the_role_that_may() -> None:
    with pytest.raises(Forbidden, match="审批"):
        require(_person(Role.DRAFTER), Permission.APPROVE_DOCUMENT)
