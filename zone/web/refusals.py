"""Decorators that declare the refusals of a view, for the document and its error codes."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from zone.core.errors import ErrorCode

View = TypeVar("View", bound=Callable[..., Any])
_REFUSALS: Final = "zone_refusals"
_IDEMPOTENT: Final = "zone_idempotent"


def refuses(*codes: ErrorCode) -> Callable[[View], View]:
    """Document the codes that a view may answer besides those that its form implies."""

    def mark(view: View) -> View:
        setattr(view, _REFUSALS, codes)
        return view

    return mark


def idempotent(view: View) -> View:
    """Document that a view takes an Idempotency-Key: the same request again has the same answer."""
    setattr(view, _IDEMPOTENT, True)
    return view


def refusals_of(view: Callable[..., Any]) -> tuple[ErrorCode, ...]:
    """Return the codes that a view names."""
    codes: tuple[ErrorCode, ...] = getattr(view, _REFUSALS, ())
    return codes


def is_idempotent(view: Callable[..., Any]) -> bool:
    """Whether a view takes an Idempotency-Key."""
    return bool(getattr(view, _IDEMPOTENT, False))
