"""`years`: the week of the timetable with a term in the database, and with ten years of it.

The same pages are measured as in `pages`, each against /readyz between them. The years are copies
of the term's sessions and bookings further back, without their people, as retention leaves them.
The reference of the second figure is the first: `ratio` compares both medians, each divided by that
of its own /readyz, because the load of the machine changes meanwhile. `value` is the median of the
processor time in this process, in milliseconds, which other programs change little.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast

from sqlalchemy import Table, insert, select, text
from sqlalchemy.orm import Session

from zone.app import create_app
from zone.bench import engines
from zone.bench.measurements import Measurement, percentile
from zone.bench.pages import PagesSetup, ask_page, filled, migrate_and_seed
from zone.booking.allocations.models import Allocation
from zone.booking.sessions.models import ClassSession
from zone.core.clock import utc_now
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.ids import new_public_id
from zone.core.row_records.service import SAYS_SO
from zone.demo.term.load import Size

YEARS: Final = 10
WEEKS: Final = 18
"""A term: its sessions are copied so much further back, again and again."""
ROUNDS: Final = 200
WARM: Final = 5
ENTRIES: Final = 1000
"""The doors' entries, which no page of the timetable reads."""
PAGES: Final = {"guest": "/classes", "student": "/classes"}
_allocation: Final = cast("Table", Allocation.__table__)
_session: Final = cast("Table", ClassSession.__table__)
RANDOM_ID: Final = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}
_BOOKINGS: Final = """
INSERT INTO booking (id, public_id, session_id, member_id, state, companions, created_at,
                     cancel_until)
SELECT booking.id + :bookings, {random_id}, session_id + :sessions, NULL,
       CASE booking.state WHEN 'booked' THEN 'attended' ELSE booking.state END,
       companions, created_at, cancel_until
FROM booking JOIN class_session ON class_session.id = booking.session_id
WHERE booking.id <= :last
"""
_LAST: Final = "SELECT max(booking.id), max(allocation.id) FROM booking, allocation"


def run(years: int = YEARS, rounds: int = ROUNDS) -> Iterator[Measurement]:
    """Yield two figures for each engine and reader: with a term, and with all years."""
    for name, settings in engines.each_engine():
        with create_app(settings).app_context():
            migrate_and_seed(settings, utc_now())
            site = filled(create_app(settings), utc_now(), Size(entries=ENTRIES))
            terms = {role: _measured(site, role, rounds) for role in PAGES}
            for role, term in terms.items():
                yield _figure(f"{name} {role}, a term", term)
            with writing() as session:
                repeat_term(session, years * 52 // WEEKS)
            engines.analyse()
            for role, term in terms.items():
                yield _figure(f"{name} {role}, {years} years", _measured(site, role, rounds), term)
            db.engine.dispose()


@dataclass(frozen=True, slots=True)
class PageTimes:
    """Milliseconds of the page, of /readyz beside it, and of the page's processor time."""

    page: Sequence[float]
    bare: Sequence[float]
    processor: Sequence[float]

    @property
    def ratio(self) -> float:
        return percentile(self.page, 50) / percentile(self.bare, 50)


def _measured(site: PagesSetup, role: str, rounds: int) -> PageTimes:
    reader, path = site.readers[role], PAGES[role]
    for _ in range(WARM):
        ask_page(reader, path)
    page, bare, processor = [], [], []
    for _ in range(rounds):
        begun = time.thread_time()
        page.append(ask_page(reader, path))
        processor.append((time.thread_time() - begun) * 1000)
        bare.append(ask_page(reader, "/readyz"))
    return PageTimes(page, bare, processor)


def _figure(case: str, now: PageTimes, before: PageTimes | None = None) -> Measurement:
    return Measurement(
        "years",
        case,
        "ms",
        len(now.page),
        p50=percentile(now.page, 50),
        p95=percentile(now.page, 95),
        p99=percentile(now.page, 99),
        value=percentile(now.processor, 50),
        yardstick=percentile(now.bare, 50),
        ratio=now.ratio if before is None else now.ratio / before.ratio,
    )


def repeat_term(session: Session, times: int) -> None:
    """Store the sessions of the database, and their bookings, so many terms further back."""
    dialect = session.get_bind().dialect.name
    bookings, sessions = session.execute(text(_LAST)).one()
    joined = _allocation.join(_session, _session.c.id == _allocation.c.id)
    rows = [
        dict(row) for row in session.execute(select(*_columns()).select_from(joined)).mappings()
    ]
    statement = text(_BOOKINGS.format(random_id=RANDOM_ID[dialect]))
    for number in range(1, times + 1):
        back = timedelta(weeks=WEEKS * number)
        _copy_sessions(session, rows, number * sessions, back)
        shift = {"bookings": number * bookings, "sessions": number * sessions, "last": bookings}
        session.execute(statement, shift)


def _columns() -> list[Any]:
    """The columns of a session's two rows, each once."""
    return [*_allocation.c, *(column for column in _session.c if column.name != "id")]


def _copy_sessions(
    session: Session, rows: Sequence[dict[str, Any]], shift: int, back: timedelta
) -> None:
    copies = [
        row
        | {
            "id": row["id"] + shift,
            "public_id": new_public_id(),
            "on_day": row["on_day"] - back,
            "starts_at": row["starts_at"] - back,
            "ends_at": row["ends_at"] - back,
            "state": "held",
            "rule_id": None,
            "rule_day": None,
        }
        for row in rows
    ]
    for table in (_allocation, _session):
        names = table.c.keys()
        values = [{name: copy[name] for name in names} for copy in copies]
        session.execute(insert(table).execution_options(**{SAYS_SO: True}), values)
