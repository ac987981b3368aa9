"""How lines travel, dictionaries and snapshots; what terminals did, hour by hour."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feed_wire",
        sa.Column("feed", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "sequence", name=op.f("pk_feed_wire")),
    )
    op.create_table(
        "feed_dictionary",
        sa.Column("feed", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "sha256", name=op.f("pk_feed_dictionary")),
    )
    op.create_table(
        "feed_snapshot",
        sa.Column("feed", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("link", sa.String(length=64), nullable=False),
        sa.Column("manifest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "sequence", name=op.f("pk_feed_snapshot")),
    )
    op.create_table(
        "terminal_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=40), nullable=False),
        sa.Column("envelope", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terminal_record")),
    )
    op.create_index(op.f("ix_terminal_record_device"), "terminal_record", ["device"])
    op.create_index(op.f("ix_terminal_record_hour"), "terminal_record", ["hour"])


def downgrade() -> None:
    op.drop_table("terminal_record")
    op.drop_table("feed_snapshot")
    op.drop_table("feed_dictionary")
    op.drop_table("feed_wire")
