"""Desired shadows that end and that keep records back; staged rollouts."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("want", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withheld", sa.Text(), server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("expires", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("ended", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("before", sa.Text(), server_default="{}", nullable=False))
    op.create_table(
        "rollout",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollout")),
    )
    op.create_index("ix_rollout_phase", "rollout", ["phase"], unique=False)
    op.create_table(
        "rollout_member",
        sa.Column("rollout", sa.String(length=32), nullable=False),
        sa.Column("device", sa.String(length=40), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=12), nullable=False),
        sa.Column("told_at", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rollout", "device", name=op.f("pk_rollout_member")),
    )
    op.create_index("ix_rollout_member_device", "rollout_member", ["device"], unique=False)


def downgrade() -> None:
    op.drop_table("rollout_member")
    op.drop_table("rollout")
    with op.batch_alter_table("want", schema=None) as batch_op:
        for name in ("before", "ended", "expires", "withheld"):
            batch_op.drop_column(name)
