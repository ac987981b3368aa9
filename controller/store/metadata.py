"""The one catalogue of tables; each store module hangs its own tables on it.

Times are whole unix seconds UTC. Import controller.store.schema to have it complete.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, Integer, MetaData, TypeDecorator, event
from sqlalchemy.types import TypeEngine
from typing_extensions import override


class WholeNumber(TypeDecorator[int]):
    """A whole number of any size, as SQLite's INTEGER is: PostgreSQL's ends for unix seconds in 2038."""

    impl = Integer
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(BigInteger() if dialect.name == "postgresql" else Integer())


@event.listens_for(Column, "before_parent_attach")
def _widen(column: Column[Any], _table: object) -> None:
    """Every Integer of a table is a WholeNumber, in migrations too: nobody has to think of it."""
    if type(column.type) is Integer:
        column.type = WholeNumber()


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
