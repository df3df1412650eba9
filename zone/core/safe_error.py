"""Text of an error for logs and for the history of jobs, without personal data.

The text of an error may hold anything: SQLAlchemy's has the parameters, PostgreSQL's DETAIL the whole failing
row, a KeyError the address that was looked up, a mail server's answer the address that it refused. So only the
class is written, with what is known to be harmless (the name of a constraint, the codes of a refusal, the text
of the operating system) and the traceback. An error whose own text is safe derives from `SafeError`.
"""

import sqlite3
import traceback

import psycopg
from sqlalchemy.exc import DBAPIError, IntegrityError

from zone.core.db.constraints import constraint_of
from zone.core.errors import DomainError


class SafeError(Exception):
    """Its text names nobody and may be told."""


def headline(error: BaseException) -> str:
    """The error in one line."""
    said = _harmless(error)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _harmless(error: BaseException) -> str:
    if isinstance(error, DBAPIError):
        broken = constraint_of(error) if isinstance(error, IntegrityError) else None
        return " ".join(filter(None, (type(error.orig).__name__, broken)))
    if isinstance(error, SafeError | DomainError):
        return str(error)
    return (error.strerror or "") if isinstance(error, OSError) else ""


def account(error: BaseException) -> str:
    """The line, and the way the error took through the code."""
    return headline(error) + "\n" + "".join(traceback.format_tb(error.__traceback__))


def said_by_database(error: Exception) -> str:
    """An error of the database in one line: its own words where it could not work; those of a refused row stay out."""
    told = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(told, sqlite3.OperationalError | psycopg.OperationalError):
        return str(told).partition("\n")[0].strip().rstrip(".")
    return headline(error)
