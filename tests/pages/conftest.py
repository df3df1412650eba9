"""A running Zone with data on every page, and a browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.demo import scenario, tour
from zone.demo import supervisor as stages
from zone.demo.students import ScreenlessStudent
from zone.demo.supervisor import Installation
from zone.demo.tour import TourPage
from zone.members.people.models import Member
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.web import session_cookie

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}


@dataclass(frozen=True, slots=True)
class RunningSite:
    """A running Zone, an application on its database, and the addresses of all pages."""

    stage: Installation
    app: Flask
    browser: Any
    kept: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def reader(self, email: str, size: dict[str, int] = PHONE, **options: Any) -> Iterator[Any]:
        """Yield a page of a new browser profile, signed in as this person; empty: a guest."""
        context = self._context(email, size, **options)
        try:
            yield context.new_page()
        finally:
            context.close()

    def page_of(self, email: str) -> Any:
        """Return the shared page of one reader, for tests that only look at it."""
        if email not in self.kept:
            self.kept[email] = self._context(email, PHONE).new_page()
        return self.kept[email]

    def _context(self, email: str, size: dict[str, int], **options: Any) -> Any:
        context = self.browser.new_context(
            base_url=self.stage.url,
            viewport=size,
            timezone_id="Europe/Helsinki",
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(10_000)
        if email:
            context.add_cookies([self._cookie(email)])
        return context

    def _cookie(self, email: str) -> dict[str, str]:
        with writing() as session:
            member = session.scalars(select(Member.id).where(Member.email == email)).one()
            token = sign_in_sessions.open_session(session, member, now=utc_now())
        return {
            "name": session_cookie.name_of(self.stage.settings),
            "value": token,
            "url": self.stage.url,
        }

    def address(self, tour_page: TourPage) -> str:
        return tour.address_of(self.app, tour_page, self.stage.url)


@pytest.fixture(scope="package")
def site(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Yield a running Zone after one scenario, in which the student has some of everything."""
    with stages.opened(tmp_path_factory.mktemp("site")) as stage, tour.opened(stage) as app:
        scenario.play(stage, ScreenlessStudent(stage.url), lambda *_: None)
        tour.fill_student(stage)
        yield RunningSite(stage, app, browser)
