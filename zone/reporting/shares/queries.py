"""What institutions used in a period, as known at a time, and the reports of periods.

All rows that are read here are append-only, or say when they were withdrawn, and carry the time at
which they were recorded: so the same period as of the same time always gives the same counts. No
row is without an institution: such visits, sales and passes are no part of any share.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from zone.access.visits.models import Visit
from zone.access.visits.queries import known_visits
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import Window, helsinki_date
from zone.passes.orders.models import OrderLine
from zone.passes.passes import life
from zone.passes.passes.life import LifeEvent
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.passes.rules import COUNTED_KINDS
from zone.passes.receipts.models import Receipt, ReceiptLine
from zone.passes.retention.models import PassOrigin
from zone.reporting.kpis.queries import Row
from zone.reporting.kpis.rules import digest
from zone.reporting.shares import rules
from zone.reporting.shares.models import (
    CostPeriod,
    FixedShare,
    FixedShares,
    PeriodCost,
    ShareWeights,
)
from zone.reporting.shares.rules import CostShare, DatedWeights, UseCounts, Weights

_A_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class CountedUse:
    """What each institution used in a period, and the rows of which it was counted."""

    counts: dict[str, UseCounts]
    visits: list[Row]
    sales: list[Row]
    passes: list[Row]

    @property
    def digest(self) -> str:
        """The SHA-256 of the rows."""
        return digest([*self.visits, *self.sales, *self.passes])


@dataclass(frozen=True, slots=True)
class SharesReceipt:
    """Of which rows a report was counted, when it was fixed, and the digest of the rows."""

    fixed_at: datetime
    definition: str
    visit_rows: int
    sale_rows: int
    pass_rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class CostReport:
    """The cost of a period and its shares, as known at `as_of`; none before that time.

    `state`: waiting for that time, counted, or fixed, with its `receipt`.
    """

    first_month: date
    last_month: date
    as_of: datetime
    state: str
    cents: int
    weights: Weights
    shares: Sequence[CostShare] = ()
    receipt: SharesReceipt | None = None


def counted_use(session: Session, window: Window, as_of: datetime) -> CountedUse:
    """Return what institutions used in a window, as known at `as_of`."""
    visits, sales = _visits(session, window, as_of), _sales(session, window, as_of)
    passes = _passes(session, window, as_of)
    counts = defaultdict[str, UseCounts](UseCounts)
    for _, code, _ in visits:
        counts[code] += UseCounts(visits=1)
    for _, code, _, cents in sales:
        counts[code] += UseCounts(sales_cents=cents)
    for code, _member_id in {(code, member_id) for _, code, _, member_id in passes}:
        counts[code] += UseCounts(holders=1)
    return CountedUse(dict(counts), visits, sales, [row[:3] for row in passes])


def _visits(session: Session, window: Window, as_of: datetime) -> list[Any]:
    """Return the visits that a door verified, with the institution of that time."""
    rows = session.execute(
        select(Visit.institution_code, Visit.id).where(
            *known_visits(window, as_of),
            Visit.source == "door",
            Visit.institution_code != "",
        )
    )
    return [("visit", code, visit_id) for code, visit_id in rows]


def _sales(session: Session, window: Window, as_of: datetime) -> list[Any]:
    """Return the lines of receipts and of credit notes, by the institution of the buyer."""
    rows = session.execute(
        select(OrderLine.institution_code, ReceiptLine.id, ReceiptLine.cents)
        .join(ReceiptLine, ReceiptLine.order_line_id == OrderLine.id)
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .where(
            Receipt.issued_at >= window[0],
            Receipt.issued_at < min(window[1], as_of),
            OrderLine.institution_code != "",
        )
    )
    return [("sale", code, line_id, cents) for code, line_id, cents in rows]


@dataclass(slots=True)
class _Chain:
    """A pass with its replacements and upgrades, and what is known of their events."""

    root_id: int
    code: str
    member_id: int
    sold: dict[int, tuple[date, date, int | None]] = field(default_factory=dict)
    events: dict[int, list[LifeEvent]] = field(default_factory=lambda: defaultdict(list))

    def is_in_use(self, first: date, last: date) -> bool:
        """Whether it was taken into use by the last day, and gave its rights on some day from the
        first on; not where it was refunded in full without a use.
        """
        events = [event for of_pass in self.events.values() for event in of_pass]
        begun = [event.on for event in events if event.kind == "activated" and event.on]
        used = any(event.kind == "first_used" for event in events)
        # As for target A: of refunds only that of the first pass, not of an upgrade's difference.
        refunded = any(event.kind == "refunded" for event in self.events[self.root_id])
        if not begun or min(begun) > last or (refunded and not used):
            return False
        return any(self._overlaps(pass_id, min(begun), first, last) for pass_id in self.sold)

    def _overlaps(self, pass_id: int, begun: date, first: date, last: date) -> bool:
        starts_on, ends_on, length_days = self.sold[pass_id]
        events = self.events[pass_id]
        lived = life.life_of((starts_on, ends_on), events, length_days)
        ended = [event.on for event in events if event.kind in life.ENDINGS and event.on]
        return max(lived.starts_on, begun) <= last and min([lived.ends_on, *ended]) >= first


def _passes(session: Session, window: Window, as_of: datetime) -> list[Any]:
    """Return the first passes of the chains that were in use, with institution and holder."""
    first, last = helsinki_date(window[0]), helsinki_date(window[1] - _A_MOMENT)
    return [
        ("pass", chain.code, pass_id, chain.member_id)
        for pass_id, chain in sorted(_chains(session, window, as_of).items())
        if chain.is_in_use(first, last)
    ]


def _chains(session: Session, window: Window, as_of: datetime) -> dict[int, _Chain]:
    root = func.coalesce(Pass.root_id, Pass.id)
    activated = (
        select(root)
        .join(PassEvent, PassEvent.pass_id == Pass.id)
        .where(
            PassEvent.kind == "activated",
            PassEvent.occurred_at < window[1],
            PassEvent.recorded_at <= as_of,
        )
    )
    code = func.coalesce(OrderLine.institution_code, PassOrigin.institution_code)
    roots = session.execute(
        select(Pass.id, code, Pass.member_id)
        .outerjoin(OrderLine, OrderLine.id == Pass.order_line_id)
        .outerjoin(PassOrigin, PassOrigin.pass_id == Pass.id)
        .where(Pass.id.in_(activated), Pass.kind.in_(COUNTED_KINDS), code != "")
    )
    chains = {root_id: _Chain(root_id, of, member) for root_id, of, member in roots}
    rows = session.execute(
        select(
            root,
            Pass.id,
            Pass.sold_from,
            Pass.sold_until,
            Pass.length_days,
            PassEvent.id,
            PassEvent.kind,
            PassEvent.first_day,
            PassEvent.last_day,
            PassEvent.days,
            PassEvent.occurred_at,
        )
        .join(PassEvent, PassEvent.pass_id == Pass.id)
        .where(root.in_(activated), PassEvent.recorded_at <= as_of)
        .order_by(PassEvent.id)
    )
    for root_id, pass_id, sold_from, sold_until, length_days, *event in rows:
        if chain := chains.get(root_id):
            chain.sold[pass_id] = (sold_from, sold_until, length_days)
            chain.events[pass_id].append(_life_event(*event))
    return chains


def _life_event(
    number: int,
    kind: str,
    first_day: date | None,
    last_day: date | None,
    days: int | None,
    occurred_at: datetime,
) -> LifeEvent:
    return LifeEvent(number, kind, first_day, last_day, days or 0, helsinki_date(occurred_at))


def dated_weights(session: Session) -> list[DatedWeights]:
    """Return the rows of the weights in the order in which they were recorded."""
    return [
        DatedWeights(row.id, row.valid_from, weights_of(row))
        for row in session.scalars(select(ShareWeights).order_by(ShareWeights.id))
    ]


def weights_of(row: ShareWeights | FixedShares) -> Weights:
    """Return the weights of a row."""
    return Weights(row.visits_bp, row.sales_bp, row.holders_bp)


def month_named(text: str) -> date:
    """Return the month that an address names, such as 2026-01.

    Raises:
        DomainError: not_found: it names none.
    """
    if not rules.MONTH.fullmatch(text):
        raise DomainError(NOT_FOUND)
    return rules.month_of(text)


def period_of(session: Session, first_month: date) -> CostPeriod:
    """Return the period that begins with a month.

    Raises:
        DomainError: not_found.
    """
    row = session.scalar(_periods().where(CostPeriod.first_month == first_month))
    if row is None:
        raise DomainError(NOT_FOUND)
    return row


def _periods() -> Select[CostPeriod]:
    return select(CostPeriod).order_by(CostPeriod.first_month.desc())


def cost_of(session: Session, period_id: int) -> int:
    """Return the cost of a period in cents."""
    newest = select(PeriodCost.cents).where(PeriodCost.period_id == period_id)
    return session.scalars(newest.order_by(PeriodCost.id.desc()).limit(1)).one()


def fixed_of(session: Session, period_id: int) -> FixedShares | None:
    """Return what was stored when the report of a period was fixed; None: it is not."""
    return session.scalar(select(FixedShares).where(FixedShares.period_id == period_id))


def cost_reports(session: Session, now: datetime) -> list[CostReport]:
    """Return every period with its state, the newest first, without its shares."""
    return [
        replace(report, shares=())
        for period in session.scalars(_periods()).all()
        for report in [_described(session, period, now)]
    ]


def cost_report(session: Session, first_month: date, now: datetime) -> CostReport:
    """Return the report of a period: as it was fixed, else as its facts give it.

    Raises:
        DomainError: not_found.
    """
    period = period_of(session, first_month)
    report = _described(session, period, now)
    if report.state != "counted":
        return report
    use = counted_use(session, rules.window_of(period.first_month, period.last_month), report.as_of)
    return replace(report, shares=rules.shared(report.cents, use.counts, report.weights))


def _described(session: Session, period: CostPeriod, now: datetime) -> CostReport:
    fixed = fixed_of(session, period.id)
    if fixed is not None:
        return _fixed_report(session, period, fixed)
    as_of = rules.counted_at(period.last_month)
    return CostReport(
        period.first_month,
        period.last_month,
        as_of,
        "counted" if as_of <= now else "waiting",
        cost_of(session, period.id),
        rules.weights_on(dated_weights(session), period.first_month),
    )


def _fixed_report(session: Session, period: CostPeriod, fixed: FixedShares) -> CostReport:
    return CostReport(
        period.first_month,
        period.last_month,
        fixed.as_of,
        "fixed",
        fixed.cents,
        weights_of(fixed),
        stored_shares(session, fixed.id),
        SharesReceipt(
            fixed.fixed_at,
            fixed.definition,
            fixed.visit_rows,
            fixed.sale_rows,
            fixed.pass_rows,
            fixed.digest,
        ),
    )


def stored_shares(session: Session, fixed_id: int) -> list[CostShare]:
    """Return the shares of a fixed report in the order of its page."""
    query = select(FixedShare).where(FixedShare.fixed_id == fixed_id).order_by(FixedShare.id)
    return [
        CostShare(
            row.code,
            row.cents,
            None
            if row.visits is None or row.sales_cents is None or row.holders is None
            else UseCounts(row.visits, row.sales_cents, row.holders),
        )
        for row in session.scalars(query)
    ]
