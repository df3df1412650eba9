"""A small service to back up, its content to compare, and its loss."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Engine, inspect, make_url

from tests.world import booking as worlds
from tests.world import site as sites
from tests.world.booking import NOW
from zone.access.credentials.service import enrol_key
from zone.access.visits import service as visits
from zone.app import MIGRATIONS
from zone.booking.bookings import service as bookings
from zone.cli.operating import opened
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.members.sign_in import service as sign_in
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.operation.backups import flows as backups_flows
from zone.operation.backups import postgres_copy
from zone.operation.backups.flows import Restored

PEOPLE = 4
TOUCHED = {
    *("feed", "bridge", "bridge_enrolment", "sign_in_session", "sign_in_code", "outbox"),
    "row_record",
    "receipt_series",  # a restore begins new ones
}
"""The tables that a restore resets."""


def fill(settings: Settings) -> sites.Site:
    """Store a site, and people with pass, phone, booking, visit, session and a waiting mail."""
    with writing() as session:
        site = sites.build(session)
        class_session = worlds.a_session(session, site.world)
        journal = sites.Journal(site.studio_door)
        for number in range(PEOPLE):
            member, holder = sites.a_member(session, site, f"p{number}")
            enrol_key(
                session, member, point=sites.a_point()[1], label="phone", now=NOW, settings=settings
            )
            bookings.book(session, member_id=member, class_session=class_session.public_id, now=NOW)
            sign_in_sessions.open_session(session, member, now=NOW)
            address = f"p{number}@zone.example"
            sign_in.send_code(
                session, email=address, browser="b", language="fi", now=NOW, secret=b"k" * 32
            )
            journal.scan(holder, NOW)
        sites.store_entries(session, site.bridge, journal.upload(), NOW)
        visits.derive(session, NOW)
    return site


def contents(engine: Engine) -> Mapping[str, tuple[int, str]]:
    """Return the number of rows and a hash over them, by table."""
    with engine.connect() as connection:
        rows_by_table = {}
        for table in inspect(connection).get_table_names():
            rows = sorted(map(repr, connection.exec_driver_sql(f'SELECT * FROM "{table}"')))
            rows_by_table[table] = len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return rows_by_table


def destroy(settings: Settings) -> None:
    """Delete the database: the file, or every table."""
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite":
        for path in Path(url.database or "").parent.glob(Path(url.database or "").name + "*"):
            path.unlink()
    else:
        with opened(settings):
            postgres_copy.clear(db.engine)


def restored(path: Path, settings: Settings, *, replacing: bool = False) -> Restored:
    """Restore as the command does."""
    return backups_flows.restore(
        path, settings, opened, str(MIGRATIONS), replacing=replacing, now=NOW
    )
