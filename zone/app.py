"""The web application, composed from the features and the settings."""

import gc
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from flask import Flask, Request
from flask_migrate import Migrate
from flask_smorest import Api
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.http import parse_cookie
from werkzeug.utils import cached_property

from zone.access.bridge_sign_on import service as bridge_sign_on
from zone.access.feature import FEATURE as ACCESS
from zone.booking.feature import FEATURE as BOOKING
from zone.core import clock, config
from zone.core.clock import utc_now
from zone.core.config import Settings, load_settings
from zone.core.db.engine import READER, database_config, db, prepare
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import SIGN_IN_NEEDED, Actor
from zone.desk.feature import FEATURE as DESK
from zone.feedback.feature import FEATURE as FEEDBACK
from zone.members.feature import FEATURE as MEMBERS
from zone.members.people.queries import display_name
from zone.members.roles.pages import role_names
from zone.members.sign_in_sessions import queries as sign_in_sessions_queries
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.tokens import rules as tokens_rules
from zone.members.tokens import service as tokens
from zone.operation.feature import FEATURE as OPERATION
from zone.operation.jobs.metrics import job_gauges
from zone.passes.feature import FEATURE as PASSES
from zone.places.feature import FEATURE as PLACES
from zone.reporting.feature import FEATURE as REPORTING
from zone.web import (
    context,
    csrf,
    home,
    layout,
    logs,
    manage,
    openapi,
    problems,
    read_connection,
    request_frame,
    request_metrics,
    session_cookie,
    static_files,
)
from zone.web.feature import Feature
from zone.web.problems import is_api

MIGRATIONS: Final = Path(__file__).resolve().parent.parent / "migrations"
MOST_BYTES: Final = 1_000_000
"""The largest request body; more is a 413."""

FEATURES: Final[tuple[Feature, ...]] = (
    PLACES,
    MEMBERS,
    PASSES,
    BOOKING,
    ACCESS,
    DESK,
    FEEDBACK,
    REPORTING,
    OPERATION,
)
"""Every feature; each imports only those before it."""


class ZoneRequest(Request):
    """A request that finds its cookies without a copy of all headers."""

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        # WSGI joins all Cookie headers into one variable. Werkzeug renames and searches every
        # header for it, which took longer than parsing it.
        header = self.environ.get("HTTP_COOKIE", "")
        return parse_cookie(header, cls=self.dict_storage_class)  # type: ignore[return-value]  # of that class


class Zone(Flask):
    """The application. Its views and hooks are plain functions."""

    request_class = ZoneRequest

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function unchanged: Flask's check for coroutines takes 4 % of a request."""
        return func


def create_app(settings: Settings | None = None) -> Flask:
    """Return the web application. Settings come from the environment unless given.

    Raises:
        SettingsError: a setting is unknown or cannot be read.
    """
    settings = settings or load_settings(os.environ)
    clock.shift(settings.clock_shift)
    app = _bare(settings)
    _collect(app, settings)
    _install_database(app, settings)
    _install_frame(app)
    _install_features(app)
    problems.install(app)  # after the features: flask-smorest installs handlers of its own
    _install_pages(app)
    return app


def _bare(settings: Settings) -> Flask:
    app = Zone(
        "zone",
        root_path=str(Path(__file__).parent),
        static_folder=None,  # zone.web.static_files serves them
        template_folder="web/templates",
    )
    app.config.update(
        **database_config(settings),
        MAX_CONTENT_LENGTH=MOST_BYTES,
        API_TITLE="Zone",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.1",
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's default provider
    if behind := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=behind, x_proto=behind, x_host=behind)  # type: ignore[method-assign]  # as Flask says to
    return app


def _collect(app: Flask, settings: Settings) -> None:
    """Hand what the features offer to those who iterate over it: jobs, doctor, privacy, states."""
    app.extensions[config.SETTINGS_KEY] = settings
    app.extensions[context.JOBS_KEY] = [job for feature in FEATURES for job in feature.jobs]
    app.extensions[context.PERSONAL_DATA_KEY] = [
        data for feature in FEATURES for data in feature.leaves.personal_data
    ]
    app.extensions[context.INVARIANTS_KEY] = [
        invariant for feature in FEATURES for invariant in feature.leaves.invariants
    ]
    app.extensions[context.ENDED_RIGHTS_KEY] = [
        listener for feature in FEATURES for listener in feature.on_ended_rights
    ]
    app.extensions[context.BOOKING_NOTICES_KEY] = [
        notices for feature in FEATURES for notices in feature.booking_notices
    ]
    app.extensions[context.CLASS_PARTS_KEY] = [
        part for feature in FEATURES for part in feature.class_parts
    ]
    app.extensions[context.SHARED_ACCESS_KEY] = [
        one for feature in FEATURES for one in feature.shared_access
    ]
    app.extensions[context.STATES_KEY] = [
        state for feature in FEATURES for state in feature.leaves.states
    ]


def _install_frame(app: Flask) -> None:
    gauges = (gauge for feature in FEATURES for gauge in feature.gauges)
    request_metrics.install(app, (job_gauges(app.extensions[context.JOBS_KEY]), *gauges))
    read_connection.install(app)
    csrf.install(app)
    request_frame.install(app, authenticate)
    static_files.install(app, [folder for feature in FEATURES for folder in feature.static])


def _install_pages(app: Flask) -> None:
    layout.install(app, [item for feature in FEATURES for item in feature.navigation])
    manage.install(
        app,
        [item for feature in FEATURES for item in feature.manage],
        name_of=display_name,
        role_names=role_names,
    )
    home.install(
        app,
        [one for feature in FEATURES for one in feature.homes],
        [one for feature in FEATURES for one in feature.first_homes],
    )


def serving() -> Flask:
    """Return the application of one web worker, after a first request."""
    settings = load_settings(os.environ)
    logs.configure(settings)
    app = create_app(settings)
    with app.test_client() as client:  # the first request of a worker takes 0.2 to 2 s
        client.get("/healthz")
    gc.collect()
    # What exists now lives as long as the worker. Traversing it again and again cost 5 % of a short
    # request.
    gc.freeze()
    return app


def _install_database(app: Flask, settings: Settings) -> None:
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS))
    with app.app_context():
        prepare(db.engine, db.engines[READER])


def _install_features(app: Flask) -> None:
    api = Api(app, spec_kwargs={"marshmallow_plugin": openapi.marshmallow_plugin()})
    openapi.install(app, api)
    for feature in FEATURES:
        for blueprint in feature.leaves.apis:
            api.register_blueprint(blueprint, url_prefix=openapi.PREFIX)
        for pages in feature.leaves.pages:
            app.register_blueprint(pages)
        for pages in feature.leaves.demo_pages if context.settings_of(app).demo else ():
            app.register_blueprint(pages)


def authenticate(request: Request, settings: Settings) -> Actor | None:
    """Return the actor of a request: by its bearer token, else by its session cookie; else None.

    A bearer token belongs to a program or a bridge. With one, the cookie is not read.

    Raises:
        DomainError: sign_in_needed, for credentials that open nothing on a route of the API.
    """
    bearer = csrf.bearer_of(request)
    if bearer is not None:
        actor = _of_bearer(bearer, utc_now())
    else:
        token = session_cookie.token_of(request, settings)
        actor = None if token is None else _person(token, utc_now())
    # Public routes too: a program whose token has ended must notice, not read on as a guest. An
    # ended cookie makes a guest, because a browser sends it without being asked.
    if actor is None and "Authorization" in request.headers and is_api(request):
        raise DomainError(SIGN_IN_NEEDED)
    return actor


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
