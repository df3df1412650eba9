"""Pre-compiled SELECTs for hot paths, executed on the DBAPI cursor."""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, Dialect, Select, literal_column
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import visitors


class PreparedSelect:
    """A SELECT that every request or a whole crowd asks: compiled once for each engine, then put to the driver itself.

    SQLAlchemy's own way costs some 40 µs a statement more on SQLite and 90 on PostgreSQL, which is more than the driver
    needs for it. Its types still translate what goes in and what comes out, and its errors are raised.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._row: Any = namedtuple("Row", statement.selected_columns.keys())  # type: ignore[misc]  # columns as fields
        self._compiled: dict[str, _Compiled] = {}

    def ask(self, connection: Connection, **parameters: object) -> list[Any]:
        """The rows, with the columns as attributes; in the connection's transaction, if it has begun one.

        Raises:
            DBAPIError: as SQLAlchemy would; a connection that was lost is not used again.
        """
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(self._statement, dialect)
        try:
            with closing(connection.connection.cursor()) as cursor:
                cursor.execute(compiled.sql, compiled.arguments(parameters))
                return [self._row._make(compiled.read(found)) for found in cursor.fetchall()]
        except dialect.loaded_dbapi.Error as error:
            if dialect.is_disconnect(error, connection.connection, None):
                connection.invalidate(error)
            raise DBAPIError.instance(
                compiled.sql, parameters, error, dialect.loaded_dbapi.Error, hide_parameters=True
            ) from error


Translate = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement in one engine's words. `order` names the places of its parameters where they have no names."""

    sql: str
    order: Sequence[str] | None
    given: Mapping[str, Any]
    writers: Mapping[str, Translate]
    readers: Sequence[tuple[int, Translate]]

    def arguments(self, parameters: Mapping[str, object]) -> Any:
        values = {**self.given, **parameters}
        for name, write in self.writers.items():
            values[name] = write(values[name])
        return values if self.order is None else [values[name] for name in self.order]

    def read(self, found: Sequence[Any]) -> Sequence[Any]:
        values = list(found)
        for place, read in self.readers:
            values[place] = read(values[place])
        return values


def _compile(statement: Select[*tuple[Any, ...]], dialect: Dialect) -> _Compiled:
    def written_out(
        element: Any, **_: Any
    ) -> Any:  # constants, so that only what is asked travels at each use
        if not isinstance(element, BindParameter) or element.required:
            return None
        return literal_column(
            str(element.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        )

    plain: Any = visitors.replacement_traverse(statement, {}, written_out)
    compiled = plain.compile(dialect=dialect)
    types = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
    readers = [(place, one.result_processor(dialect, None)) for place, one in enumerate(types)]
    writers = {
        name: bound.type.dialect_impl(dialect).bind_processor(dialect)
        for name, bound in compiled.binds.items()
    }
    return _Compiled(
        sql=str(compiled),
        order=compiled.positiontup,
        given=compiled.params,  # SQLite's OFFSET 0 behind a LIMIT
        writers={name: write for name, write in writers.items() if write is not None},
        readers=[(place, read) for place, read in readers if read is not None],
    )
