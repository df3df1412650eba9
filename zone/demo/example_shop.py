"""What the invented service sells: products, prices, rules, codes, the till and invoices."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.activities.rules import ActivityDetails
from zone.booking.activities.service import activity_like
from zone.core.config import Settings
from zone.core.ids import new_public_id
from zone.core.time import helsinki_date
from zone.passes.bundles import service as bundles
from zone.passes.bundles.rules import NewPart
from zone.passes.catalogue import service as catalogue
from zone.passes.catalogue.queries import product_by_code
from zone.passes.customer_groups import service as customer_groups
from zone.passes.entitlements import service as entitlements
from zone.passes.entitlements.rules import A_DAY, Conditions, SingleActivity, UseHours
from zone.passes.invoices import queries as invoice_queries
from zone.passes.invoices import service as invoices
from zone.passes.invoices.rules import InvoicePrice
from zone.passes.numbering.rules import of_till
from zone.passes.numbering.service import begin_series
from zone.passes.pass_rules.models import PassRule
from zone.passes.pass_rules.queries import dated_rules
from zone.passes.pass_rules.rules import FIRST_RULES
from zone.passes.payers import queries as payers_queries
from zone.passes.payers import service as payers
from zone.passes.quotas import service as quotas
from zone.passes.tills import service as tills
from zone.passes.tills.queries import has_tills
from zone.passes.vouchers import service as vouchers
from zone.passes.vouchers.models import Voucher
from zone.passes.vouchers.rules import digest_of
from zone.reporting.shares import queries as shares_queries
from zone.reporting.shares import service as shares
from zone.reporting.shares.rules import Weights
from zone.reporting.supporting.rules import counted_before

Row = Mapping[str, Any]


def load(session: Session, data: Row, settings: Settings, now: datetime) -> None:
    """Load what is sold; loading it again changes nothing."""
    year = helsinki_date(now).year
    for row in data["product"]:
        _product(session, row, date(year, 1, 1))
    _customer_groups(session, data, year)
    _pass_rules(session, data["pass_rules"], date(year, 1, 1), now)
    for row in data["quota"]:
        quotas.set_quota(session, **row)
    _invoices(session, data, settings, now)
    _till(session, data["till"], now)
    _cost_shares(session, data["cost_shares"], now)
    for row in data["voucher"]:
        _voucher(session, row, date(year, 1, 1), now)


def names_of_row(row: Row) -> tuple[str, str, str]:
    """Return the names of a row in fi, sv and en."""
    name = row["name"]
    return name["fi"], name["sv"], name["en"]


def _product(session: Session, row: Row, valid_from: date) -> None:
    product = catalogue.set_product(
        session,
        code=row["code"],
        kind=row["kind"],
        names=names_of_row(row),
        entitlements=row["gives"],
        duration=row.get("duration"),
        length_days=row.get("days"),
        activation_days=row.get("activate_in"),
        visits=row.get("visits"),
        vat_category=row.get("vat", "exercise"),
    )
    if not {"hours", "days_earlier", "activities"}.isdisjoint(row):
        entitlements.set_entitlements(session, product, _conditions(row))
    if "parts" in row:
        bundles.set_parts(session, product, [NewPart(**part) for part in row["parts"]])
    for role, cents in row.get("price", {}).items():
        catalogue.set_price(session, row["code"], role=role, cents=cents, valid_from=valid_from)


def choose_activities(
    session: Session, rows: Iterable[Row], known: Mapping[str, ActivityDetails]
) -> None:
    """Limit products to the activities of their rows, `known` by their English names."""
    for row in rows:
        if "single_activities" in row:
            product = product_by_code(session, row["code"])
            # Also outside of the terms, when no class of it is planned.
            chosen = [activity_like(session, known[name]) for name in row["single_activities"]]
            named = tuple(
                SingleActivity(one.root, one.name_fi, one.name_sv, one.name_en) for one in chosen
            )
            conditions = replace(product.conditions, single_activities=named)
            entitlements.set_entitlements(session, product, conditions)


def _customer_groups(session: Session, data: Row, year: int) -> None:
    since = date(year, 1, 1)
    for row in data["customer_group"]:
        customer_groups.set_group(session, row["code"], names=names_of_row(row))
        for one in row["institutions"]:
            customer_groups.set_institution_group(session, one, group=row["code"], valid_from=since)
        for price in row["price"]:
            catalogue.set_price(session, **price, group=row["code"], valid_from=since)
    for price in data["coming_price"]:
        catalogue.set_price(session, **price, valid_from=date(year + 1, 1, 1))


def _conditions(row: Row) -> Conditions:
    hours = [
        UseHours(tuple(one["weekdays"]), one.get("first", 0), one.get("until", A_DAY))
        for one in row.get("hours", [])
    ]
    return Conditions(
        tuple(hours),
        row.get("days_earlier", 0),
        row.get("companions"),
        tuple(row.get("activities", ())),
    )


def _pass_rules(session: Session, row: Row, valid_from: date, now: datetime) -> None:
    if not dated_rules(session):
        values = asdict(FIRST_RULES) | dict(row)
        session.add(PassRule(valid_from=valid_from, recorded_at=now, recorded_by=None, **values))
        session.flush()


def _voucher(session: Session, row: Row, valid_from: date, now: datetime) -> None:
    if session.scalar(select(Voucher).where(Voucher.digest == digest_of(row["code"]))):
        return  # what it takes off never changes
    vouchers.add_voucher(
        session,
        code=row["code"],
        name=row["name"],
        percent_bp=row.get("percent_bp"),
        cents=row.get("cents"),
        most_uses=row["most_uses"],
        products=row["products"],
        valid_from=valid_from,
        valid_until=None,
        now=now,
    )


def _invoices(session: Session, data: Row, settings: Settings, now: datetime) -> None:
    """A payer, the account, and one invoice that has been issued."""
    if payers_queries.payers(session):
        return
    invoices.set_account(session, now, recorded_by=None, **data["invoice_account"])
    payer = payers.set_payer(session, **data["payer"])
    seller = invoice_queries.seller_details(session, settings)
    if seller is None:  # the settings of this demo name no seller
        return
    row, today = data["invoice"], helsinki_date(now)
    price = InvoicePrice(row["quantity"], row["unit_cents"], row["vat_bp"])
    lines = [(row["text"], today, price)]
    invoices.write_invoice(session, payer, seller, lines, now, new_public_id())


def _till(session: Session, row: Row, now: datetime) -> None:
    """Add a till, and open it with its float: a demo sells in cash at once."""
    if not has_tills(session):
        till = tills.set_till(session, row["code"], campus=row["campus"], name=row["name"], now=now)
        tills.begin_day(session, till, float_cents=row["float_cents"], now=now)
        begin_series(session, of_till(till.code), row["series"], now)


def _cost_shares(session: Session, row: Row, now: datetime) -> None:
    """Set the weights, and share the cost of the last month that is counted and of this one."""
    if shares_queries.dated_weights(session):
        return
    this_month = helsinki_date(now).replace(day=1)
    counted = counted_before(now) - timedelta(days=1)
    shares.store_weights(session, date(counted.year, 1, 1), Weights(**row["weights"]), now)
    for month in (counted.replace(day=1), this_month):
        shares.store_period(session, month, month, row["cents"], now)
