"""Who is asking, and whether they may: default deny. Every view says who may call it, or nobody can.

@public            anyone
@signed_in         any person with a session
@require("desk")   a person (or a bridge) with one of these roles
@scope("x:read")   besides: an API token with this scope may call it for its owner; without it no token may
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Flask, Request, current_app, g, request

from zone.core.errors import DomainError
from zone.core.identity import FORBIDDEN, SCOPE_MISSING, SIGN_IN_NEEDED, Actor

View = TypeVar("View", bound=Callable[..., Any])
MARK: Final = "zone_access"
SCOPE_MARK: Final = "zone_scope"
PUBLIC: Final = frozenset({"public"})
SIGNED_IN: Final = frozenset({"signed_in"})

Authenticate = Callable[[Request], Actor | None]


def public(view: View) -> View:
    """Anyone may call this view."""
    return _mark(view, PUBLIC)


def signed_in(view: View) -> View:
    """Any person with a live session may call this view."""
    return _mark(view, SIGNED_IN)


def require(*roles: str) -> Callable[[View], View]:
    """Only actors with one of `roles` may call this view."""
    return lambda view: _mark(view, frozenset(roles))


def scope(name: str) -> Callable[[View], View]:
    """API tokens with the scope `name` may call this view, as far as their owner may."""

    def mark(view: View) -> View:
        setattr(view, SCOPE_MARK, name)
        return view

    return mark


def _mark(view: View, access: frozenset[str]) -> View:
    setattr(view, MARK, access)
    return view


def access_of(app: Flask, endpoint: str | None) -> frozenset[str] | None:
    """Who may call an endpoint; None where nobody said so."""
    view = app.view_functions.get(endpoint or "")
    access: frozenset[str] | None = getattr(view, MARK, None)
    return access


def scope_of(app: Flask, endpoint: str | None) -> str | None:
    """The scope that opens an endpoint to API tokens; None where it is closed to them."""
    name: str | None = getattr(app.view_functions.get(endpoint or ""), SCOPE_MARK, None)
    return name


def install(app: Flask, authenticate: Authenticate) -> None:
    """Check every request before its view runs."""

    @app.before_request
    def guard() -> None:
        g.actor = authenticate(request)
        if request.url_rule is not None:
            check_scope(scope_of(current_app, request.endpoint), g.actor)
            check(access_of(current_app, request.endpoint), g.actor)


def check_scope(wanted: str | None, actor: Actor | None) -> None:
    """Let the request pass unless it comes with an API token that lacks the scope.

    Raises:
        DomainError: scope_missing.
    """
    if actor is not None and actor.scopes is not None and wanted not in actor.scopes:
        raise DomainError(SCOPE_MISSING)


def check(access: frozenset[str] | None, actor: Actor | None) -> None:
    """Let the request pass, or raise.

    Raises:
        DomainError: sign_in_needed or forbidden.
    """
    if access == PUBLIC:
        return
    if actor is None:
        raise DomainError(SIGN_IN_NEEDED)
    if access is None or not (access & actor.roles or (access == SIGNED_IN and actor.kind == "person")):
        raise DomainError(FORBIDDEN)


def current_actor() -> Actor:
    """The actor of this request, for views that need one.

    Raises:
        DomainError: sign_in_needed.
    """
    actor: Actor | None = g.get("actor")
    if actor is None:
        raise DomainError(SIGN_IN_NEEDED)
    return actor


def reader_id() -> int | None:
    """The person who reads a public page, if they are signed in."""
    actor: Actor | None = g.get("actor")
    return actor.id if actor is not None and actor.kind == "person" else None
