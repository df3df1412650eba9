"""What the desk reads of a person in one statement is what is read elsewhere in many."""

import random
from datetime import timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.world.site import START, Site, a_member, at_door, build
from zone.access.check_in import context
from zone.access.check_in.context import person_known
from zone.access.roster.queries import holders
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date
from zone.members.affiliations.service import add_affiliation
from zone.members.eligibility.queries import eligibility_of
from zone.members.eligibility.service import add_proof, add_withdrawal
from zone.members.institutions.service import ensure_institution, ensure_region
from zone.members.suspensions.service import add_suspension
from zone.passes.catalogue.models import Product
from zone.passes.pass_rights.queries import held_passes
from zone.passes.passes.service import add_pass, new_pass, record_event

TODAY = helsinki_date(START)
PAST = START - timedelta(days=200)
INSTITUTIONS = ("metropolia", "laurea", "arcada", "diak")


@pytest.fixture
def site(app: Flask) -> Site:
    with writing() as session:
        for region in ("capital", "elsewhere"):
            ensure_region(session, code=region, fi=region, sv=region, en=region)
        for code in INSTITUTIONS:
            ensure_institution(
                session,
                code=code,
                name=code.title(),
                admits_students=True,
                admits_staff=code in INSTITUTIONS[:2],
                study_region="capital" if code == "diak" else None,
            )
        return build(session)


def give_proofs(session: Session, member: int, staff: int, chance: random.Random) -> None:
    for institution in chance.sample(INSTITUTIONS, chance.randrange(4)):
        role = chance.choice(("student", "staff"))
        region = chance.choice((None, "capital", "elsewhere"))
        affiliation = add_affiliation(
            session, member, institution_code=institution, role=role, study_region=region
        )
        # No two last as long: which of them counts is not said.
        for until in chance.sample(range(-3, 100), chance.randrange(4)):
            proof = add_proof(
                session,
                affiliation.id,
                source="certificate",
                valid_from=TODAY - timedelta(days=chance.randrange(5, 30)),
                valid_until=TODAY + timedelta(days=until * 4 + INSTITUTIONS.index(institution)),
                now=PAST,
                recorded_by=staff,
            )
            if chance.random() < 0.3:
                add_withdrawal(session, proof.id, reason="left", now=PAST, recorded_by=staff)


def give_passes(session: Session, site: Site, member: int, chance: random.Random) -> None:
    for _ in range(chance.randrange(4)):
        product = session.get_one(Product, site.world.product)
        first = TODAY + timedelta(days=chance.randrange(-60, 10))
        last = max(first, TODAY + timedelta(days=chance.randrange(-5, 60)))
        pass_ = add_pass(
            session,
            new_pass(
                member,
                product,
                starts_on=first,
                ends_on=last,
            ),
            now=PAST,
            by="test",
        )
        pass_.campuses = chance.choice(([], ["arabia"], ["myllypuro", "arabia"]))
        for kind in chance.sample(("activated", "first_used", "refunded"), chance.randrange(4)):
            at = START - timedelta(days=chance.randrange(1, 9))
            record_event(session, pass_.id, kind, occurred_at=at, recorded_at=at, by="test")
    session.flush()


def give_suspensions(session: Session, member: int, staff: int, chance: random.Random) -> None:
    for _ in range(chance.randrange(4)):
        begins = START - timedelta(hours=chance.randrange(1, 99))
        ends = chance.choice((None, begins + timedelta(hours=chance.randrange(1, 99))))
        suspension = add_suspension(
            session, member, reason="loud", ends_at=ends, now=begins, recorded_by=staff
        )
        if chance.random() < 0.6:
            suspension.lifted_at = begins + timedelta(minutes=5)
    session.flush()


def check_the_same_is_known(site: Site) -> None:
    chance = random.Random(20)
    with writing() as session:
        staff, _ = a_member(session, site, "staff", with_pass=False)
        for number in range(60):
            member, _ = a_member(session, site, f"p{number}", with_pass=False)
            give_proofs(session, member, staff, chance)
            give_passes(session, site, member, chance)
            give_suspensions(session, member, staff, chance)
            known = person_known(session, at_door(session, member, site.studio_door, START), START)
            (holder,) = holders(session, [member], START)
            assert sorted(known.holder.rights, key=repr) == sorted(holder.rights, key=repr)
            assert known.holder.suspended == holder.suspended
            proven = eligibility_of(session, [member], TODAY)[member]
            assert known.institution == (proven[0].institution_code if proven else None)
            usable = [
                one
                for one in held_passes(session, [member], START, START)[member]
                if one.ended_at is None
            ]
            present = [one for one in known.passes if one.starts_on <= TODAY]
            assert sorted(present, key=repr) == sorted(usable, key=repr)


def test_the_desk_knows_the_same_of_a_person(site: Site) -> None:
    check_the_same_is_known(site)


@pytest.mark.planted_fault("each proof of a person is one that admits")
def test_a_desk_that_takes_each_proof_fails_the_check(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    admits_each = SimpleNamespace(is_admitted=lambda row: row.valid_until is not None)
    monkeypatch.setattr(context, "eligibility_queries", admits_each)
    with pytest.raises(AssertionError):
        check_the_same_is_known(site)
