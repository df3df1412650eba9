"""JSON API by which the desk gives a pass without payment."""

import uuid
from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND
from zone.core.identity import NOT_FOR_YOURSELF, Permission
from zone.desk.given_passes.schemas import ProductsToGiveSchema
from zone.passes.catalogue.errors import NO_SEASON, START_TOO_SOON
from zone.passes.catalogue.queries import names_of
from zone.passes.given_passes.errors import GIVEN_ENOUGH, NOT_TO_GIVE
from zone.passes.given_passes.queries import products_to_give
from zone.passes.given_passes.schemas import GivenPassSchema
from zone.passes.given_passes.service import give_pass
from zone.passes.orders.errors import START_TOO_FAR
from zone.passes.passes.queries import passes_of
from zone.passes.passes.schemas import HeldPassSchema
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses
from zone.web.schemas import dump_json

api: Final = Blueprint("desk_given_passes", __name__, tag="desk")


@api.get("/desk/passes-to-give")
@api.response(200, ProductsToGiveSchema)
@may(Permission.PASSES_GIVE)
def list_products_to_give() -> dict[str, Any]:
    """The companion's, guest, complimentary and test passes that can be given without payment."""
    with reading() as session:
        return {
            "products": [
                {"code": product.code, "kind": product.kind, "name": names_of(product)}
                for product in products_to_give(session)
            ]
        }


@api.post("/desk/people/<uuid:person>/given-passes")
@api.arguments(GivenPassSchema)
@api.response(201, HeldPassSchema)
@may(Permission.PASSES_GIVE)
@refuses(
    NOT_FOUND,
    NOT_FOR_YOURSELF,
    NOT_TO_GIVE,
    GIVEN_ENOUGH,
    START_TOO_SOON,
    START_TOO_FAR,
    NO_SEASON,
)
@idempotent
def give(data: dict[str, Any], person: uuid.UUID) -> Response:
    """Give a person a pass without payment and receipt; the reason is on record and mailed.

    Send an Idempotency-Key, so that a repeated request gives one pass.
    """
    actor, now = current_actor(), utc_now()

    def work(session: Session) -> dict[str, Any]:
        given = give_pass(session, actor, person, **data, now=now)
        views = passes_of(session, given.member_id, now)
        shown = next(view for view in views if view.id == given.public_id)
        answer: dict[str, Any] = dump_json(HeldPassSchema(), shown)
        return answer

    return idempotency_key.answer_once(201, work)
