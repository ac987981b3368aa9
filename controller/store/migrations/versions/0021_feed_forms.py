"""How lines travel, dictionaries and snapshots."""

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


def downgrade() -> None:
    op.drop_table("feed_snapshot")
    op.drop_table("feed_dictionary")
    op.drop_table("feed_wire")
