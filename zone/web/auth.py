"""Who may call a view. Default deny: a view without a permission answers 403.

@public                      Anyone, without a session. Closed to API tokens.
@may(Permission.DESK_USE)    Actors with this permission. API tokens need a scope that includes it.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Flask, Request, g

from zone.core.config import Settings
from zone.core.errors import DomainError
from zone.core.identity import (
    FORBIDDEN,
    OPENED_BY,
    PERMISSIONS_OF,
    SCOPE_MISSING,
    SIGN_IN_NEEDED,
    Actor,
    Permission,
    Role,
    opened_by,
)

View = TypeVar("View", bound=Callable[..., Any])
Authenticate = Callable[[Request, Settings], Actor | None]

PUBLIC: Final = "public"
MARK: Final = "zone_permission"


def public(view: View) -> View:
    """Let anyone call the view."""
    setattr(view, MARK, PUBLIC)
    return view


def may(permission: Permission) -> Callable[[View], View]:
    """Let only actors with the permission call the view."""

    def mark(view: View) -> View:
        setattr(view, MARK, permission)
        return view

    return mark


def access_of(app: Flask, endpoint: str | None) -> Permission | str | None:
    """Return what an endpoint needs: a permission, or PUBLIC; None where neither is set."""
    access: Permission | str | None = getattr(app.view_functions.get(endpoint or ""), MARK, None)
    return access


def is_open_to_guests(access: Permission | str | None) -> bool:
    """Whether a view can be called without signing in."""
    return access == PUBLIC or access in PERMISSIONS_OF[Role.GUEST]


def scope_of(app: Flask, endpoint: str | None) -> Permission | None:
    """Return the scope that opens an endpoint to API tokens; None where it is closed to them."""
    blueprint = app.blueprints.get((endpoint or "").rpartition(".")[0])
    if not hasattr(blueprint, "tag"):  # a page: programs use the API
        return None
    access = access_of(app, endpoint)
    return next((scope for scope in OPENED_BY if access in opened_by([scope])), None)


def guard(app: Flask, request: Request, actor: Actor | None) -> None:
    """Check a request before its view runs.

    Raises:
        DomainError: scope_missing, sign_in_needed or forbidden.
    """
    if request.url_rule is None:
        return
    if actor is not None and actor.scopes is not None:
        check_scope(scope_of(app, request.endpoint), actor)
    check(access_of(app, request.endpoint), actor)


def check_scope(scope: Permission | None, actor: Actor | None) -> None:
    """Let the request pass unless it comes with an API token that lacks the scope.

    Raises:
        DomainError: scope_missing.
    """
    if actor is not None and actor.scopes is not None and scope not in actor.scopes:
        raise DomainError(SCOPE_MISSING)


def check(access: Permission | str | None, actor: Actor | None) -> None:
    """Let the request pass, or raise.

    Raises:
        DomainError: sign_in_needed or forbidden.
    """
    if is_open_to_guests(access):
        return
    if actor is None:
        raise DomainError(SIGN_IN_NEEDED)
    if access is None or access not in actor.permissions:
        raise DomainError(FORBIDDEN)


def current_actor() -> Actor:
    """Return the actor of this request, for views that need one.

    Raises:
        DomainError: sign_in_needed.
    """
    actor: Actor | None = g.get("actor")
    if actor is None:
        raise DomainError(SIGN_IN_NEEDED)
    return actor


def reader_is_staff() -> bool:
    """Return whether a member of the staff reads a public page."""
    actor: Actor | None = g.get("actor")
    return actor is not None and actor.is_staff


def reader_may(permission: Permission) -> bool:
    """Return whether who reads a public page holds a permission."""
    actor: Actor | None = g.get("actor")
    return actor is not None and actor.may(permission)


def reader_id() -> int | None:
    """Return the person who reads a public page, or None where they are not signed in."""
    actor: Actor | None = g.get("actor")
    return actor.id if actor is not None and actor.kind == "person" else None
