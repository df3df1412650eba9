"""Recompute cost shares on its own: the standard library only, nothing of Zone.

`python recompute.py zone.sqlite 2026-09 2026-09` reads visits, receipts and passes from the file,
and prints the shares and the digest that a report of these months must have, as JSON.

It knows passes that were neither paused nor extended, replaced or upgraded.
"""

import hashlib
import json
import sqlite3
import sys
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

HELSINKI = ZoneInfo("Europe/Helsinki")
LEAST = 5


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), HELSINKI).astimezone(UTC)


def stored(at: datetime) -> str:
    """A time as SQLite has it, in UTC."""
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


def month_after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def facts(
    database: sqlite3.Connection, start: datetime, end: datetime, as_of: datetime
) -> dict[str, list[list[object]]]:
    window = {"start": stored(start), "end": stored(end), "as_of": stored(as_of)}
    visits = database.execute(
        "SELECT 'visit', institution_code, id FROM visit WHERE source = 'door' "
        "AND institution_code <> '' AND occurred_at >= :start AND occurred_at < :end "
        "AND recorded_at <= :as_of AND (retracted_at IS NULL OR retracted_at > :as_of)",
        window,
    )
    sales = database.execute(
        "SELECT 'sale', order_line.institution_code, receipt_line.id, receipt_line.cents "
        "FROM receipt_line, receipt, order_line WHERE receipt.id = receipt_line.receipt_id "
        "AND order_line.id = receipt_line.order_line_id AND order_line.institution_code <> '' "
        "AND receipt.issued_at >= :start AND receipt.issued_at < :end",
        window,
    )
    first, last = (
        start.astimezone(HELSINKI).date(),
        (end - timedelta(1)).astimezone(HELSINKI).date(),
    )
    passes, events = [], defaultdict(list)
    for of, kind, at in database.execute(
        "SELECT pass_id, kind, occurred_at FROM pass_event WHERE recorded_at <= :as_of", window
    ):
        day = datetime.fromisoformat(at).replace(tzinfo=UTC).astimezone(HELSINKI).date()
        events[of].append((kind, day))
    for pass_id, code, member, sold_from, sold_until in database.execute(
        "SELECT pass.id, institution_code, member_id, sold_from, sold_until FROM pass, order_line "
        "WHERE order_line.id = pass.order_line_id AND institution_code <> '' "
        "AND pass.kind IN ('sports_pass', 'gym_pass')"
    ):
        kinds = {kind for kind, _day in events[pass_id]}
        assert kinds <= {"sold", "activated", "first_used", "refunded"}, kinds
        begun = [day for kind, day in events[pass_id] if kind == "activated"]
        over = [day for kind, day in events[pass_id] if kind == "refunded"]
        over.append(date.fromisoformat(sold_until))
        if not begun or ("refunded" in kinds and "first_used" not in kinds):
            continue
        if max(min(begun), date.fromisoformat(sold_from)) <= last and min(over) >= first:
            passes.append(["pass", code, pass_id, member])
    return {"visits": list(map(list, visits)), "sales": list(map(list, sales)), "passes": passes}


def joined(used: dict[str, list[int]]) -> dict[str, list[int]]:
    """Join institutions of few people, and as many others as keep them from being told."""
    smallest = sorted((one[2], code) for code, one in used.items() if any(one))
    few = [one for one in smallest if one[0] < LEAST]
    rest = smallest[len(few) :]
    while few and rest and (len(few) < 2 or sum(size for size, _code in few) < LEAST):
        few.append(rest.pop(0))
    lines = {code: used[code] for _size, code in rest}
    if few:
        lines["others"] = [sum(of) for of in zip(*(used[code] for _size, code in few), strict=True)]
    return lines


def shares(cents: int, weights: list[int], lines: dict[str, list[int]]) -> dict[str, int]:
    measures = {code: [one[0], max(0, one[1]), one[2]] for code, one in lines.items()}
    totals = [sum(one[at] for one in measures.values()) for at in range(3)]
    used = [at for at in range(3) if totals[at] and weights[at]]
    whole = sum(weights[at] for at in used)
    exact = {
        code: sum(Fraction(cents * weights[at] * one[at], whole * totals[at]) for at in used)
        for code, one in measures.items()
    }
    found = {code: int(amount) for code, amount in exact.items()}
    # `others` has the empty code, which comes first among equals.
    order = sorted(exact, key=lambda code: (found[code] - exact[code], code.replace("others", "")))
    for code in order[: cents - sum(found.values())]:
        found[code] += 1
    return found


def recompute(path: str, first: str, last: str) -> dict[str, object]:
    database = sqlite3.connect(path)
    start = midnight(date.fromisoformat(f"{first}-01"))
    end = midnight(month_after(date.fromisoformat(f"{last}-01")))
    as_of = end + timedelta(days=10)
    rows = facts(database, start, end, as_of)
    used: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows["visits"]:
        used[str(row[1])][0] += 1
    for row in rows["sales"]:
        used[str(row[1])][1] += int(str(row[3]))
    for code, _member in {(str(row[1]), row[3]) for row in rows["passes"]}:
        used[code][2] += 1
    [cents] = database.execute(
        "SELECT cents FROM period_cost, cost_period WHERE cost_period.id = period_id "
        "AND first_month = ? ORDER BY period_cost.id DESC LIMIT 1",
        (f"{first}-01",),
    ).fetchone()
    weights = database.execute(
        "SELECT visits_bp, sales_bp, holders_bp FROM share_weights WHERE valid_from <= ? "
        "ORDER BY valid_from DESC, id DESC LIMIT 1",
        (f"{first}-01",),
    ).fetchone()
    lines = joined(used)
    every = [*rows["visits"], *rows["sales"], *([*row[:3]] for row in rows["passes"])]
    text = sorted(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in every)
    return {
        "lines": lines,
        "cents": shares(cents, list(weights), lines),
        "rows": {kind: len(found) for kind, found in rows.items()},
        "digest": hashlib.sha256("\n".join(text).encode()).hexdigest(),
    }


if __name__ == "__main__":
    json.dump(recompute(*sys.argv[1:]), sys.stdout, indent=1)
