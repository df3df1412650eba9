"""The pages about an error, which belong to no other feature."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from flask import Request, current_app, render_template, request
from werkzeug.test import EnvironBuilder

from zone.core.errors import NOT_FOUND, ErrorCode
from zone.core.identity import FORBIDDEN, SIGN_IN_NEEDED
from zone.web import session_cookie
from zone.web.context import current_settings
from zone.web.error_page import error_page
from zone.web.language import language
from zone.web.problems import BUSY, INTERNAL_ERROR, METHOD_NOT_ALLOWED, TOO_LARGE
from zone.web.states import State


def _page(code: ErrorCode, details: Sequence[str] = ()) -> str:
    return render_template("web/problem.html", page=error_page(code, code.status, details, request))


def _crowded(path: str, method: str, data: Mapping[str, str] | None = None) -> str:
    page = error_page(BUSY, BUSY.status, (), _asked(path, method, data), RETRY_AFTER)
    return render_template("web/problem.html", page=page)


def _asked(path: str, method: str, data: Mapping[str, str] | None = None) -> Request:
    """Return a request of a person whose session has ended."""
    cookie = f"{session_cookie.name_of(current_settings())}=ended"
    builder = EnvironBuilder(path=path, method=method, data=data, headers=[("Cookie", cookie)])
    asked = current_app.request_class(builder.get_environ())
    rule, values = current_app.url_map.bind("").match(path, method, return_rule=True)
    asked.url_rule, asked.view_args = rule, dict(values)
    return asked


def _signed_out(path: str, method: str, data: Mapping[str, str] | None = None) -> str:
    asked = _asked(path, method, data)
    page = error_page(SIGN_IN_NEEDED, SIGN_IN_NEEDED.status, (), asked)
    return render_template("web/problem.html", page=page)


RETRY_AFTER: Final = 12
CANCELLING: Final = f"/bookings/{UUID(int=1)}/cancel"
ERRORS: Final = (
    ("not-found", NOT_FOUND),
    ("not-allowed", FORBIDDEN),
    ("sign-in-first", SIGN_IN_NEEDED),
    ("opened-instead-of-sent", METHOD_NOT_ALLOWED),
    ("too-busy", BUSY),
    ("broken", INTERNAL_ERROR),
)
STATES: Final = (
    *(State("error", name, partial(_page, code)) for name, code in ERRORS),
    State("error", "signed-out-meanwhile", partial(_signed_out, "/bookings", "GET")),
    State("error", "form-sent-too-late", partial(_signed_out, "/me", "POST", {"name": "Milo"})),
    State("error", "press-sent-too-late", partial(_signed_out, CANCELLING, "POST")),
    State(
        "error", "too-busy-for-a-form", partial(_crowded, "/sign-in", "POST", {"email": "a@b.fi"})
    ),
    State(
        "error",
        "too-busy-for-a-password",
        partial(_crowded, "/me/password", "POST", {"current": "x"}),
    ),
    State("error", "refused", lambda: _page(TOO_LARGE, [TOO_LARGE.text(language())])),
)
