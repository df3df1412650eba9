"""What takes up a space is an allocation: a session of an activity, or a reservation.

Sessions and weekly classes that are alike in all that is said of them are of one activity.

Revision ID: 0032
Revises: 0031
"""

import uuid

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SESSION_KINDS = "'class', 'course', 'low_threshold', 'online', 'ball_turn', 'club_turn', 'event'"
TEXTS = tuple(
    f"{what}_{language}" for what in ("description", "bring") for language in ("fi", "sv", "en")
)
NAMES = ("name_fi", "name_sv", "name_en")
ABOUT = ("kind", *NAMES, "category", "level", *TEXTS)
"""What is said of an activity, and was said of each class and each of its sessions."""
OWN = ("rule_id", "instructor_id", "live", "bookable_percent")
"""What a session has for itself, and a reservation has not."""
LEVELS = "level IN ('everybody', 'beginners', 'experienced')"
CHECKS = {
    "state": "state IN ('scheduled', 'cancelled', 'held')",
    "order": "starts_at < ends_at",
    "places": "booked BETWEEN 0 AND bookable",
    "bookable": "bookable BETWEEN 0 AND capacity",
}
"""Those that say the same before and after."""
INDEXES = {
    "starts_at": ["starts_at"],
    "ends_at": ["ends_at"],
    "space_start": ["space_id", "starts_at"],
}


def upgrade() -> None:
    op.create_table(
        "activity",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in (*NAMES, "category")),
        sa.Column("level", sa.String(), server_default="everybody", nullable=False),
        *(sa.Column(name, sa.String(), server_default="", nullable=False) for name in TEXTS),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(f"kind IN ({SESSION_KINDS})", name=op.f("ck_activity_kind")),
        sa.CheckConstraint(LEVELS, name=op.f("ck_activity_level")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("public_id", name=op.f("uq_activity_public_id")),
    )
    _make_activities()
    op.rename_table("class_session", "allocation")
    _rename_on_postgresql("class_session", "allocation")
    op.create_table(
        "class_session",
        sa.Column("id", ID, nullable=False),
        sa.Column("rule_id", ID, nullable=True),
        sa.Column("rule_day", sa.Date(), nullable=True),
        sa.Column("activity_id", ID, nullable=False),
        sa.Column("instructor_id", ID, nullable=True),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("bookable_percent", sa.Integer(), server_default="100", nullable=False),
        sa.CheckConstraint(
            "bookable_percent BETWEEN 1 AND 100", name=op.f("ck_class_session_percent")
        ),
        sa.ForeignKeyConstraint(["id"], ["allocation.id"], name=op.f("fk_class_session_id")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activity.id"], name=op.f("fk_class_session_activity_id")
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["session_rule.id"], name=op.f("fk_class_session_rule_id")
        ),
        sa.ForeignKeyConstraint(
            ["instructor_id"], ["member.id"], name=op.f("fk_class_session_instructor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_class_session")),
        sa.UniqueConstraint("rule_id", "rule_day", name=op.f("uq_class_session_rule_id_rule_day")),
    )
    op.create_table(
        "reservation",
        sa.Column("id", ID, nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint("length(note) <= 200", name=op.f("ck_reservation_note")),
        sa.ForeignKeyConstraint(["id"], ["allocation.id"], name=op.f("fk_reservation_id")),
        sa.ForeignKeyConstraint(["made_by"], ["member.id"], name=op.f("fk_reservation_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
    )
    own = ", ".join(OWN)
    day = "CASE WHEN rule_id IS NULL THEN NULL ELSE on_day END"
    source = f"SELECT id, {day}, {_activity_of('allocation')}, {own} FROM allocation WHERE kind <> 'own_use'"  # noqa: S608
    op.execute(f"INSERT INTO class_session (id, rule_day, activity_id, {own}) {source}")
    op.create_index(op.f("ix_class_session_activity_id"), "class_session", ["activity_id"])
    op.execute("INSERT INTO reservation (id) SELECT id FROM allocation WHERE kind = 'own_use'")
    _drop_indexes("class_session", "allocation")
    with op.batch_alter_table("allocation") as batch:
        _drop_constraints(batch, "class_session", (*CHECKS, "kind", "place", "percent", "level"))
        for name in ("rule_id", "instructor_id", "space_id"):
            batch.drop_constraint(op.f(f"fk_class_session_{name}"), type_="foreignkey")
        for name in ("public_id", "rule_id_on_day"):
            batch.drop_constraint(op.f(f"uq_class_session_{name}"), type_="unique")
        for name in (*OWN, "category", "level", *TEXTS):
            batch.drop_column(name)
        batch.add_column(sa.Column("sequence", sa.Integer(), server_default="0", nullable=False))
        _create_constraints(
            batch,
            "allocation",
            CHECKS
            | {
                "kind": f"kind IN ({SESSION_KINDS}, 'own_use', 'block')",
                "place": "space_id IS NOT NULL OR kind IN ('online')",
            },
        )
    _create_indexes("allocation")
    op.add_column("session_rule", sa.Column("activity_id", ID, nullable=True))
    op.execute(f"UPDATE session_rule SET activity_id = {_activity_of('session_rule')}")  # noqa: S608
    with op.batch_alter_table("session_rule") as batch:
        _drop_constraints(batch, "session_rule", ("kind", "place", "level"))
        for name in (*NAMES, "category", "level", *TEXTS):
            batch.drop_column(name)
        batch.alter_column("activity_id", existing_type=ID, nullable=False)
        batch.create_foreign_key(
            op.f("fk_session_rule_activity_id"), "activity", ["activity_id"], ["id"]
        )
        batch.create_check_constraint(op.f("ck_session_rule_kind"), f"kind IN ({SESSION_KINDS})")
        batch.create_check_constraint(
            op.f("ck_session_rule_place"), "space_id IS NOT NULL OR kind IN ('online')"
        )
    op.create_index(op.f("ix_session_rule_activity_id"), "session_rule", ["activity_id"])
    _move_key("hold", "session_id", "allocation_id")
    _rename_events("session_event", "allocation_event", "session_id", "allocation_id")


def downgrade() -> None:
    _rename_events("allocation_event", "session_event", "allocation_id", "session_id")
    _move_key("hold", "allocation_id", "session_id")
    _drop_indexes("allocation", "allocation")
    with op.batch_alter_table("allocation") as batch:
        _drop_constraints(batch, "allocation", (*CHECKS, "kind", "place"))
        batch.drop_constraint(op.f("fk_allocation_space_id"), type_="foreignkey")
        batch.drop_constraint(op.f("uq_allocation_public_id"), type_="unique")
        batch.drop_column("sequence")
        for name in ("rule_id", "instructor_id"):
            batch.add_column(sa.Column(name, ID, nullable=True))
        batch.add_column(sa.Column("category", sa.String(), server_default="", nullable=False))
        batch.add_column(sa.Column("live", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch.add_column(
            sa.Column("bookable_percent", sa.Integer(), server_default="100", nullable=False)
        )
        batch.add_column(
            sa.Column("level", sa.String(), server_default="everybody", nullable=False)
        )
        for name in TEXTS:
            batch.add_column(sa.Column(name, sa.String(), server_default="", nullable=False))
    own = ", ".join(
        f"{name} = (SELECT of.{name} FROM class_session AS of WHERE of.id = allocation.id)"  # noqa: S608
        for name in OWN
    )
    said = ", ".join(
        f"{name} = (SELECT activity.{name} FROM activity JOIN class_session AS of "  # noqa: S608
        "ON of.activity_id = activity.id WHERE of.id = allocation.id)"
        for name in ("category", "level", *TEXTS)
    )
    op.execute(f"UPDATE allocation SET {own}, {said} WHERE id IN (SELECT id FROM class_session)")  # noqa: S608
    # The version before has one session a day of a class: a moved one may be on another's day.
    op.execute(
        "UPDATE allocation SET rule_id = NULL WHERE EXISTS (SELECT 1 FROM allocation AS other "
        "WHERE other.rule_id = allocation.rule_id AND other.on_day = allocation.on_day "
        "AND other.id < allocation.id)"
    )
    # The version before knows reservations of people only.
    op.execute(
        "UPDATE allocation SET kind = 'own_use', category = 'own_use' "
        "WHERE id IN (SELECT id FROM reservation)"
    )
    op.drop_table("class_session")
    op.drop_table("reservation")
    op.rename_table("allocation", "class_session")
    _rename_on_postgresql("allocation", "class_session")
    kinds = f"kind IN ({SESSION_KINDS}, 'own_use')"
    place = "space_id IS NOT NULL OR kind = 'online'"
    with op.batch_alter_table("class_session") as batch:
        for name in ("category", "live"):
            batch.alter_column(name, server_default=None)
        _create_constraints(
            batch,
            "class_session",
            CHECKS
            | {
                "kind": kinds,
                "place": place,
                "percent": "bookable_percent BETWEEN 1 AND 100",
                "level": LEVELS,
            },
        )
        batch.create_unique_constraint(
            op.f("uq_class_session_rule_id_on_day"), ["rule_id", "on_day"]
        )
        batch.create_foreign_key(
            op.f("fk_class_session_rule_id"), "session_rule", ["rule_id"], ["id"]
        )
        batch.create_foreign_key(
            op.f("fk_class_session_instructor_id"), "member", ["instructor_id"], ["id"]
        )
    _create_indexes("class_session")
    _give_classes_their_details(kinds, place)
    op.drop_table("activity")
    _forget_records()


def _give_classes_their_details(kinds: str, place: str) -> None:
    columns = (*NAMES, "category", "level", *TEXTS)
    for name in columns:
        usual = "everybody" if name == "level" else ""
        column = sa.Column(name, sa.String(), server_default=usual, nullable=False)
        op.add_column("session_rule", column)
    said = ", ".join(
        f"{name} = (SELECT activity.{name} FROM activity "  # noqa: S608
        "WHERE activity.id = session_rule.activity_id)"
        for name in columns
    )
    op.execute(f"UPDATE session_rule SET {said}")  # noqa: S608
    op.drop_index(op.f("ix_session_rule_activity_id"), "session_rule")
    with op.batch_alter_table("session_rule") as batch:
        _drop_constraints(batch, "session_rule", ("kind", "place"))
        batch.drop_constraint(op.f("fk_session_rule_activity_id"), type_="foreignkey")
        batch.drop_column("activity_id")
        for name in (*NAMES, "category"):
            batch.alter_column(name, server_default=None)
        batch.create_check_constraint(op.f("ck_session_rule_kind"), kinds)
        batch.create_check_constraint(op.f("ck_session_rule_place"), place)
        batch.create_check_constraint(op.f("ck_session_rule_level"), LEVELS)


def _make_activities() -> None:
    """Make one activity of all classes and sessions that are alike."""
    connection = op.get_bind()
    about = ", ".join(ABOUT)
    alike = sa.text(
        f"SELECT {about} FROM session_rule UNION SELECT {about} FROM class_session "  # noqa: S608
        "WHERE kind <> 'own_use' ORDER BY 1, 2, 3, 4"
    )
    activity = sa.table(
        "activity", sa.column("public_id", sa.Uuid()), *(sa.column(name) for name in ABOUT)
    )
    for row in connection.execute(alike).mappings().all():
        connection.execute(sa.insert(activity).values(public_id=uuid.uuid4(), **row))


def _activity_of(table: str) -> str:
    same = " AND ".join(f"activity.{name} = {table}.{name}" for name in ABOUT)
    return f"(SELECT activity.id FROM activity WHERE {same})"  # noqa: S608


def _drop_constraints(batch: BatchOperations, of: str, names: tuple[str, ...]) -> None:
    for name in names:
        batch.drop_constraint(op.f(f"ck_{of}_{name}"), type_="check")


def _create_constraints(batch: BatchOperations, of: str, checks: dict[str, str]) -> None:
    for name, condition in checks.items():
        batch.create_check_constraint(op.f(f"ck_{of}_{name}"), condition)
    batch.create_unique_constraint(op.f(f"uq_{of}_public_id"), ["public_id"])
    batch.create_foreign_key(op.f(f"fk_{of}_space_id"), "space", ["space_id"], ["id"])


def _drop_indexes(named: str, table: str) -> None:
    for name in INDEXES:
        op.drop_index(op.f(f"ix_{named}_{name}"), table)


def _create_indexes(table: str) -> None:
    for name, columns in INDEXES.items():
        op.create_index(op.f(f"ix_{table}_{name}"), table, columns)


def _move_key(table: str, before: str, after: str) -> None:
    """Give a key to an allocation its other name."""
    op.drop_index(op.f(f"ix_{table}_{before}"), table)
    target = "allocation"
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(op.f(f"fk_{table}_{before}"), type_="foreignkey")
        batch.alter_column(before, new_column_name=after, existing_type=ID, existing_nullable=False)
    with op.batch_alter_table(table) as batch:
        batch.create_foreign_key(op.f(f"fk_{table}_{after}"), target, [after], ["id"])
    op.create_index(op.f(f"ix_{table}_{after}"), table, [after])


def _rename_events(before: str, after: str, key: str, new_key: str) -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        # `migrations/env.py` makes those of the new name.
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER IF EXISTS {before}_no_{verb}")
    op.rename_table(before, after)
    _rename_on_postgresql(before, after)
    op.drop_index(op.f(f"ix_{before}_{key}"), after)
    with op.batch_alter_table(after) as batch:
        batch.drop_constraint(op.f(f"ck_{before}_kind"), type_="check")
        for name in (key, "actor_id"):
            batch.drop_constraint(op.f(f"fk_{before}_{name}"), type_="foreignkey")
        batch.alter_column(key, new_column_name=new_key, existing_type=ID, existing_nullable=False)
    with op.batch_alter_table(after) as batch:
        batch.create_check_constraint(
            op.f(f"ck_{after}_kind"), "kind IN ('scheduled', 'cancelled', 'held')"
        )
        batch.create_foreign_key(op.f(f"fk_{after}_{new_key}"), "allocation", [new_key], ["id"])
        batch.create_foreign_key(op.f(f"fk_{after}_actor_id"), "member", ["actor_id"], ["id"])
    op.create_index(op.f(f"ix_{after}_{new_key}"), after, [new_key])


def _rename_on_postgresql(before: str, after: str) -> None:
    """Give the key, the sequence and the triggers of a renamed table its name."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    op.execute(f"ALTER TABLE {after} RENAME CONSTRAINT pk_{before} TO pk_{after}")
    op.execute(f"ALTER SEQUENCE {before}_id_seq RENAME TO {after}_id_seq")
    triggers = sa.text(
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = CAST(:of AS regclass)"
    )
    for name in connection.execute(triggers, {"of": after}).scalars().all():
        op.execute(f"ALTER TRIGGER {name} ON {after} RENAME TO {name.replace(before, after)}")


def _forget_records() -> None:
    # The next upgrade records the rows as it finds them.
    connection = op.get_bind()
    forget = "DELETE FROM row_record WHERE of_table IN ('activity', 'allocation', 'class_session 2', 'reservation', 'session_rule 2')"
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
