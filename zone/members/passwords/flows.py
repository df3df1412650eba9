"""The transactions of changing one's own password, called by the API and the page."""

from datetime import datetime, timedelta
from typing import Final

from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.rate_limit import service as rate_limit
from zone.core.rate_limit.rules import Limit
from zone.core.service_profile.queries import service_name
from zone.members.passwords import queries, service
from zone.members.passwords.errors import CURRENT_PASSWORD_WRONG
from zone.members.passwords.service import EndedAccess
from zone.members.people import queries as people_queries

# Somebody at an unlocked browser guesses the password of the person who is signed in there.
TRIES_OF_SESSION: Final = Limit("current-password", 10, timedelta(minutes=15))


def change_password(actor: Actor, current: str, password: str, now: datetime) -> EndedAccess:
    """Change the actor's own password; `current` is not asked for where they have none.

    Raises:
        DomainError: forbidden, current_password_wrong, password_weak, password_long,
            password_guessable, too_many_requests.
    """
    actor.require(Permission.PASSWORD_WRITE)
    tried = f"{actor.id}\0{actor.session_id}"
    with writing() as session:
        rate_limit.count_attempt(session, TRIES_OF_SESSION, tried, now)
    with reading() as session:
        replaced = queries.password_hash(session, actor.id)
        member = people_queries.member_by_id(session, actor.id)
        named = service_name(session)
    # argon2 is slow on purpose: hold no transaction meanwhile.
    if replaced is not None and not service.verify(replaced, current):
        raise DomainError(CURRENT_PASSWORD_WRONG)
    hashed = service.hash_new_password(
        password, name=member.name, email=member.email, service=named
    )
    with writing() as session:
        rate_limit.release_attempt(session, TRIES_OF_SESSION, tried, now)
        return service.change_own_password(session, actor, hashed, now, replaced_hash=replaced)
