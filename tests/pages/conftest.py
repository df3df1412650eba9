"""A running Zone in which every page has something to show, and a browser for its readers."""

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
from zone.demo.supervisor import Stage
from zone.demo.tour import TourPage
from zone.members.people.models import Member
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.web import session_cookie

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}


@dataclass(frozen=True, slots=True)
class House:
    """The stage, its application in this process, and the addresses of all pages."""

    stage: Stage
    app: Flask
    browser: Any
    kept: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def reader(self, email: str, size: dict[str, int] = PHONE, **options: Any) -> Iterator[Any]:
        """A page of a fresh browser profile, signed in as that person of the example; nobody where it is empty."""
        context = self._context(email, size, **options)
        try:
            yield context.new_page()
        finally:
            context.close()

    def page_of(self, email: str) -> Any:
        """The page that one reader has open all the time: pages that are only looked at share it."""
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

    def address(self, stop: TourPage) -> str:
        return tour.address_of(self.app, stop, self.stage.url)


@pytest.fixture(scope="package")
def house(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Everything runs, somebody has walked through the door, and the student has something of everything."""
    with stages.opened(tmp_path_factory.mktemp("house")) as stage, tour.opened(stage) as app:
        scenario.play(stage, ScreenlessStudent(stage.url), lambda *_: None)
        tour.fill_student(stage)
        yield House(stage, app, browser)
