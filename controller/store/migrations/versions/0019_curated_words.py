"""Curated search words: the working copy of each region, what changed it, signatures, and what was searched for."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "curated_words",
        sa.Column("id", sa.String(length=10), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("drafter", sa.String(length=20), nullable=False),
        sa.Column("contributors", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_curated_words")),
    )
    op.create_table(
        "curated_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=10), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=20), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("undone", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["words"], ["curated_words.id"], name=op.f("fk_curated_changes_words_curated_words")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_curated_changes")),
    )
    with op.batch_alter_table("curated_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_curated_changes_words"), ["words"], unique=False)
    op.create_table(
        "curated_pending",
        sa.Column("words", sa.String(length=10), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["words"], ["curated_words.id"], name=op.f("fk_curated_pending_words_curated_words")
        ),
        sa.PrimaryKeyConstraint("words", name=op.f("pk_curated_pending")),
    )
    op.create_table(
        "curated_approvals",
        sa.Column("words", sa.String(length=10), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["words"], ["curated_words.id"], name=op.f("fk_curated_approvals_words_curated_words")
        ),
        sa.PrimaryKeyConstraint("words", "key_id", name=op.f("pk_curated_approvals")),
    )
    op.create_table(
        "search_counts",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("query", sa.String(length=60), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "query", name=op.f("pk_search_counts")),
    )
    op.create_table(
        "search_taps",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("query", sa.String(length=60), nullable=False),
        sa.Column("record", sa.String(length=10), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("tapped", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "query", "record", name=op.f("pk_search_taps")),
    )
    op.create_table(
        "search_settled",
        sa.Column("query", sa.String(length=60), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("query", name=op.f("pk_search_settled")),
    )


def downgrade() -> None:
    for table in (
        "search_settled",
        "search_taps",
        "search_counts",
        "curated_approvals",
        "curated_pending",
        "curated_changes",
        "curated_words",
    ):
        op.drop_table(table)
