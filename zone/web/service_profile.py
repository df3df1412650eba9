"""The service's own data on pages: its names, its contact, and its accent colour."""

from typing import Final

from flask import Flask, Response, abort, current_app, has_request_context, request
from sqlalchemy.exc import SQLAlchemyError

from zone.core.service_profile import colours, queries
from zone.core.service_profile.queries import service_profile
from zone.core.service_profile.rules import ServiceProfile, first_values
from zone.web import static_files
from zone.web.auth import public
from zone.web.context import current_settings
from zone.web.read_connection import read_connection

LAST_KEY: Final = "zone_service_profile"
HELD: Final = "zone.service_profile"


def install(app: Flask) -> None:
    """Serve the style sheets of accent colours, and the logo."""
    app.add_url_rule("/colours/<accent>.css", "colours", public(_style_sheet))
    app.add_url_rule("/logo/<digest>.png", "logo", public(_logo))


def current_profile() -> ServiceProfile:
    """Return the service's own data, read once in a request; the last known ones where the database
    does not answer.
    """
    if not has_request_context():
        return first_values(current_settings())
    known: ServiceProfile | None = request.environ.get(HELD)
    if known is None:
        try:
            known = service_profile(read_connection(), current_settings())
            current_app.extensions[LAST_KEY] = known
        except SQLAlchemyError:
            known = last_profile()
        request.environ[HELD] = known
    return known


def last_profile() -> ServiceProfile:
    """Return what this process read last, without the database."""
    known: ServiceProfile | None = current_app.extensions.get(LAST_KEY)
    return known or first_values(current_settings())


def use_last_profile() -> None:
    """Show this page without asking the database, which may be what has failed."""
    request.environ.setdefault(HELD, last_profile())


def _style_sheet(accent: str) -> Response:
    # A pure function of its address, so it is kept for ever, and another colour has another one.
    colour = f"#{accent}"
    if not colours.is_colour(colour) or not colours.is_readable(colour):
        abort(404)
    return Response(
        colours.style_sheet(colour),
        mimetype="text/css",
        headers={"Cache-Control": static_files.FOREVER},
    )


def _logo(digest: str) -> Response:
    png = queries.logo(read_connection(), digest)
    if png is None:
        abort(404)
    return Response(png, mimetype="image/png", headers={"Cache-Control": static_files.FOREVER})
