"""The frame of the manager's pages: its entries, what needs attention, and who is signed in."""

import re
from collections.abc import Iterable
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.holidays import set_holidays
from tests.world.people import a_person
from tests.world.site import build
from zone.access.alarms.models import BridgeAlarm
from zone.app import FEATURES
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.identity import PERMISSIONS_OF, Role
from zone.core.jobs.models import JobRun
from zone.core.time import helsinki_date
from zone.feedback.accessibility.models import AccessibilityFeedback
from zone.web import manage
from zone.web.feature import ManageItem

pytestmark = pytest.mark.engines("sqlite")

FIRST_STEPS = "/manage/setup"
"""Where the service of these tests has much to do; tests/operation/setup look at it."""
HTML = {"Accept": "text/html"}
ITEMS = sorted((item for feature in FEATURES for item in feature.manage), key=lambda i: i.position)


def side_bar(page: str) -> str:
    """Return the side bar's list of a page; empty where the page has none."""
    found = re.search(r'class="side-nav".*?<nav[^>]*>(.*?)</nav>', page, re.DOTALL)
    return found[1] if found else ""


def entries(page: str) -> list[str]:
    return re.findall(r'<a [^>]*href="([^"]+)"', side_bar(page))


def badges(page: str) -> dict[str, int]:
    found = re.findall(r'href="([^"]+)"(?:(?!</a>).)*?class="count">(\d+)', side_bar(page))
    return {path: int(count) for path, count in found if path != FIRST_STEPS}


def pages_without_the_frame(manager: FlaskClient, items: Iterable[ManageItem]) -> list[str]:
    """Return the pages of the side bar on which it does not mark their entry."""
    without = []
    for item in items:
        answer = manager.get(item.path, headers=HTML)
        marked = re.findall(r'href="([^"]+)" aria-current="page"', side_bar(answer.text))
        if answer.status_code != 404 and marked != [item.path]:  # no targets are set yet
            without.append(item.path)
    return without


def test_every_page_of_the_side_bar_shows_it(app: Flask) -> None:
    assert pages_without_the_frame(a_person(app, "manager"), ITEMS) == []


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
def test_the_side_bar_holds_what_ones_role_may_open(app: Flask, role: Role) -> None:
    page = a_person(app, role).get("/manage/terms", headers=HTML).text
    held = PERMISSIONS_OF[role]
    assert entries(page) == [item.path for item in ITEMS if item.permission in held]


def test_what_is_not_served_is_left_out(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manage, "is_served", lambda path: path != "/manage/surveys")
    page = a_person(app, "manager").get("/manage/terms", headers=HTML).text
    assert "/manage/surveys" not in entries(page)
    assert "/manage/products" in entries(page)


def test_the_desk_sees_the_doors_without_the_managers_bar(app: Flask) -> None:
    page = a_person(app, "desk").get("/status", headers=HTML).text
    assert entries(page) == []
    assert 'class="topnav"' in page


def test_the_ways_out_stay(app: Flask) -> None:
    page = a_person(app, "manager").get("/manage/terms", headers=HTML).text
    for way in ('href="/desk"', 'href="/classes"', 'href="/me"', 'href="/accessibility"'):
        assert way in page
    assert 'action="/language"' in page
    assert re.search(r'class="who".*?Testi Henkilö<small>\w+', page)


def test_a_badge_counts_what_needs_attention(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    manager, now = a_person(app, "manager"), utc_now()
    set_holidays(monkeypatch, {helsinki_date(now) + timedelta(days=7): "Next week"})
    assert badges(manager.get("/manage/terms", headers=HTML).text) == {}
    with writing() as session:
        bridge = build(session).bridge
        session.add_all(
            BridgeAlarm(
                public_id=uuid4(), bridge_id=bridge, kind=kind, recorded_at=now, cleared_at=cleared
            )
            for kind, cleared in (("offline", None), ("disk_full", None), ("clock_unset", now))
        )
        session.add_all(
            AccessibilityFeedback(
                public_id=uuid4(),
                message="?",
                email="",
                language="fi",
                received_at=now,
                due_on=now.date(),
                **answer,
            )
            for answer in ({}, {"answered_at": now, "answer": "!"})
        )
        for minutes, job, state, since in (
            (2, "mended", "failed", now),
            (1, "mended", "done", None),
            (2, "failing", "failed", now),
            (1, "failing", "failed", now),
            (1, "well", "done", None),
        ):
            session.add(
                JobRun(
                    job=job,
                    slot=now - timedelta(minutes=minutes),
                    state=state,
                    due_at=None if state == "done" else now,
                    failing_since=since,
                    started_at=now,
                )
            )
    page = manager.get("/manage/terms", headers=HTML).text
    assert badges(page) == {
        "/manage/holidays": 1,
        "/status": 2,
        "/manage/accessibility": 1,
        "/jobs": 1,
    }
    steps = re.search(rf'href="{FIRST_STEPS}"(?:(?!</a>).)*?class="count">(\d+)', side_bar(page))
    assert steps is not None
    total = re.search(r'<summary.*?class="count">(\d+)<', page, re.DOTALL)
    assert total is not None
    assert int(total[1]) == 5 + int(steps[1])
