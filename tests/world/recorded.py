"""A guard of the whole test run: the product writes no recorded column past its record.

SQLAlchemy calls no event of a row for a statement, so an `update(Door)` of the product would leave
the door as if somebody had changed it by hand.
"""

import sys
from pathlib import Path
from types import FrameType
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

import zone
from zone.core.row_records.models import RECORDED
from zone.core.row_records.service import SAYS_SO

PRODUCT: Final = str(Path(zone.__path__[0]))
SQLALCHEMY: Final = str(Path(sys.modules["sqlalchemy"].__path__[0]))


class UnrecordedWriteError(AssertionError):
    """A statement of the product wrote recorded columns, and no record."""


def refuse(state: ORMExecuteState) -> None:
    """Refuse a statement of the product that writes columns that count and records no row."""
    if state.is_select or state.execution_options.get(SAYS_SO):
        return
    statement: Any = state.statement
    if not (state.is_insert or state.is_update or state.is_delete):
        return
    recorded = RECORDED.get(statement.entity_description["table"].name)
    if recorded is None or not _is_by_product():
        return
    if not state.is_update or set(recorded.columns) & _set_by(statement):
        raise UnrecordedWriteError(f"{statement}: use write_recorded")


def _set_by(statement: Any) -> set[str]:
    return {getattr(column, "name", column) for column in statement._values}


def _is_by_product() -> bool:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith((SQLALCHEMY, __file__)):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(PRODUCT)


def watch() -> None:
    """Refuse such statements from now on, in this process."""
    if not event.contains(Session, "do_orm_execute", refuse):
        event.listen(Session, "do_orm_execute", refuse)
