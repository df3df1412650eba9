"""The versions of rows that people edit: an integer column, which grows with every change."""

from collections.abc import Iterable

from zone.core.errors import edited_meanwhile


def refuse_stale(stored: int, read: int | None, changed: Iterable[str]) -> None:
    """Refuse an edit of another version than the stored one; `changed` names what differs.

    Who read no version, as for a new row, has not seen the one that there is.

    Raises:
        DomainError: edited_meanwhile.
    """
    if read != stored:
        raise edited_meanwhile(stored, changed)
