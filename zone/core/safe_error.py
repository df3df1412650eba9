"""Text of an error for logs and for the history of jobs, without personal data.

The message of an error may hold personal data: SQLAlchemy's contains the parameters, PostgreSQL's
DETAIL the whole failing row, a KeyError the address that was looked up, a mail server's answer the
address that it refused. So only the class is written, with parts that are known to be safe (the
name of a constraint, the codes of a refusal, the text of the operating system), and the traceback.
An error whose message is safe derives from `SafeError`.
"""

import sqlite3
import traceback
from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError, IntegrityError

from zone.core.db.constraints import constraint_name
from zone.core.errors import DomainError

_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
"""Codes of a file that is damaged or no database; the text says which, and nothing of its rows."""


class SafeError(Exception):
    """An error whose message contains no personal data."""


def headline(error: BaseException) -> str:
    """The error in one line."""
    safe = _safe_part(error)
    return f"{type(error).__name__}: {safe}" if safe else type(error).__name__


def _safe_part(error: BaseException) -> str:
    if isinstance(error, DBAPIError):
        broken = constraint_name(error) if isinstance(error, IntegrityError) else None
        return " ".join(filter(None, (type(error.orig).__name__, broken)))
    if isinstance(error, SafeError | DomainError):
        return str(error)
    # `strerror` only: str(error) contains the file name, which may be a person's.
    return (error.strerror or "") if isinstance(error, OSError) else ""


def describe_with_traceback(error: BaseException) -> str:
    """The headline of the error and its traceback."""
    # format_tb has file, line and source, never the values of variables or the message.
    return headline(error) + "\n" + "".join(traceback.format_tb(error.__traceback__))


def describe_database_error(error: Exception) -> str:
    """An error of the database in one line."""
    original = error.orig if isinstance(error, DBAPIError) else error
    # The message of an OperationalError is about the server or the file; others may quote a row.
    damaged = getattr(original, "sqlite_errorcode", None) in _DAMAGED
    if damaged or isinstance(original, sqlite3.OperationalError | psycopg.OperationalError):
        return str(original).partition("\n")[0].strip().rstrip(".")
    return headline(error)
