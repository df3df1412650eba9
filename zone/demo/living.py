"""Fill the demo with the middle of a term.

`zone.demo.term` generates it, as it does the larger terms of benchmarks and tests.
"""

import random
from datetime import datetime
from typing import Final

from sqlalchemy import select

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.demo.term import cases, changes, courts, draws, past, queues, survey
from zone.demo.term.load import SEED, Size, term
from zone.demo.term.places import GYM as TERM_GYM
from zone.feedback.surveys import flows as surveys_flows
from zone.places.spaces.models import Space
from zone.reporting.daily_counts import jobs as daily_counts_jobs
from zone.reporting.daily_counts.rules import FINAL_AFTER

SIZE: Final = Size(
    members=800,
    weeks_past=6,
    weeks_ahead=3,
    sessions_a_week=60,
    bookings=5600,
    entries=9000,
    rush=(90, 20, 60, 5, 70, 12, 10),
)


def fill(settings: Settings, now: datetime) -> None:
    """Fill a database that holds the example, once."""
    with reading() as session:
        if session.scalar(select(Space.id).where(Space.code == TERM_GYM).limit(1)) is not None:
            return
    chance = random.Random(SEED)
    with writing() as session:
        people = term(session, now, SIZE)
        past.load_earlier(session, now, chance)
        courts.load(session, people, now, chance)
        queues.load(session, people, now, chance)
        cases.load(session, people, now)
        changes.load(session, settings, now)
        draws.load(session, people, settings, now)
        survey.load(session, people, settings, now, chance)
    surveys_flows.finish_closing(settings)
    # `now` itself would leave out the last rows: the job waits until none can still be uncommitted.
    daily_counts_jobs.count_days(settings, now + FINAL_AFTER)
