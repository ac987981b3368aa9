"""Bring a database's tables to the form that this version expects (Alembic)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, make_url

from controller.store.sqlite import MIGRATION_PRAGMAS, keep_transactions

SCRIPTS = Path(__file__).with_name("migrations")


def upgrade(url: str) -> None:
    """Run the migrations that are still missing. Blocks: call it in a thread."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    engine = create_engine(make_url(url).set(drivername="sqlite"))
    # One transaction for all: a power cut half-way leaves the tables as they were.
    keep_transactions(engine, begin="BEGIN IMMEDIATE", pragmas=MIGRATION_PRAGMAS)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
