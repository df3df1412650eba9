"""Products, and their prices and VAT rates from a day on.

Money is integer cents with VAT included; VAT rates are hundredths of a percent (1350 is 13.5 %).
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from zone.core.db.constraints import one_of_check
from zone.core.db.types import Base, Id
from zone.core.money import EUR
from zone.core.row_records.models import record_rows
from zone.passes.catalogue.rules import (
    BUNDLE,
    DAYS,
    DURATIONS,
    ENTITLEMENTS,
    FEE,
    FROM_ACTIVATION,
    KINDS,
    VAT_CATEGORIES,
)
from zone.passes.entitlements.models import (
    Entitlement,
    codes_in,
    conditions_in,
    set_codes,
    set_conditions,
)
from zone.passes.entitlements.rules import CAMPUS, OPENS, Conditions, Rights


class Product(Base):
    """A product. Its pass gives `entitlements` at `campuses` (empty: everywhere), as `conditions`
    say. All three are rows of `Entitlement`; orders and passes get copies of them.

    A bundle gives nothing by itself: each of its parts has a pass of its own.

    `duration` says how long it lasts: to the end of terms, or `length_days` from its first day or
    its activation, for which `activation_days` are given. `visits` is how many it gives, if they
    are counted. `version` grows with every change.
    """

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint(one_of_check("kind", (*KINDS, FEE, BUNDLE)), name="kind"),
        CheckConstraint(one_of_check("vat_category", VAT_CATEGORIES), name="vat_category"),
        CheckConstraint("length_days > 0", name="length"),
        CheckConstraint(one_of_check("duration", DURATIONS), name="duration"),
        CheckConstraint(
            f"({one_of_check('duration', (DAYS, FROM_ACTIVATION))}) = (length_days IS NOT NULL)",
            name="duration_length",
        ),
        CheckConstraint("activation_days > 0", name="activation"),
        CheckConstraint("visits > 0", name="visits"),
        CheckConstraint(
            f"(duration = '{FROM_ACTIVATION}') = (activation_days IS NOT NULL)",
            name="duration_activation",
        ),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name_fi: Mapped[str]
    name_sv: Mapped[str]
    name_en: Mapped[str]
    duration: Mapped[str]
    length_days: Mapped[int | None]
    activation_days: Mapped[int | None]
    visits: Mapped[int | None]
    vat_category: Mapped[str]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    # Read with the product, in one more statement for all that are read: nothing sells or gives
    # one without what it opens.
    entitlement_rows: Mapped[list[Entitlement]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by=Entitlement.id
    )

    @property
    def entitlements(self) -> list[str]:
        """What its pass opens, of ENTITLEMENTS and in their order."""
        return sorted(codes_in(self.entitlement_rows, OPENS), key=ENTITLEMENTS.index)

    @entitlements.setter
    def entitlements(self, opened: Sequence[str]) -> None:
        set_codes(self.entitlement_rows, OPENS, opened)

    @property
    def campuses(self) -> list[str]:
        """The codes of the campuses where, in order; empty: everywhere."""
        return sorted(codes_in(self.entitlement_rows, CAMPUS))

    @campuses.setter
    def campuses(self, codes: Sequence[str]) -> None:
        set_codes(self.entitlement_rows, CAMPUS, codes)

    @property
    def conditions(self) -> Conditions:
        """When its pass can be used, for which sessions, and what it gives besides."""
        return conditions_in(self.entitlement_rows)

    @conditions.setter
    def conditions(self, conditions: Conditions) -> None:
        set_conditions(self.entitlement_rows, conditions)

    @property
    def rights(self) -> Rights:
        """All that its pass gives."""
        return Rights(self.entitlements, self.campuses, self.conditions)


class Price(Base):
    """The price for a role of a customer group from `valid_from` on; NULL cents: not sold to them.

    The group "" is every institution; a group's own price takes precedence.
    """

    __tablename__ = "price"
    __table_args__ = (
        # Only the first day is stored: a price ends where the next one begins, so ranges cannot
        # overlap and leave no gap. The key refuses two prices from one day on.
        UniqueConstraint("product_id", "price_group", "role", "valid_from"),
        CheckConstraint("role IN ('student', 'staff')", name="role"),
        # 0 is a free pass; NULL, which passes the check, ends the sale to this group.
        CheckConstraint("cents >= 0", name="cents"),
    )

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    price_group: Mapped[str]
    role: Mapped[str]
    valid_from: Mapped[date]
    cents: Mapped[int | None]
    currency: Mapped[str] = mapped_column(default=EUR)


class VatRate(Base):
    """The VAT rate of a category for supplies from `valid_from` on."""

    __tablename__ = "vat_rate"
    __table_args__ = (
        # One rate a day: in 2024 that of exercise stayed at 10 % while that of coaching went from
        # 24 % to 25.5 % on 1 September, so each category has rows of its own.
        UniqueConstraint("category", "valid_from"),
        CheckConstraint(one_of_check("category", VAT_CATEGORIES), name="category"),
        CheckConstraint("rate_bp BETWEEN 0 AND 10000", name="rate"),
    )

    id: Mapped[Id]
    category: Mapped[str]
    valid_from: Mapped[date]
    rate_bp: Mapped[int]


# Money: a price or a rate that is changed by hand sells at once.
record_rows(
    Product,
    "code",
    "kind",
    "duration",
    "length_days",
    "activation_days",
    "visits",
    "vat_category",
    version=4,
)
record_rows(Price, "product_id", "price_group", "role", "valid_from", "cents", "currency")
record_rows(VatRate, "category", "valid_from", "rate_bp")
