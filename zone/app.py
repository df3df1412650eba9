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

from zone.access.alarms.api import api as alarms_api
from zone.access.areas.api import api as areas_api
from zone.access.attendance.api import api as attendance_api
from zone.access.bridge_sign_on import service as bridge_sign_on
from zone.access.bridge_sign_on.api import api as bridge_sign_on_api
from zone.access.bridges.api import api as bridges_api
from zone.access.credentials.api import api as credentials_api
from zone.access.door_commands.api import api as door_commands_api
from zone.access.doors.api import api as doors_api
from zone.access.entries.api import api as entries_api
from zone.access.pass_page.api import api as pass_page_api
from zone.access.pass_page.pages import pages as pass_page_pages
from zone.access.roster.api import api as roster_api
from zone.access.status.metrics import of_doors
from zone.access.status.pages import pages as status_pages
from zone.booking.bookings.api import api as booking_api
from zone.booking.bookings.metrics import of_bookings
from zone.booking.bookings.pages import pages as bookings_pages
from zone.booking.closures.api import api as closures_api
from zone.booking.closures.pages import pages as closing_pages
from zone.booking.policies.api import api as policy_api
from zone.booking.reservations.api import api as courts_api
from zone.booking.reservations.pages import pages as court_pages
from zone.booking.sessions.api import api as sessions_api
from zone.booking.sessions.pages import pages as booking_pages
from zone.booking.waitlist.api import api as queue_api
from zone.booking.weekly_classes.api import api as classes_api
from zone.booking.weekly_classes.pages import pages as classes_pages
from zone.core import config
from zone.core.clock import utc_now
from zone.core.config import Settings, load_settings
from zone.core.db.engine import READER, database_config, db, prepare
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.core.metrics import Gauges
from zone.desk.live_doors.api import api as desk_live_doors_api
from zone.desk.live_doors.pages import pages as desk_pages
from zone.desk.people.api import api as desk_api
from zone.desk.people.pages import pages as desk_person_pages
from zone.desk.sales.api import api as desk_sales_api
from zone.desk.search.api import api as desk_search_api
from zone.desk.search.pages import pages as desk_search_pages
from zone.feedback.answers.api import api as feedback_answers_api
from zone.feedback.answers.pages import pages as feedback_pages
from zone.feedback.results.api import api as feedback_results_api
from zone.feedback.surveys.api import api as feedback_api
from zone.feedback.surveys.pages import pages as survey_management
from zone.members.people.api import api as members_api
from zone.members.roles.pages import pages as people_pages
from zone.members.sign_in.pages import demo_pages
from zone.members.sign_in.pages import pages as members_pages
from zone.members.sign_in_sessions import queries as sign_in_sessions_queries
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.suspensions.api import api as suspensions_api
from zone.members.tokens import rules as tokens_rules
from zone.members.tokens import service as tokens
from zone.members.tokens.api import api as tokens_api
from zone.operation.api_docs import pages as api_docs_pages
from zone.operation.audit.api import api as audit_api
from zone.operation.audit.pages import pages as audit_pages
from zone.operation.jobs.api import api as jobs_api
from zone.operation.jobs.metrics import of_jobs
from zone.operation.jobs.pages import pages as jobs_pages
from zone.operation.mail.api import api as mail_api
from zone.operation.mail.metrics import of_mail
from zone.operation.monitoring import pages as monitoring_pages
from zone.passes.catalogue.api import api as catalogue_api
from zone.passes.catalogue.pages import pages as catalogue_pages
from zone.passes.orders.api import api as passes_api
from zone.passes.orders.pages import pages as passes_pages
from zone.passes.payments.providers.pages import pages as dev_pay_pages
from zone.places.opening_hours.api import api as opening_hours_api
from zone.places.spaces.api import api as places_api
from zone.places.terms.api import api as terms_api
from zone.places.terms.pages import pages as terms_pages
from zone.reporting.reports.api import api as reporting_api
from zone.reporting.reports.pages import pages as reporting_pages
from zone.scheduler import JOBS
from zone.web import (
    auth,
    context,
    csrf,
    layout,
    logs,
    openapi,
    problems,
    read_connection,
    request_metrics,
    security_headers,
    session_cookie,
    wellformed,
)

MIGRATIONS: Final = Path(__file__).resolve().parent.parent / "migrations"
MOST_BYTES: Final = 1_000_000
"""The largest request body; more is a 413."""

API: Final[tuple[ApiBlueprint, ...]] = (
    members_api,
    audit_api,
    tokens_api,
    suspensions_api,
    pass_page_api,
    credentials_api,
    areas_api,
    doors_api,
    door_commands_api,
    bridges_api,
    bridge_sign_on_api,
    roster_api,
    entries_api,
    alarms_api,
    attendance_api,
    booking_api,
    sessions_api,
    classes_api,
    policy_api,
    courts_api,
    closures_api,
    places_api,
    opening_hours_api,
    terms_api,
    queue_api,
    passes_api,
    catalogue_api,
    desk_search_api,
    desk_api,
    desk_sales_api,
    desk_live_doors_api,
    feedback_api,
    feedback_answers_api,
    feedback_results_api,
    reporting_api,
    jobs_api,
    mail_api,
)
"""JSON under /api/v1."""

PAGES: Final[tuple[Blueprint, ...]] = (
    monitoring_pages.pages,
    api_docs_pages.pages,
    members_pages,
    people_pages,
    pass_page_pages,
    status_pages,
    booking_pages,
    bookings_pages,
    classes_pages,
    court_pages,
    closing_pages,
    terms_pages,
    passes_pages,
    catalogue_pages,
    dev_pay_pages,
    desk_pages,
    desk_search_pages,
    desk_person_pages,
    feedback_pages,
    survey_management,
    reporting_pages,
    jobs_pages,
    audit_pages,
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
        "zone", root_path=str(Path(__file__).parent), static_folder="web/static", template_folder="web/templates"
    )
    app.config.update(
        **database_config(settings),
        MAX_CONTENT_LENGTH=MOST_BYTES,
        API_TITLE="Zone",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.1",
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's default provider
    app.extensions[config.SETTINGS_KEY] = settings
    app.extensions[context.JOBS_KEY] = JOBS
    if behind := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=behind, x_proto=behind, x_host=behind)  # type: ignore[method-assign]  # as Flask says to
    _install_database(app, settings)
    context.install(app)
    logs.install(app)
    request_metrics.install(app, GAUGES)
    read_connection.install(app)
    csrf.install(app)
    auth.install(app, authenticate)
    wellformed.install(app)
    security_headers.install(app)
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
    if token.startswith(tokens_rules.PREFIX):
        with writing() as session:
            return tokens.actor_of_api_token(session, token, now)
    with reading() as session:
        return bridge_sign_on.actor_of_bridge_token(session, token, now)


def _person(token: str, now: datetime) -> Actor | None:
    seen = sign_in_sessions_queries.find_session(read_connection.read_connection(), token, now)
    if seen is None:
        return None
    if seen.stale:
        with writing() as session:
            sign_in_sessions.note_use(session, seen.session_id, now)
    return seen.actor
