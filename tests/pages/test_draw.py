"""A class whose places are drawn: a person enters with one tap on a phone, and wins."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import select

from tests.pages.conftest import RunningSite
from tests.pages.test_queue import await_words, press
from zone.booking.draws import service as draws
from zone.booking.lotteries import service as lotteries
from zone.booking.lotteries.models import Lottery
from zone.booking.lotteries.rules import KEY_FILE, NewLottery
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.core import secrets
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.identity import Actor, Role
from zone.core.time import from_helsinki, helsinki_date
from zone.demo.tour import FULL, MANAGER, STUDENT
from zone.members.people.models import Member

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def a_class_to_be_drawn(secret: bytes) -> tuple[str, ClassSession, datetime]:
    """Announce a lottery of a class in five days; return its path and when it is drawn."""
    now = utc_now()
    start = from_helsinki(helsinki_date(now) + timedelta(days=5), time(6, 15))
    draws_at = now + timedelta(hours=2)
    with writing() as session:
        end, details = start + timedelta(minutes=30), replace(FULL, name_en="Drawn place")
        row = sessions.create_session(session, details, start, end, now=now)
        manager = session.scalars(select(Member).where(Member.email == MANAGER)).one()
        actor = Actor("person", manager.id, manager.public_id, frozenset({Role.MANAGER}))
        lotteries.announce(
            session, actor, row.public_id, NewLottery(now, draws_at), secret=secret, now=now
        )
        return f"/classes/{row.public_id}", row, draws_at


def draw(row: ClassSession, secret: bytes, now: datetime) -> None:
    with writing() as session:
        lottery = session.scalars(select(Lottery.id).where(Lottery.session_id == row.id)).one()
        assert draws.draw(session, lottery, [secret], now)


def test_a_person_enters_leaves_enters_again_and_wins(site: RunningSite) -> None:
    secret = secrets.current_secret(site.stage.settings.keys, KEY_FILE)
    path, row, draws_at = a_class_to_be_drawn(secret)
    with site.reader(STUDENT) as page:
        page.goto("/about/how-it-works")
        page.locator(".langs [lang=en]").click()
        press(page, path, "enter", "You are in the draw")
        press(page, path, "withdraw", "Places are drawn")
        press(page, path, "enter", "You are in the draw")
        ticket = page.locator("code.digest:visible").first.inner_text()
        page.locator("text=How it is drawn").click()
        await_words(page, ticket)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= page.viewport_size["width"], "tickets are broken into lines"
        draw(row, secret, draws_at)
        page.reload()
        await_words(page, "Won a place")
        page.goto(path)
        await_words(page, "You’re in")
