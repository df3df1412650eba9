"""Customer groups: who pays which price from which day, and what ends with a group."""

from datetime import date, timedelta
from functools import partial

import pytest
from flask import Flask

from tests.world.checkout import refused
from tests.world.people import an_actor
from tests.world.races import outcomes
from tests.world.shop import NOW, TODAY, a_student, in_group
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.catalogue import service as catalogue
from zone.passes.catalogue.service import NewPrice
from zone.passes.customer_groups import invariants, queries, service
from zone.passes.customer_groups.rules import GroupOfInstitution, members_on, present_rows

pytestmark = pytest.mark.engines("sqlite")
NEW_YEAR = date(2027, 1, 1)
NAMES = {"fi": "Omistajat", "sv": "Ägare", "en": "Owners"}


@pytest.fixture
def manager(shop: Flask) -> Actor:
    return an_actor(a_student("johtaja@zone.example"), "manager")


@pytest.fixture
def owners(manager: Actor) -> Actor:
    """Metropolia in the group of owners, whose students pay 39 € for the term."""
    with writing() as session:
        in_group(session, "metropolia", "owners")
        catalogue.set_price(
            session, "term", role="student", cents=3900, valid_from=TODAY, group="owners"
        )
    return manager


def price_of(institution: str, day: date) -> int | None:
    with reading() as session:
        product = catalogue_queries.product_by_code(session, "term")
        return catalogue_queries.price_on(session, product.id, institution, "student", day)


def wrong_groups() -> int:
    with reading() as session:
        return invariants.count_wrong_groups(session, NOW)


def move(actor: Actor, institution: str, group: str | None, day: date) -> None:
    with writing() as session:
        service.move_institution(session, actor, institution, group=group, valid_from=day, now=NOW)


def end(actor: Actor, day: date, code: str = "owners") -> None:
    with writing() as session:
        service.end_group(session, actor, code, ended_on=day, now=NOW)


def test_the_newest_row_that_has_begun_says_the_group_of_an_institution() -> None:
    rows = [
        GroupOfInstitution("arcada", "Arcada", "owners", date(2026, 1, 1)),
        GroupOfInstitution("arcada", "Arcada", None, NEW_YEAR),
        GroupOfInstitution("laurea", "Laurea", "owners", NEW_YEAR),
    ]
    assert members_on(rows, TODAY) == {"owners": ["Arcada"]}
    assert members_on(rows, NEW_YEAR) == {"owners": ["Laurea"]}
    assert present_rows(rows, TODAY) == rows
    assert present_rows(rows, NEW_YEAR) == rows[1:]


def test_an_institution_pays_the_price_of_its_group_from_its_day_on(owners: Actor) -> None:
    move(owners, "arcada", "owners", NEW_YEAR)
    assert [price_of("arcada", day) for day in (NEW_YEAR - timedelta(1), NEW_YEAR)] == [4500, 3900]
    move(owners, "arcada", None, NEW_YEAR)
    assert price_of("arcada", NEW_YEAR) == 4500


def test_of_an_ended_group_everybody_pays_the_general_price(owners: Actor) -> None:
    move(owners, "arcada", "owners", date(2027, 3, 1))
    end(owners, NEW_YEAR)
    assert [price_of("metropolia", day) for day in (date(2026, 12, 31), NEW_YEAR)] == [3900, 4500]
    assert price_of("arcada", date(2027, 3, 1)) == 4500
    assert refused(lambda: end(owners, NEW_YEAR)) == "customer_group_ended"
    assert refused(lambda: move(owners, "laurea", "owners", TODAY)) == "customer_group_ended"
    assert wrong_groups() == 0


def test_an_ended_group_gets_no_price_but_one_until_its_end(owners: Actor) -> None:
    end(owners, NEW_YEAR)

    def priced(day: date, group: str = "owners") -> None:
        with writing() as session:
            catalogue.plan_price(
                session, owners, "term", NewPrice("student", group, day, 3800), NOW
            )

    priced(date(2026, 12, 1))
    assert price_of("metropolia", date(2026, 12, 1)) == 3800
    assert refused(lambda: priced(NEW_YEAR)) == "customer_group_ended"
    assert refused(lambda: priced(NEW_YEAR, "nobody")) == "not_found"


def test_nothing_begins_in_the_past(owners: Actor) -> None:
    yesterday = TODAY - timedelta(1)
    assert refused(lambda: move(owners, "arcada", "owners", yesterday)) == "start_too_soon"
    assert refused(lambda: end(owners, yesterday)) == "start_too_soon"


def test_a_group_is_added_and_renamed_and_of_two_editors_the_later_is_told(manager: Actor) -> None:
    def save(version: int | None, **names: str) -> int:
        with writing() as session:
            name = NAMES | names
            return service.save_group(
                session, manager, "owners", name=name, version=version, now=NOW
            ).version

    assert [save(None), save(None), save(1, fi="Omistajakorkeakoulut")] == [1, 1, 2]
    assert refused(lambda: save(1, en="The owners")) == "edited_meanwhile"


@pytest.mark.engines("sqlite", "postgresql")
def test_who_joins_a_group_while_it_ends_leaves_it_with_the_others(
    shop: Flask, owners: Actor
) -> None:
    found = outcomes(
        shop,
        [
            partial(end, owners, NEW_YEAR),
            *(partial(move, owners, one, "owners", NEW_YEAR) for one in ("arcada", "laurea")),
        ],
    )
    assert found["done"] + found["customer_group_ended"] == 3
    assert wrong_groups() == 0
    with reading() as session:
        assert queries.institutions_by_group(session, NEW_YEAR) == {}


@pytest.mark.planted_fault("the institutions of a group stay in it when it ends")
def test_an_institution_in_an_ended_group_fails_the_check(
    owners: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_leave", lambda *_: None)
    end(owners, NEW_YEAR)
    assert wrong_groups() == 1
