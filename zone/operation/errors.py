"""What an operator's command cannot do. In English, as all commands speak: the person is at a shell."""

import sqlite3

import psycopg
from sqlalchemy.exc import DBAPIError

from zone.faults import headline


class OperationError(RuntimeError):
    """A command was refused or failed; the message says why and what to do. Nothing was changed unless it says so."""


def said_by_database(error: Exception) -> str:
    """An error of the database in one line: its own words where it could not work; those of a refused row stay out."""
    told = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(told, sqlite3.OperationalError | psycopg.OperationalError):
        return str(told).partition("\n")[0].strip().rstrip(".")
    return headline(error)
