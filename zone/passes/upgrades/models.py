"""Lines of orders that upgrade a pass."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id
from zone.passes.retention.rules import if_covered


class PassUpgrade(Base):
    """The pass that a line of an order upgrades, once it is paid. Append-only.

    Several orders may name one pass: the first that is paid upgrades it, and the others are given
    back.
    """

    __tablename__ = "pass_upgrade"

    id: Mapped[Id]
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), unique=True)
    pass_id: Mapped[int] = mapped_column(ForeignKey("pass.id"), index=True)


append_only(
    PassUpgrade,
    deletable_if=if_covered(
        "(SELECT order_id FROM order_line WHERE order_line.id = OLD.order_line_id)"
    ),
)
