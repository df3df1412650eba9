"""Alembic's entry: one connection, one transaction, the models' metadata. Times out rather than queue behind a lock."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import text

from zone import scheduler
from zone.db import WRITE, Base, UtcDateTime, db

EVERY_MODEL = (scheduler.JobRun,)
"""Models that the web application does not import by itself."""

LOCK_TIMEOUT = "5s"
"""A migration that cannot get its lock gives up: waiting, it would make every other query queue behind it."""


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations stand on their own: our UTC type is written as what the database stores."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def run() -> None:
    """Migrate the application's database."""
    with db.engine.connect().execution_options(**{WRITE: True}) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            render_item=render_item,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
