"""The scopes of API tokens and the roles that carry them. Pure."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from zone.core.identity import Role, opened_by, permissions_of

PREFIX: Final = "zt_"
"""Tells our tokens from a bridge's, and lets a scanner of public code find one that was published by mistake."""

LONGEST_LIFE: Final = timedelta(days=366)


def carried(scopes: Iterable[str], roles: Iterable[str]) -> frozenset[str]:
    """Return those of `scopes` that a person with these roles may give to a token: some of what it opens is theirs."""
    held = permissions_of(frozenset(roles) | {Role.MEMBER})
    return frozenset(name for name in scopes if held & opened_by([name]))
