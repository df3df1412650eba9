"""Two addresses for whoever watches the service."""

from typing import Final

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from zone.db import reading
from zone.http.auth import public

pages: Final = Blueprint("health", __name__)


@pages.get("/healthz")
@public
def healthz() -> Response:
    """200: this process answers. Says nothing of the database, so that a database in trouble restarts nobody."""
    return _answer("ok", 200)


@pages.get("/readyz")
@public
def readyz() -> Response:
    """200: the database answers too, so requests may come. 503: send them elsewhere, or wait."""
    try:
        with reading() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        current_app.logger.warning("not ready: %s", type(error).__name__)
        return _answer("database unreachable", 503)
    return _answer("ok", 200)


def _answer(status: str, code: int) -> Response:
    response = jsonify(status=status)
    response.status_code = code
    response.headers["Cache-Control"] = "no-store"
    return response
