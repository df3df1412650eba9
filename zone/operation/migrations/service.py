"""The revision of the database, migrating to the newest, and the rights of the application's role.

Theory of operation. With `ZONE_OWNER_DATABASE_URL` the tables of PostgreSQL belong to a role of
their own: it migrates and restores. The service works as the role of `ZONE_DATABASE_URL`, which
owns nothing: it cannot drop a table or switch a trigger off. Its rights are granted anew after each
migration, in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import psycopg
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from flask_migrate import upgrade
from sqlalchemy import Connection, inspect, make_url
from sqlalchemy.exc import OperationalError

from zone.core.config import Settings
from zone.core.db.append_only import (
    APPEND_ONLY,
    DELETABLE,
    KEPT_ROWS,
    stored_tables,
)
from zone.core.db.engine import db
from zone.core.safe_error import SafeError

BUSY: Final = (
    "The database is in use and its lock could not be had within 5 seconds; nothing was changed. "
    "Run `zone migrate` again; if it goes on, stop the scheduler and what else works on the "
    "database, and try once more."
)


USUAL_PORT: Final = "5432"
APPLICATION_ROLE: Final = "application_role"
"""The name by which Alembic's environment is given the role."""
WRITING: Final = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
"""The rights on a table of PostgreSQL besides reading it."""

SETTINGS_GRANTED: Final = 15
"""The first version of PostgreSQL in which a setting of superusers can be granted."""

# MEMBER, not USAGE: whoever inherits nothing of a role may still act as it with SET ROLE.
_WAYS_AROUND: Final = {
    "it owns the tables": "SELECT EXISTS (SELECT FROM pg_tables "
    "WHERE schemaname = current_schema() AND pg_has_role(tableowner, 'USAGE'))",
    "it may act as the role that owns the tables": "SELECT EXISTS (SELECT FROM pg_tables "
    "WHERE schemaname = current_schema() AND pg_has_role(tableowner, 'MEMBER') "
    "AND NOT pg_has_role(tableowner, 'USAGE'))",
    "it owns the functions of the triggers": "SELECT EXISTS (SELECT FROM pg_proc "
    "WHERE pronamespace = current_schema()::regnamespace AND prorettype = 'trigger'::regtype "
    "AND pg_has_role(proowner, 'MEMBER'))",
    "it owns the schema": "SELECT pg_has_role(nspowner, 'MEMBER') FROM pg_namespace "
    "WHERE nspname = current_schema()",
    "it owns the database": "SELECT pg_has_role(datdba, 'MEMBER') FROM pg_database "
    "WHERE datname = current_database()",
    # Before PostgreSQL 16 such a role could make itself a member of any other.
    "it may make roles": "SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user",
}
_WAY_OF_A_SETTING: Final = {
    "it may set session_replication_role": (
        "SELECT has_parameter_privilege('session_replication_role', 'SET')"
    )
}
_CLOSED_SEQUENCES: Final = (
    "SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema() "
    "AND NOT has_sequence_privilege(format('%%I.%%I', schemaname, sequencename), 'USAGE')"
)
_FOREIGN_OWNERS: Final = (
    "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = current_schema() "
    "AND NOT pg_has_role(tableowner, 'USAGE') ORDER BY tableowner"
)


@dataclass(frozen=True, slots=True)
class NamedDatabase:
    """A database of PostgreSQL as an address names it; an empty `port` is the usual one."""

    name: str
    host: str
    port: str

    def __str__(self) -> str:
        return f"{self.name} on {self.host}{self.port and f':{self.port}'}"


class SchemaError(SafeError):
    """The schema cannot be migrated; the message says what to do. Nothing was changed."""


def newest(migrations: str) -> str:
    """Return the revision of this version of Zone.

    Raises:
        SchemaError: there are no migrations in the folder.
    """
    head = ScriptDirectory(migrations).get_current_head()
    if head is None:
        raise SchemaError(f"There are no migrations in {migrations}: install Zone again.")
    return head


def present() -> str | None:
    """Return the revision of the database; None where it is empty.

    Raises:
        SchemaError: there is more than one.
    """
    with db.engine.connect() as connection:
        try:
            return MigrationContext.configure(connection).get_current_revision()
        except CommandError as error:
            raise SchemaError(
                "alembic_version holds more than one revision. Compare with a restored backup."
            ) from error


def is_ahead(migrations: str) -> bool:
    """Whether a newer version of Zone has migrated the database."""
    revision = present()
    return revision is not None and revision not in {
        script.revision for script in ScriptDirectory(migrations).walk_revisions()
    }


def named_database(url: str) -> NamedDatabase:
    """Return the database to which an address of PostgreSQL leads."""
    parsed = make_url(url)
    # As the driver is asked: `?port=5433` or `?dbname=…` leads elsewhere than what stands before.
    _, asked = parsed.get_dialect()().create_connect_args(parsed)
    port = str(asked.get("port", ""))
    return NamedDatabase(
        str(asked.get("dbname") or asked.get("user", "")),
        str(asked.get("host") or "localhost"),
        "" if port == USUAL_PORT else port,
    )


def as_owner(settings: Settings) -> Settings:
    """Return the settings with which the schema is changed: those of the owner, where set."""
    return replace(settings, database_url=settings.owner_database_url or settings.database_url)


def application_role(settings: Settings) -> str | None:
    """Return the role that is granted the application's rights; None: one role does everything.

    Raises:
        SchemaError: the two settings do not name two roles of one database of PostgreSQL.
    """
    if not settings.owner_database_url:
        return None
    application, owner = make_url(settings.database), make_url(settings.owner_database_url)
    if application.get_backend_name() != "postgresql":
        raise SchemaError("ZONE_OWNER_DATABASE_URL needs PostgreSQL in ZONE_DATABASE_URL.")
    if not application.username or application.username == owner.username:
        raise SchemaError(
            "ZONE_DATABASE_URL and ZONE_OWNER_DATABASE_URL must name two different roles: "
            "postgresql+psycopg://zone@… and postgresql+psycopg://zone_owner@…"
        )
    # Not the host: one database may be reached by a socket and by a name. Of two databases the one
    # of the owner would be changed, and the service's would not.
    names = [named_database(url).name for url in (settings.database, settings.owner_database_url)]
    if len(set(names)) > 1:
        raise SchemaError(
            f"ZONE_DATABASE_URL names the database {names[0]}, and ZONE_OWNER_DATABASE_URL "
            f"{names[1]}: both must name the same. Nothing was changed."
        )
    return application.username


def check_owner() -> None:
    """Check that this role may change every table.

    Raises:
        SchemaError: some belong to another role.
    """
    if db.engine.dialect.name != "postgresql":
        return
    with db.engine.connect() as connection:
        owners = list(connection.exec_driver_sql(_FOREIGN_OWNERS).scalars())
    if owners:
        raise SchemaError(
            f"The tables belong to {', '.join(owners)}, so this role cannot change them. Nothing "
            "was changed. Set ZONE_OWNER_DATABASE_URL to the role that owns them, or give them to "
            "it: docs/install.md, “A role of its own for the owner”."
        )


def grant_rights(connection: Connection, role: str) -> None:
    """Grant the application's role exactly the rights that it needs, in the caller's transaction.

    It reads and writes rows, but it owns no table, append-only tables only grow, and no fact is
    deleted. Other roles may be granted to read, but nobody writes by a right of everybody's.
    """
    quote = connection.dialect.identifier_preparer.quote
    name, schema = quote(role), quote(inspect(connection).default_schema_name or "public")
    inside = f"IN SCHEMA {schema}"
    statements = [
        f"GRANT USAGE ON SCHEMA {schema} TO {name}",
        f"REVOKE ALL ON ALL TABLES {inside} FROM {name}",
        f"REVOKE {', '.join(WRITING)} ON ALL TABLES {inside} FROM PUBLIC",
        f"GRANT SELECT ON ALL TABLES {inside} TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES {inside} TO {name}",
        *(_table_rights(connection, table, name) for table in sorted(stored_tables(connection))),
    ]
    for statement in statements:
        connection.exec_driver_sql(statement)


def wrong_rights(connection: Connection) -> tuple[set[str], set[str]]:
    """Return on what the connected role has too few rights, and on which tables too many.

    What it may become with SET ROLE counts as its own where it is too much.
    """
    # %% is one % for psycopg, which reads the statement as a format.
    query = (
        "SELECT tablename, right_, has_table_privilege(named, right_), "
        "(SELECT bool_or(has_table_privilege(pg_roles.oid, named, right_)) "
        "FROM pg_roles WHERE pg_has_role(pg_roles.oid, 'MEMBER')) "
        "FROM (SELECT tablename, format('%%I.%%I', schemaname, tablename) AS named FROM pg_tables "
        "WHERE schemaname = current_schema() AND tablename <> 'alembic_version') AS tables, "
        "unnest(%(rights)s::text[]) AS right_"
    )
    few, many = set(connection.exec_driver_sql(_CLOSED_SEQUENCES).scalars()), set[str]()
    for table, right, is_held, is_in_reach in connection.exec_driver_sql(
        query, {"rights": ["SELECT", *WRITING]}
    ):
        is_needed = right == "SELECT" or right in rights_to_write(table)
        if is_needed and not is_held:
            few.add(table)
        if is_in_reach and not is_needed:
            many.add(table)
    return few, many


def ways_around(connection: Connection) -> list[str]:
    """Return by what the connected role could drop tables or switch their triggers off."""
    (version, *_) = connection.dialect.server_version_info or (0,)
    ways = _WAYS_AROUND | (_WAY_OF_A_SETTING if int(version) >= SETTINGS_GRANTED else {})
    return [way for way, query in ways.items() if connection.exec_driver_sql(query).scalar_one()]


def rights_to_write(table: str) -> Sequence[str]:
    """Return the rights by which the service's role writes a table."""
    if table in DELETABLE:
        # The triggers let only rows go that a certificate covers, or that decide nothing any more.
        return ("INSERT", "DELETE")
    if table in APPEND_ONLY:
        return ("INSERT",)
    return ("INSERT", "UPDATE") if table in KEPT_ROWS else ("INSERT", "UPDATE", "DELETE")


def _table_rights(connection: Connection, table: str, role: str) -> str:
    if table not in APPEND_ONLY:
        return f'GRANT {", ".join(rights_to_write(table))} ON "{table}" TO {role}'
    # SELECT … FOR UPDATE needs the right to update at least one column. The triggers refuse the
    # update itself.
    (key, *_) = inspect(connection).get_pk_constraint(table)["constrained_columns"]
    rights = ", ".join((*rights_to_write(table), f'UPDATE ("{key}")'))
    return f'GRANT {rights} ON "{table}" TO {role}'


def migrate(migrations: str, role: str | None = None) -> tuple[str | None, str]:
    """Migrate to the newest schema in one transaction; return the revisions before and after.

    `role` is granted the application's rights in the same transaction.

    Raises:
        SchemaError: the database is ahead of this version, its tables belong to another role, or
            its lock is taken.
    """
    if is_ahead(migrations):
        raise SchemaError(
            f"The database stands at revision {present()}, which this version of Zone does not "
            f"know: a newer one made it (this one ends at {newest(migrations)}). Start the newer "
            "version, or restore the backup made before the upgrade."
        )
    check_owner()
    before = present()
    try:
        upgrade(directory=migrations, x_arg=[f"{APPLICATION_ROLE}={role}"] if role else None)
    except OperationalError as error:
        if _is_locked(error):
            raise SchemaError(BUSY) from error
        raise
    return before, newest(migrations)


def _is_locked(error: OperationalError) -> bool:
    """Whether an error means a taken lock, and not a full disk or a server that is down."""
    return isinstance(error.orig, psycopg.errors.LockNotAvailable) or "locked" in str(error.orig)
