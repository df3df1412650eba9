"""The base class of all models, and column types that behave the same on both engines."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Uuid,
)
from sqlalchemy.orm import DeclarativeBase, mapped_column, registry
from sqlalchemy.types import TypeDecorator

# Names of constraints and indexes without an explicit one.
NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time: aware, in UTC, on both engines."""

    # SQLite returns naive values, psycopg those of the session's time zone.
    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime must not reach the database")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every model. Types are chosen by the annotation; constraints are named."""

    metadata = MetaData(naming_convention=NAMES)
    registry = registry(
        metadata=metadata,
        type_annotation_map={
            datetime: UtcDateTime(),
            date: Date(),
            uuid.UUID: Uuid(),
            Decimal: Numeric(12, 4),
            bytes: LargeBinary(),
            dict[str, Any]: JSON(),
            list[Any]: JSON(),
        },
    )


# SQLite generates row numbers only for a column of type INTEGER.
BigInt = BigInteger().with_variant(Integer, "sqlite")

Id = Annotated[int, mapped_column(BigInt, primary_key=True)]
PublicId = Annotated[uuid.UUID, mapped_column(Uuid(), unique=True)]
