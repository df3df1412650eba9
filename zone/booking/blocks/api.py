"""The API by which staff keep spaces free."""

import uuid
from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.booking.allocations.errors import SPACE_TAKEN
from zone.booking.blocks import queries, service
from zone.booking.blocks.errors import BLOCK_INVALID
from zone.booking.blocks.schemas import BlockRequest, BlockSchema, BlocksSchema
from zone.booking.sessions.errors import SESSION_HELD
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses

api: Final = Blueprint("booking_blocks", __name__, tag="planning")
BLOCK: Final = BlockSchema()


@api.get("/blocks")
@api.response(200, BlocksSchema)
@may(Permission.PLANNING_READ)
def blocks() -> dict[str, Any]:
    """The spaces that are kept free now or later."""
    with reading() as session:
        return {"blocks": queries.blocks(session, utc_now())}


@api.post("/blocks")
@api.arguments(BlockRequest)
@api.response(201, BlockSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, BLOCK_INVALID, SPACE_TAKEN)
@idempotent
def create_block(data: dict[str, Any]) -> Response:
    """Keep a space free for something else; whoever has it then is named, and never put out."""
    span, now = (data["starts_at"], data["ends_at"]), utc_now()

    def work(session: Session) -> dict[str, Any]:
        block = service.block_space(
            session, current_actor(), data["space"], span, data["note"], now=now
        )
        dumped: dict[str, Any] = BLOCK.dump(queries.block_view(session, block.public_id))
        return dumped

    return idempotency_key.answer_once(201, work)


@api.delete("/blocks/<uuid:block>")
@api.response(200, BlockSchema)
@may(Permission.TIMETABLE_WRITE)
@refuses(NOT_FOUND, SESSION_HELD)
def end_block(block: uuid.UUID) -> queries.BlockView:
    """Give the space back; repeating it changes nothing."""
    with writing() as session:
        service.end_block(session, current_actor(), block, now=utc_now())
        return queries.block_view(session, block)
