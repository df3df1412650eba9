"""The pages about an error, which belong to no other feature."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from flask import render_template, request

from zone.core.errors import NOT_FOUND, ErrorCode
from zone.core.identity import FORBIDDEN, SIGN_IN_NEEDED
from zone.web.error_page import error_page
from zone.web.language import language
from zone.web.problems import BUSY, INTERNAL_ERROR, METHOD_NOT_ALLOWED, TOO_LARGE
from zone.web.states import State


def _page(code: ErrorCode, details: Sequence[str] = ()) -> str:
    return render_template("web/problem.html", page=error_page(code, code.status, details, request))


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
    State("error", "refused", lambda: _page(TOO_LARGE, [TOO_LARGE.text(language())])),
)
