"""The versions of rows that people edit: an integer column, which grows with every change."""

from collections.abc import Iterable

from zone.core.errors import edited_meanwhile


def refuse_stale(stored: int, read: int, changed: Iterable[str]) -> None:
    """Refuse an edit of an older version than the stored one; `changed` names what differs.

    Raises:
        DomainError: edited_meanwhile.
    """
    if read != stored:
        raise edited_meanwhile(stored, changed)
