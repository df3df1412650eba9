"""People stay findable whatever is changed about them at one moment."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tests.world.people import a_member
from tests.world.races import settled
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.members.people import queries, service
from zone.members.people.models import Member, NameTrigram


def rename(session: Session, member_id: int) -> None:
    service.update_member(session, member_id, name="Eeva Uusinimi", now=utc_now())


def index(session: Session, member_id: int) -> None:
    service.index_members(session, [member_id])


def move(session: Session, member_id: int) -> None:
    """Change the address, as `email_changes` does."""
    service.lock_members(session, [member_id])
    session.get_one(Member, member_id).email = "eeva.uusi@example.org"
    session.flush()


Change = Callable[[Session, int], None]


@pytest.mark.engines("postgresql")
@pytest.mark.parametrize(
    ("first", "second"), [(move, rename), (index, rename), (rename, index), (index, index)]
)
def test_of_two_changes_at_once_both_are_found(app: Flask, first: Change, second: Change) -> None:
    with writing() as session:
        member_id = a_member(session, name="Eeva Esimerkki").id
        session.execute(delete(NameTrigram))
    failed = list[SQLAlchemyError]()

    def change_too() -> None:
        with app.app_context():
            try:
                with writing() as session:
                    second(session, member_id)
            except SQLAlchemyError as error:
                failed.append(error)

    thread = threading.Thread(target=change_too)
    with writing() as session:
        first(session, member_id)
        thread.start()
        settled(thread)
    thread.join()
    assert failed == []
    with reading() as session:
        assert queries.wrongly_indexed(session) == []
