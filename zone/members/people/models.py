"""People, and the trigrams of the words by which they are found."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Connection,
    ForeignKey,
    delete,
    event,
    false,
    insert,
)
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from zone.core.db.append_only import keep_rows
from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows
from zone.members.people.trigrams import trigrams_of, words_of


class Member(Base):
    """A person. `holder` is their random pseudonym at the doors; `email` has its normal form.

    `more_time`: doors stay open longer for them, as they have chosen.
    """

    __tablename__ = "member"
    __table_args__ = (CheckConstraint("holder BETWEEN 1 AND 4294967295", name="holder"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    holder: Mapped[int] = mapped_column(BigInteger, unique=True)
    # Unique in its normal form, so that one mailbox cannot become two people by spelling.
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    more_time: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]


class NameTrigram(Base):
    """Three letters of a word in a person's name or address, for the search at the desk."""

    __tablename__ = "name_trigram"
    # In the order of the key, without a second copy of it as an index.
    __table_args__ = ({"sqlite_with_rowid": False},)

    trigram: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True, index=True)


def write_trigrams(connection: Connection, member_id: int, name: str, email: str) -> None:
    """Replace the trigrams of a person."""
    connection.execute(delete(NameTrigram).where(NameTrigram.member_id == member_id))
    _add_trigrams(connection, member_id, name, email)


def _add_trigrams(connection: Connection, member_id: int, name: str, email: str) -> None:
    rows = [
        {"trigram": trigram, "member_id": member_id}
        for trigram in sorted(trigrams_of(words_of(name, email)))
    ]
    if rows:
        connection.execute(insert(NameTrigram), rows)


# Whoever has the address gets the codes to sign in; whoever has the pseudonym enters by it.
record_rows(Member, "holder", "email")


# With the row itself, whoever changes it: a person who cannot be found by their new name is one
# whom the desk creates again.
@event.listens_for(Member, "after_insert")
def _index_new_member(_mapper: Mapper[Member], connection: Connection, member: Member) -> None:
    _add_trigrams(connection, member.id, member.name, member.email)


@event.listens_for(Member, "after_update")
def _index_member(_mapper: Mapper[Member], connection: Connection, member: Member) -> None:
    write_trigrams(connection, member.id, member.name, member.email)


keep_rows(Member)
