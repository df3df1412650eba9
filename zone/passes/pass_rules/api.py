"""JSON API of the dated rules of passes, for managers."""

from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.passes.pass_rules import queries, service
from zone.passes.pass_rules.errors import NO_LOSS_FEE, RULES_IN_THE_PAST
from zone.passes.pass_rules.rules import PassRules
from zone.passes.pass_rules.schemas import DatedPassRulesSchema, PassRulesListSchema
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses
from zone.web.schemas import dump_json

api: Final = Blueprint("passes_pass_rules", __name__, tag="catalogue")


@api.get("/pass-rules")
@api.response(200, PassRulesListSchema)
@may(Permission.CATALOGUE_READ)
def list_pass_rules() -> dict[str, Any]:
    """The rules of pausing, upgrading, paying back and renewing passes, each from its day on."""
    with reading() as session:
        return {"pass_rules": queries.dated_rules(session)}


@api.post("/pass-rules")
@api.arguments(DatedPassRulesSchema)
@api.response(201, PassRulesListSchema)
@may(Permission.CATALOGUE_WRITE)
@refuses(RULES_IN_THE_PAST, NO_LOSS_FEE)
@idempotent
def set_pass_rules(data: dict[str, Any]) -> Response:
    """Set the rules of passes from a day on, today at the earliest. Those of the same day are
    corrected.
    """
    actor, valid_from = current_actor(), data.pop("valid_from")

    def work(session: Session) -> dict[str, Any]:
        service.set_pass_rules(session, actor, valid_from, PassRules(**data), utc_now())
        return dump_json(PassRulesListSchema(), {"pass_rules": queries.dated_rules(session)})

    return idempotency_key.answer_once(201, work)
