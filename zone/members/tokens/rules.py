"""The scopes of API tokens and the roles that carry them. Pure."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from zone.core.identity import Role, opened_by, permissions_of

PREFIX: Final = "zt_"
"""Distinguishes API tokens from bridges' tokens, and lets secret scanners find a leaked one."""

# A year, also where it has a 29 February.
LONGEST_LIFE: Final = timedelta(days=366)


def effective_scopes(scopes: Iterable[str], roles: Iterable[str]) -> frozenset[str]:
    """Return those of `scopes` that open something which a person with these roles may do."""
    permissions = permissions_of(frozenset(roles) | {Role.MEMBER})
    return frozenset(name for name in scopes if permissions & opened_by([name]))
