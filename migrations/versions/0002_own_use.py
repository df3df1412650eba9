"""Spaces for own use.

Revision ID: 0002
Revises: 0001
"""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

POLICY = {
    "space_least_minutes": 30,
    "space_before_minutes": 0,
    "space_after_minutes": 0,
    "space_open_bookings": 2,
    "space_week_bookings": 3,
}
OWN_MINUTES = ("step_minutes", "least_minutes", "most_minutes", "before_minutes", "after_minutes")
SPACE_CHECKS = {
    "companions": "companions BETWEEN 0 AND 99",
    "step": "step_minutes BETWEEN 5 AND 1440 AND 1440 % step_minutes = 0",
    "length": "least_minutes > 0 AND least_minutes <= most_minutes",
    "most": "most_minutes BETWEEN 1 AND 1440",
    "before": "before_minutes BETWEEN 0 AND 120 AND before_minutes % 5 = 0",
    "after": "after_minutes BETWEEN 0 AND 120 AND after_minutes % 5 = 0",
}
POLICY_CHECKS = {
    "step": "space_step_minutes BETWEEN 5 AND 1440 AND 1440 % space_step_minutes = 0",
    "length": "space_least_minutes BETWEEN 1 AND space_most_minutes",
    "around": "space_before_minutes BETWEEN 0 AND 120 AND space_before_minutes % 5 = 0 "
    "AND space_after_minutes BETWEEN 0 AND 120 AND space_after_minutes % 5 = 0",
}
EXCEPTION_CHECKS = {"both": "(opens IS NULL) = (closes IS NULL)", "order": "opens < closes"}


def upgrade() -> None:
    add_numbers("booking_policy", POLICY)
    add_numbers("booking", {"companions": 0})
    add_numbers("space", {"companions": 0, "version": 1})
    with op.batch_alter_table("space") as space:
        for name in OWN_MINUTES:
            space.add_column(sa.Column(name, sa.Integer(), nullable=True))
    add_checks("booking_policy", POLICY_CHECKS)
    add_checks("space", SPACE_CHECKS)
    add_checks("booking", {"companions": "companions BETWEEN 0 AND 99"})
    op.execute(  # these rows were read as closed, too
        "UPDATE opening_exception SET opens = NULL, closes = NULL "
        "WHERE opens IS NULL OR closes IS NULL OR opens >= closes"
    )
    add_checks("opening_exception", EXCEPTION_CHECKS)


def add_numbers(table: str, numbers: dict[str, int]) -> None:
    """Columns that rows of before get a value for, and new ones are given one by the program."""
    with op.batch_alter_table(table) as batch:
        for name, value in numbers.items():
            batch.add_column(
                sa.Column(name, sa.Integer(), nullable=False, server_default=str(value))
            )
    with op.batch_alter_table(table) as batch:
        for name in numbers:
            batch.alter_column(
                name, existing_type=sa.Integer(), existing_nullable=False, server_default=None
            )


def add_checks(table: str, checks: dict[str, str]) -> None:
    with op.batch_alter_table(table) as batch:
        for name, rule in checks.items():
            batch.create_check_constraint(op.f(f"ck_{table}_{name}"), rule)


def downgrade() -> None:
    drop("opening_exception", EXCEPTION_CHECKS, ())
    drop("booking", ("companions",), ("companions",))
    drop("space", SPACE_CHECKS, ("companions", "version", *OWN_MINUTES))
    drop("booking_policy", POLICY_CHECKS, POLICY)


def drop(table: str, checks: Iterable[str], columns: Iterable[str]) -> None:
    with op.batch_alter_table(table) as batch:
        for name in checks:
            batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
    with op.batch_alter_table(table) as batch:
        for name in columns:
            batch.drop_column(name)
