"""Pre-compiled statements for hot paths, executed on the DBAPI cursor."""

import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    literal_column,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import visitors

from zone.core.db.statements import insertion_in
from zone.core.db.types import Base

Converter = Callable[[Any], Any]

NAMED: Final = re.compile(r"%\((\w+)\)s|%%")
"""A parameter, or a percent sign, in a statement of psycopg's dialect."""


class PreparedSelect:
    """A SELECT that is compiled once for each engine and then executed by the driver.

    It returns the same rows and raises the same errors as SQLAlchemy's own execution.
    """

    # SQLAlchemy adds about 40 µs a statement on SQLite and 90 µs on PostgreSQL, which is more than
    # the driver takes to execute it.

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._row: Any = namedtuple("Row", statement.selected_columns.keys())  # type: ignore[misc]  # fields known at run time
        self._by_dialect: dict[str, _Prepared] = {}

    def fetch(self, connection: Connection, **parameters: object) -> list[Any]:
        """Return the rows, with the columns as attributes, in the connection's transaction if any.

        Raises:
            DBAPIError: as SQLAlchemy raises it.
        """
        prepared = self._prepared(connection.dialect)
        with self._cursor(connection, prepared.sql) as cursor:
            cursor.execute(prepared.sql, prepared.arguments(parameters))
            return self._rows(prepared, cursor.fetchall())

    def _prepared(self, dialect: Dialect) -> "_Prepared":
        prepared = self._by_dialect.get(dialect.name)
        if prepared is None:
            prepared = self._by_dialect[dialect.name] = self._compile(dialect)
        return prepared

    def _rows(self, prepared: "_Prepared", rows: Iterable[Sequence[Any]]) -> list[Any]:
        return [self._row._make(prepared.convert_row(row)) for row in rows]

    @staticmethod
    @contextmanager
    def _cursor(connection: Connection, sql: str) -> Iterator[Any]:
        error_type = connection.dialect.loaded_dbapi.Error
        try:
            with closing(_driver_cursor(connection)) as cursor:
                yield cursor
        except error_type as error:
            # SQLAlchemy does this in its own execution: otherwise the pool hands a dead connection
            # out.
            if connection.dialect.is_disconnect(error, connection.connection, None):
                connection.invalidate(error)
            raise DBAPIError.instance(sql, None, error, error_type, hide_parameters=True) from error

    def _compile(self, dialect: Dialect) -> "_Prepared":
        def inline_constants(element: Any, **_: Any) -> Any:
            # Constants become part of the SQL text, so that only real parameters are sent.
            if not isinstance(element, BindParameter) or element.required:
                return None
            return literal_column(
                str(element.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
            )

        inlined: Any = visitors.replacement_traverse(self._statement, {}, inline_constants)
        return _prepared(inlined.compile(dialect=dialect), self._statement.selected_columns)


class PreparedInsert(PreparedSelect):
    """An INSERT by the values of some columns; it returns columns of the rows.

    A row gives each of `names`, which are all columns but those that the database fills: a default
    in Python is not used. `only_new`: a row that violates a unique key is left out.
    """

    def __init__(
        self,
        model: type[Base],
        names: Sequence[str],
        *returning: ColumnElement[Any],
        only_new: bool = False,
    ) -> None:
        super().__init__(select(*returning))
        self._model, self._names, self._only_new = model, list(names), only_new

    def fetch_many(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> list[Any]:
        """Insert some rows, and return what `fetch` returns for each; in any number.

        Pass them in the order of their keys, or two writers may deadlock.
        """
        prepared = self._prepared(connection.dialect)
        values = [prepared.arguments(row) for row in rows]
        with self._cursor(connection, prepared.sql) as cursor:
            found: list[Any] = []
            if connection.dialect.name == "sqlite":
                found = [row for one in values for row in cursor.execute(prepared.sql, one)]
            elif len(values) == 1:
                found = cursor.execute(prepared.sql, values[0]).fetchall()
            elif values:
                # One round trip for all; a single statement of many rows takes longer to make.
                cursor.executemany(prepared.sql, values, returning=True)
                found = cursor.fetchall()
                while cursor.nextset():
                    found += cursor.fetchall()
            return self._rows(prepared, found)

    def _compile(self, dialect: Dialect) -> "_Prepared":
        columns = self._statement.selected_columns
        statement = insertion_in(dialect.name, self._model)
        if self._only_new:
            statement = statement.on_conflict_do_nothing()
        told: Any = statement.returning(*columns)
        compiled = told.compile(dialect=dialect, column_keys=self._names)
        if compiled.insert_prefetch:
            # The driver knows of no default in Python, and would store NULL.
            missing = ", ".join(column.name for column in compiled.insert_prefetch)
            raise TypeError(f"{self._model.__name__}: give {missing} too")
        return _prepared(compiled, columns)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A statement for one engine.

    `order`: the names of the parameters in their order.
    `constants`: values of parameters that are not given at each call.
    `binders`, `readers`: conversions of parameters (by name) and of columns (by index).
    """

    sql: str
    order: Sequence[str]
    constants: Mapping[str, Any]
    binders: Mapping[str, Converter]
    readers: Sequence[tuple[int, Converter]]

    def arguments(self, parameters: Mapping[str, object]) -> list[Any]:
        values = {**self.constants, **parameters}
        for name, bind in self.binders.items():
            values[name] = bind(values[name])
        return [values[name] for name in self.order]

    def convert_row(self, row: Sequence[Any]) -> Sequence[Any]:
        values = list(row)
        for index, read in self.readers:
            values[index] = read(values[index])
        return values


def _driver_cursor(connection: Connection) -> Any:
    if connection.dialect.name == "postgresql":
        # Other cursors rewrite each statement of over 4,096 characters at each call: 0.1 ms.
        return psycopg.RawCursor(connection.connection.driver_connection)  # type: ignore[arg-type]  # SQLAlchemy does not say which driver's
    return connection.connection.cursor()


def _numbered(sql: str) -> tuple[str, list[str]]:
    """Return a statement with PostgreSQL's own parameters ($1, $2 …), and their names in order."""
    names: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name = found[1]
        return "%" if name is None else f"${names.setdefault(name, len(names) + 1)}"

    return NAMED.sub(number, sql), list(names)


def _prepared(compiled: Any, columns: Iterable[ColumnElement[Any]]) -> _Prepared:
    dialect = compiled.dialect
    types = [column.type.dialect_impl(dialect) for column in columns]
    readers = [(index, kind.result_processor(dialect, None)) for index, kind in enumerate(types)]
    binders = {
        name: bound.type.dialect_impl(dialect).bind_processor(dialect)
        for name, bound in compiled.binds.items()
    }
    sql, order = str(compiled), compiled.positiontup
    if dialect.name == "postgresql":
        sql, order = _numbered(sql)
    return _Prepared(
        sql=sql,
        order=order,
        constants=compiled.params,  # such as the OFFSET 0 that SQLite's dialect adds to a LIMIT
        binders={name: bind for name, bind in binders.items() if bind is not None},
        readers=[(index, read) for index, read in readers if read is not None],
    )
