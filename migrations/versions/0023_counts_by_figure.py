"""Daily counts are read by figure, and from the index alone.

Revision ID: 0023
Revises: 0022
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

COLUMNS = ["figure", "day", "group_code", "campus", "hour", "part", "whole"]


def upgrade() -> None:
    op.drop_index("ix_daily_count_day", "daily_count")
    op.create_index("ix_daily_count_figure_day", "daily_count", COLUMNS)


def downgrade() -> None:
    op.drop_index("ix_daily_count_figure_day", "daily_count")
    op.create_index("ix_daily_count_day", "daily_count", ["day"])
