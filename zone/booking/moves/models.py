"""What a person has when their session was moved: a link to give up, or the first right to it."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class GiveUpLink(Base):
    """The link of a mail by which a person gives a booking up, whose session was moved.

    `key` is the hash of what the link carries; each move makes another one.
    """

    __tablename__ = "give_up_link"

    id: Mapped[Id]
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), unique=True)
    key: Mapped[bytes]


class FirstRight(Base):
    """An offer to a person whose booking ended because the session moved far: `booking_id`.

    The entry of the waitlist keeps their place.
    """

    __tablename__ = "first_right"

    id: Mapped[Id]
    entry_id: Mapped[int] = mapped_column(ForeignKey("queue_entry.id"), unique=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), unique=True)
