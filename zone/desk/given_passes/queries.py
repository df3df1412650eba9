"""What a member of staff can give to a person."""

from sqlalchemy.orm import Session

from zone.core.identity import Actor, Permission
from zone.passes.catalogue.queries import names_of
from zone.passes.given_passes.queries import products_to_give


def passes_to_give(session: Session, actor: Actor, language: str) -> list[tuple[str, str]]:
    """Return the passes that an actor may give without payment, by code and name."""
    if not actor.may(Permission.PASSES_GIVE):
        return []
    return [(product.code, names_of(product)[language]) for product in products_to_give(session)]
