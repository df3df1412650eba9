"""How an unforeseen error is told to a log: everything that helps, and nobody's data.

The text of a database error holds rows: SQLAlchemy's the parameters, PostgreSQL's DETAIL the whole failing row, with
names and addresses. So of those only the kind and the constraint are told, and where it happened.
"""

import traceback

from sqlalchemy.exc import DBAPIError, IntegrityError

from zone.db import constraint_of


def headline(error: BaseException) -> str:
    """The error in one line."""
    if not isinstance(error, DBAPIError):
        return f"{type(error).__name__}: {error}"
    broken = constraint_of(error) if isinstance(error, IntegrityError) else None
    return " ".join(filter(None, (type(error).__name__, type(error.orig).__name__, broken)))


def account(error: BaseException) -> str:
    """The line, and the way the error took through the code."""
    return headline(error) + "\n" + "".join(traceback.format_tb(error.__traceback__))
