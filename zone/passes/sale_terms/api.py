"""JSON API of the terms of sale: to read for everybody, to set for managers."""

from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.passes.sale_terms import queries, service
from zone.passes.sale_terms.errors import TERMS_IN_THE_PAST
from zone.passes.sale_terms.schemas import NewSaleTermsSchema, SaleTermsListSchema
from zone.web import idempotency_key
from zone.web.auth import current_actor, may, public
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses
from zone.web.schemas import dump_json

api: Final = Blueprint("passes_sale_terms", __name__, tag="catalogue")


@api.get("/sale-terms")
@api.response(200, SaleTermsListSchema)
@public
def list_sale_terms() -> dict[str, Any]:
    """Every version of the terms of sale, also those to come and those that old orders name."""
    with reading() as session:
        return {"sale_terms": queries.terms_versions(session)}


@api.post("/sale-terms")
@api.arguments(NewSaleTermsSchema)
@api.response(201, SaleTermsListSchema)
@may(Permission.CATALOGUE_WRITE)
@refuses(TERMS_IN_THE_PAST)
@idempotent
def set_sale_terms(data: dict[str, Any]) -> Response:
    """Set the terms of sale and the words of the consent from a day on, as a new version."""
    actor = current_actor()

    def work(session: Session) -> dict[str, Any]:
        service.set_sale_terms(session, actor, **data, now=utc_now())
        return dump_json(SaleTermsListSchema(), {"sale_terms": queries.terms_versions(session)})

    return idempotency_key.answer_once(201, work)
