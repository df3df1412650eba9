"""Composition: one Flask application from settings. What a room offers to the web is listed here, by hand."""

import gc
import os
from datetime import datetime
from pathlib import Path
from typing import Final

from flask import Blueprint, Flask, Request
from flask_migrate import Migrate
from flask_smorest import Api
from flask_smorest import Blueprint as ApiBlueprint
from werkzeug.middleware.proxy_fix import ProxyFix

from zone.access import bridges
from zone.access.api import api as access_api
from zone.access.bridge_api import api as bridge_api
from zone.access.doors_api import api as doors_api
from zone.access.metrics import of_doors
from zone.access.pages import pages as access_pages
from zone.access.status_pages import pages as status_pages
from zone.booking.api import blueprint as booking_api
from zone.booking.classes_api import api as classes_api
from zone.booking.classes_pages import pages as classes_pages
from zone.booking.closing_pages import pages as closing_pages
from zone.booking.courts_api import api as courts_api
from zone.booking.courts_pages import pages as court_pages
from zone.booking.metrics import of_bookings
from zone.booking.pages import pages as booking_pages
from zone.booking.places_api import api as places_api
from zone.booking.policy_api import api as policy_api
from zone.booking.queue_api import api as queue_api
from zone.config import Settings, load_settings
from zone.core.clock import utc_now
from zone.db import READER, database_config, db, prepare, reading, writing
from zone.desk.api import api as desk_api
from zone.desk.pages import pages as desk_pages
from zone.desk.person_pages import pages as desk_person_pages
from zone.feedback.api import api as feedback_api
from zone.feedback.manage_pages import pages as survey_management
from zone.feedback.pages import pages as feedback_pages
from zone.http import (
    auth,
    context,
    csrf,
    docs_pages,
    headers,
    health,
    layout,
    logs,
    metrics,
    openapi,
    problems,
    reader,
    session_cookie,
    wellformed,
)
from zone.http.auth import Actor
from zone.http.metrics import Gauges
from zone.jobs import service as jobs
from zone.jobs.api import api as jobs_api
from zone.jobs.metrics import of_jobs, of_mail
from zone.jobs.pages import pages as jobs_pages
from zone.members import sessions, tokens
from zone.members.api import api as members_api
from zone.members.audit_api import api as audit_api
from zone.members.pages import demo_pages
from zone.members.pages import pages as members_pages
from zone.members.people_pages import pages as people_pages
from zone.members.tokens_api import api as tokens_api
from zone.passes.api import api as passes_api
from zone.passes.catalogue_api import api as catalogue_api
from zone.passes.catalogue_pages import pages as catalogue_pages
from zone.passes.pages import pages as passes_pages
from zone.passes.providers.pages import pages as dev_pay_pages
from zone.reporting.api import api as reporting_api
from zone.reporting.pages import pages as reporting_pages
from zone.scheduler import JOBS

MIGRATIONS: Final = Path(__file__).resolve().parent.parent / "migrations"
MOST_BYTES: Final = 1_000_000
"""The largest request body; more is a 413."""

API: Final[tuple[ApiBlueprint, ...]] = (
    members_api,
    audit_api,
    tokens_api,
    access_api,
    bridge_api,
    doors_api,
    booking_api,
    classes_api,
    policy_api,
    courts_api,
    places_api,
    queue_api,
    passes_api,
    catalogue_api,
    desk_api,
    feedback_api,
    reporting_api,
    jobs_api,
)
"""JSON under /api/v1."""

PAGES: Final[tuple[Blueprint, ...]] = (
    health.pages,
    docs_pages.pages,
    metrics.pages,
    members_pages,
    people_pages,
    access_pages,
    status_pages,
    booking_pages,
    classes_pages,
    court_pages,
    closing_pages,
    passes_pages,
    catalogue_pages,
    dev_pay_pages,
    desk_pages,
    desk_person_pages,
    feedback_pages,
    survey_management,
    reporting_pages,
    jobs_pages,
)
"""HTML."""


GAUGES: Final[tuple[Gauges, ...]] = (of_mail, of_jobs(JOBS), of_doors, of_bookings)
"""What the rooms tell a monitoring system."""


def create_app(settings: Settings | None = None) -> Flask:
    """The web application. Settings come from the environment unless given.

    Raises:
        SettingsError: a setting is unknown or cannot be read.
    """
    settings = settings or load_settings(os.environ)
    app = Flask(
        "zone", root_path=str(Path(__file__).parent), static_folder="http/static", template_folder="http/templates"
    )
    app.config.update(
        **database_config(settings),
        MAX_CONTENT_LENGTH=MOST_BYTES,
        API_TITLE="Zone",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.1",
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's default provider
    app.extensions[context.KEY] = settings
    app.extensions[jobs.KEY] = JOBS
    if behind := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=behind, x_proto=behind, x_host=behind)  # type: ignore[method-assign]  # as Flask says to
    _install_database(app, settings)
    context.install(app)
    logs.install(app)
    metrics.install(app, GAUGES)
    reader.install(app)
    csrf.install(app)
    auth.install(app, authenticate)
    wellformed.install(app)
    headers.install(app)
    _install_rooms(app)
    problems.install(app)  # after the rooms: flask-smorest installs handlers of its own
    layout.install(app)
    return app


def serving() -> Flask:
    """The application of one web worker, warmed: the first request of a cold one takes 0.2 to 2 s."""
    settings = load_settings(os.environ)
    logs.configure(settings)
    app = create_app(settings)
    with app.test_client() as client:
        client.get("/healthz")
    gc.collect()
    gc.freeze()  # what is here stays: looked through again and again, it cost a twentieth of a short request
    return app


def _install_database(app: Flask, settings: Settings) -> None:
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS))
    with app.app_context():
        prepare(db.engine, db.engines[READER])


def _install_rooms(app: Flask) -> None:
    api = Api(app, spec_kwargs={"marshmallow_plugin": openapi.marshmallow_plugin()})
    openapi.install(app, api)
    for blueprint in API:
        api.register_blueprint(blueprint, url_prefix=openapi.PREFIX)
    for pages in PAGES:
        app.register_blueprint(pages)
    if context.settings_of(app).demo:
        app.register_blueprint(demo_pages)


def authenticate(request: Request) -> Actor | None:
    """Who is asking: a program or a bridge by its bearer token, else a person by session cookie; never both at once."""
    bearer = request.headers.get("Authorization", "")
    if bearer.startswith(csrf.BEARER):
        return _of_bearer(bearer.removeprefix(csrf.BEARER), utc_now())
    token = session_cookie.token_of(request, context.current_settings())
    return None if token is None else _person(token, utc_now())


def _of_bearer(token: str, now: datetime) -> Actor | None:
    if token.startswith(tokens.PREFIX):
        with writing() as session:
            return tokens.actor_of_api_token(session, token, now)
    with reading() as session:
        return bridges.actor_of_bridge_token(session, token, now)


def _person(token: str, now: datetime) -> Actor | None:
    seen = sessions.look_up(reader.asking(), token, now)
    if seen is None:
        return None
    if seen.stale:
        with writing() as session:
            sessions.note_use(session, seen.session_id, now)
    return seen.actor
