"""What a page says about an error: what happened, what to do next, and the one thing to press."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from flask import Request, current_app
from flask_babel import gettext as _

from zone.core.errors import NOT_FOUND, ErrorCode
from zone.core.identity import FORBIDDEN, SIGN_IN_NEEDED
from zone.web import kept_form, session_cookie
from zone.web.context import current_settings, request_id
from zone.web.kept_form import KeptForm
from zone.web.whereabouts import is_writing, page_of

START: Final = "/"
LEAST_RELOAD: Final = 5
"""Seconds: a page of its own accord asks less often than a program may."""


@dataclass(frozen=True, slots=True)
class Link:
    """The main thing to press: its words, where it leads to, and its icon."""

    text: str
    href: str
    icon: str | None = None


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """A page about an error. `number` is what the desk asks for, None where they need none.

    `kept` is what was typed into a form, to be carried through signing in; `resent` is a form that
    was not taken, to be sent once more. `reloads_after` are the seconds after which the browser
    asks for the page again by itself.
    """

    heading: str
    sentences: Sequence[str]
    link: Link
    number: str | None = None
    kept: KeptForm | None = None
    resent: KeptForm | None = None
    reloads_after: int | None = None


def error_page(
    code: ErrorCode,
    status: int,
    details: Sequence[str],
    request: Request,
    retry_after: int | None = None,
) -> ErrorPage:
    """Return what to say about a request that ended in `code`; `details` are its own sentences.

    `retry_after`: the seconds after which it may succeed.
    """
    if code is SIGN_IN_NEEDED:
        return _sign_in(request)
    if code is FORBIDDEN:
        return _not_allowed()
    if code is NOT_FOUND:
        return _not_found()
    # By the status, because problems, which declares the codes, imports this module.
    if status == 405:
        return _sent_already(request)
    if code.code == "busy":
        return _busy(request, retry_after)
    if status >= 500:
        return _broken(code, details, request)
    return ErrorPage(_("That did not work"), details, _back(request))


def _sign_in(request: Request) -> ErrorPage:
    kept = kept_form.of_request(current_app, request)
    begin = "/sign-in?" if kept is None else "/sign-in/again?"
    link = Link(_("Sign in"), begin + urlencode({"next": page_of(request)}), "log-in")
    if session_cookie.token_of(request, current_settings()) is None:
        text = _("This page is for people who have signed in. Sign in to open it.")
        return ErrorPage(_("Sign in first"), [text], link)
    sentences = [
        _("You have been signed out, as happens after some time or when you sign out elsewhere.")
    ]
    if kept is not None:
        sentences.append(_("What you typed is not stored yet. Sign in to go back to it."))
    elif is_writing(request):
        sentences.append(_("What you just sent was not stored. Sign in to go back to its page."))
    else:
        sentences.append(_("Sign in to come back to this page."))
    return ErrorPage(_("Sign in again"), sentences, link, kept=kept)


def _not_allowed() -> ErrorPage:
    sentences = [
        _("You are signed in, but your account has no right to this."),
        _("If you need it for your work, ask the service manager for the right."),
    ]
    return ErrorPage(_("This is not open to you"), sentences, _start())


def _not_found() -> ErrorPage:
    sentences = [
        _("The address may have a typing error, or what was here has been removed."),
        _("Begin at the start page: from there you find everything that is open to you."),
    ]
    return ErrorPage(_("We cannot find this page"), sentences, _start())


def _sent_already(request: Request) -> ErrorPage:
    text = _("This address only takes a form that you send. Open its page, and do it there.")
    return ErrorPage(
        _("There is nothing to show here"), [text], Link(_("Open the page"), page_of(request))
    )


def _busy(request: Request, retry_after: int | None) -> ErrorPage:
    heading = _("We cannot answer right now")
    why = _("Very many people are here at once, or a part of the service is being restarted.")
    if not is_writing(request):
        text = _(
            "Nothing is lost: what you have booked, bought or saved is there. "
            "Try again in a moment."
        )
        by_itself = _("This page tries again by itself.")
        seconds = max(retry_after or 0, LEAST_RELOAD)
        return ErrorPage(heading, [why, text, by_itself], _again(request), reloads_after=seconds)
    resent = kept_form.to_send_again(request)
    if resent is not None:
        text = _(
            "What you just sent was not stored, and nothing else is lost. "
            "It is kept on this page: send it again in a moment."
        )
    else:
        text = _(
            "What you just sent was not stored, and nothing else is lost. Go back in your browser, "
            "where it is still typed, and send it again in a moment."
        )
    return ErrorPage(heading, [why, text], _again(request), resent=resent)


def _broken(code: ErrorCode, details: Sequence[str], request: Request) -> ErrorPage:
    sentences = details if code.code != "internal_error" else _fault(request)
    heading = _("Something went wrong on our side")
    return ErrorPage(heading, sentences, _again(request), number=request_id())


def _fault(request: Request) -> list[str]:
    sentences = [_("The fault has been noted for those who mend it.")]
    if is_writing(request):
        sentences.append(_("Go back and look whether what you sent was stored, before you repeat."))
    else:
        sentences.append(_("Try again in a moment."))
    return [*sentences, _("If it happens again, tell the desk the number below.")]


def _start() -> Link:
    return Link(_("To the start page"), START)


def _again(request: Request) -> Link:
    return (
        _back(request)
        if is_writing(request)
        else Link(_("Try again"), page_of(request), "refresh-cw")
    )


def _back(request: Request) -> Link:
    return Link(_("Back to the page"), page_of(request))
