"""JSON API of settlements of payment providers."""

from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Permission
from zone.passes.settlements import queries, service
from zone.passes.settlements.errors import (
    SETTLEMENT_COLUMNS,
    SETTLEMENT_FILE,
    SETTLEMENT_ROWS,
)
from zone.passes.settlements.schemas import (
    SettlementFileSchema,
    SettlementResultSchema,
    SettlementsSchema,
)
from zone.passes.settlements.service import SettlementResult
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.language import language
from zone.web.refusals import refuses

api: Final = Blueprint("passes_settlements", __name__, tag="passes")


@api.get("/settlements")
@api.response(200, SettlementsSchema)
@may(Permission.FIGURES_READ)
def list_settlements() -> dict[str, Any]:
    """The newest payouts of payment providers, how they differ from what is paid here, and what
    has not been paid out.
    """
    with reading() as session:
        return {
            "payouts": queries.payouts(session),
            "not_paid_out": queries.not_paid_out(session, utc_now()),
        }


@api.post("/settlements")
@api.arguments(SettlementFileSchema)
@api.response(200, SettlementResultSchema)
@may(Permission.SERVICE_WRITE)
@refuses(SETTLEMENT_FILE, SETTLEMENT_COLUMNS, SETTLEMENT_ROWS)
def record_settlement(data: dict[str, Any]) -> dict[str, Any]:
    """Store the rows of a provider's settlement file. The same file again changes nothing."""
    actor, content, now = current_actor(), data["content"].encode(), utc_now()
    with writing() as session:
        if data["dry_run"]:
            result = service.preview_settlement(session, actor, content, now)
            session.rollback()
        else:
            result = service.record_settlement(
                session, actor, content, good_only=data["good_only"], now=now
            )
    return result_json(result)


def result_json(result: SettlementResult) -> dict[str, Any]:
    """Return a result in the shape of `SettlementResultSchema`, in the reader's language."""
    return {
        "stored": result.stored,
        "known": result.known,
        "unmatched": result.unmatched,
        "gross_cents": result.gross_cents,
        "fee_cents": result.fee_cents,
        "faults": [
            {"line": one.line, "code": one.error.code, "detail": one.text(language())}
            for one in result.faults
        ],
    }
