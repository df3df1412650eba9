"""How an error is told to a log and to the history of jobs: everything that helps, and nobody's data.

The text of an error may hold anything: SQLAlchemy's has the parameters, PostgreSQL's DETAIL the whole failing row, a
KeyError the address that was looked up, a mail server's answer the address that it refused. So only the kind is told,
what is known to be harmless (a constraint's name, the codes of a refusal, the operating system's word), and where it
happened. An error whose text was written to be told derives from `ToldError`.
"""

import traceback

from sqlalchemy.exc import DBAPIError, IntegrityError

from zone.core.errors import DomainError
from zone.db import constraint_of


class ToldError(Exception):
    """Its text names nobody and may be told."""


def headline(error: BaseException) -> str:
    """The error in one line."""
    said = _harmless(error)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _harmless(error: BaseException) -> str:
    if isinstance(error, DBAPIError):
        broken = constraint_of(error) if isinstance(error, IntegrityError) else None
        return " ".join(filter(None, (type(error.orig).__name__, broken)))
    if isinstance(error, ToldError | DomainError):
        return str(error)
    return (error.strerror or "") if isinstance(error, OSError) else ""


def account(error: BaseException) -> str:
    """The line, and the way the error took through the code."""
    return headline(error) + "\n" + "".join(traceback.format_tb(error.__traceback__))
