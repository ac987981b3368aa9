"""Desired shadows that end, and that keep records back."""

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


def downgrade() -> None:
    with op.batch_alter_table("want", schema=None) as batch_op:
        for name in ("before", "ended", "expires", "withheld"):
            batch_op.drop_column(name)
