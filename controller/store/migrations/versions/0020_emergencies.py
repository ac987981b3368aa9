"""Emergency notices and their signatures."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "emergencies",
        sa.Column("id", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("cancelling", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("drafter", sa.String(length=20), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["drafter"], ["people.id"], name=op.f("fk_emergencies_drafter_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergencies")),
    )
    op.create_index(op.f("ix_emergencies_changed"), "emergencies", ["changed"])
    op.create_table(
        "emergency_approvals",
        sa.Column("emergency", sa.String(length=10), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["emergency"],
            ["emergencies.id"],
            name=op.f("fk_emergency_approvals_emergency_emergencies"),
        ),
        sa.PrimaryKeyConstraint(
            "emergency", "action", "key_id", name=op.f("pk_emergency_approvals")
        ),
    )


def downgrade() -> None:
    op.drop_table("emergency_approvals")
    op.drop_index(op.f("ix_emergencies_changed"), "emergencies")
    op.drop_table("emergencies")
