"""Passes of another system: taken over once, by people's addresses, without money or mail."""

import base64
import io
import zlib
from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.buying import page_browser
from tests.world.rendered_forms import forms_in, forms_of
from tests.world.shop import a_product, a_student
from tests.world.statements import statements
from tests.world.takeover import count_of, csv_file
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail
from zone.core.mail.questions import still_holds
from zone.core.time import year_window
from zone.members.people.models import Member
from zone.members.people.queries import member_by_email
from zone.members.roles import service as roles
from zone.passes.activations.queries import activations
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.passes.queries import passes_of
from zone.passes.receipts.models import Receipt
from zone.passes.takeover import flows, rules
from zone.passes.takeover.models import TakenOverCard, TakenOverPass
from zone.passes.takeover.rules import TakeoverPlan
from zone.passes.takeover.views import example_csv

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def take(
    content: bytes, *, now: datetime = NOW, good_only: bool = False, tell: bool = False
) -> TakeoverPlan:
    return flows.take_over(content, None, good_only=good_only, tell=tell, now=now)


def codes(plan: TakeoverPlan) -> list[tuple[int, str]]:
    return [(fault.line, fault.code.code.removeprefix("takeover_")) for fault in plan.faults]


@pytest.fixture
def manager(shop: Flask) -> FlaskClient:
    member_id = a_student("johtaja@zone.example")
    with writing() as session:
        roles.grant_role(session, member_id, "manager", utc_now())
    return page_browser(shop, member_id)


def test_a_preview_stores_nothing(student: int) -> None:
    before = count_of(Member)
    plan = flows.preview(csv_file({}, {"external_id": "A-2", "email": "x"}), NOW)
    assert (len(plan.new), plan.new_people, plan.bad_rows) == (1, 1, 1)
    assert (count_of(Member), count_of(Pass), count_of(TakenOverPass)) == (before, 0, 0)


def test_the_same_file_twice_changes_nothing_and_a_changed_row_is_named(student: int) -> None:
    content = csv_file({}, {"external_id": "A-2", "email": "ville@example.fi"})
    assert take(content).done == 2
    passes, people = count_of(Pass), count_of(Member)
    again = take(content, now=LATER)
    assert (again.done, again.before, again.faults) == (0, 2, ())
    changed = csv_file({"valid_until": "30.6.2027"}, {"external_id": "A-2"})
    plan = take(changed, now=LATER, good_only=True)
    assert codes(plan) == [(2, "row_changed"), (3, "row_changed")]
    assert (count_of(Pass), count_of(Member), count_of(TakenOverPass)) == (passes, people, 2)


def test_nobody_takes_over_a_pass_of_their_own(student: int, manager: FlaskClient) -> None:
    rows = csv_file({}, {"external_id": "A-2", "email": "Johtaja@zone.example"})
    with reading() as session:
        actor = session.scalars(select(Member).where(Member.email == "johtaja@zone.example")).one()
    for plan in (
        flows.preview(rows, NOW, actor.id),
        flows.take_over(rows, actor.id, good_only=True, now=NOW),
    ):
        assert (len(plan.new), codes(plan)) == (1, [(3, "row_own")])
    assert (count_of(Pass), take(rows).done) == (1, 1)


def test_people_are_known_by_their_address_alone(student: int) -> None:
    rows: tuple[dict[str, str], ...] = (
        {"name": "Testi Henkilö"},
        {"external_id": "A-2", "email": "MAIJA@example.fi"},
        {"external_id": "A-3", "email": "other@example.fi", "name": "Testi Henkilö"},
    )
    plan = take(csv_file(*rows))
    assert (plan.done, plan.new_people) == (3, 2)
    with reading() as session:
        maija = member_by_email(session, "maija@example.fi")
        assert maija is not None
        assert len(passes_of(session, maija.id, NOW)) == 2


def test_no_mail_is_sent_unless_it_is_chosen(student: int) -> None:
    take(csv_file({}))
    assert (count_of(OutboxMail), count_of(Receipt)) == (0, 0)
    take(csv_file({"external_id": "A-2"}), tell=True)
    take(csv_file({"external_id": "A-2"}), tell=True)
    with reading() as session:
        (mail,) = session.scalars(select(OutboxMail)).all()
    assert (mail.recipient, mail.language) == ("maija@example.fi", "fi")


def test_a_mail_that_waited_names_no_day_that_the_pass_has_lost(student: int) -> None:
    take(csv_file({}), tell=True)
    with writing() as session:
        mail = session.scalars(select(OutboxMail)).one()
        assert still_holds(session, mail.question, mail.about, NOW)
        session.scalars(select(Pass)).one().ends_on += timedelta(days=7)
        session.flush()
        assert not still_holds(session, mail.question, mail.about, NOW)


def test_one_wrong_row_stops_the_file_unless_the_good_ones_are_chosen(student: int) -> None:
    content = csv_file({}, {"external_id": "A-2", "product": "unknown"})
    with pytest.raises(DomainError) as refused:
        take(content)
    assert (refused.value.code, count_of(Pass)) == ("takeover_refused", 0)
    plan = take(content, good_only=True)
    assert (plan.done, codes(plan)) == (1, [(3, "row_product")])


def test_rows_that_contradict_each_other_are_named(student: int) -> None:
    with writing() as session:
        product = a_product(session, "ten", "sports_pass", ("gym",), 90, student=4000)
        product.visits = 10
    rows: tuple[dict[str, str], ...] = (
        {"card_number": "77"},
        {},
        {"external_id": "A-3", "email": "ville@example.fi", "card_number": "77"},
        {"external_id": "A-4", "product": "ten"},
        {"external_id": "A-5", "visits_left": "3"},
        {"external_id": "A-6", "product": "ten", "visits_left": "3", "card_number": "77"},
    )
    plan = take(csv_file(*rows), good_only=True)
    assert codes(plan) == [
        (3, "row_repeated"),
        (4, "row_card_taken"),
        (5, "row_visits"),
        (6, "row_no_visits"),
    ]
    assert (plan.done, count_of(TakenOverCard)) == (2, 1)
    with reading() as session:
        maija = member_by_email(session, "maija@example.fi")
        assert maija is not None
        left = {view.visits_left for view in passes_of(session, maija.id, NOW)}
    assert left == {None, 3}


def test_an_activation_counts_in_the_year_in_which_the_other_system_saw_it(student: int) -> None:
    old = {"valid_from": "1.12.2025", "valid_until": "30.11.2026"}
    take(
        csv_file(
            old | {"activated_at": "31.12.2025 23.30"},
            old | {"external_id": "A-2", "activated_at": "1.1.2026 0.30"},
            old | {"external_id": "A-3"},
        )
    )
    with reading() as session:
        counted = {
            year: len(activations(session, year_window(year), LATER)) for year in (2025, 2026)
        }
        # A figure as of before the change-over stays as it was.
        assert activations(session, year_window(2026), NOW - timedelta(seconds=1)) == []
        events = session.execute(select(PassEvent.kind, PassEvent.by)).all()
    assert counted == {2025: 1, 2026: 1}
    assert {by for _kind, by in events} == {rules.BY}


def test_a_pass_from_its_activation_begins_here(student: int) -> None:
    with writing() as session:
        product = a_product(session, "ten-days", "gym_pass", ("gym",), 10, student=900)
        product.duration, product.activation_days = "from_activation", 60
    row = {"product": "ten-days", "valid_until": "20.10.2026"}
    take(csv_file(row, row | {"external_id": "A-2", "activated_at": "30.8.2026"}))
    with reading() as session:
        waits, runs = session.scalars(select(Pass).order_by(Pass.id)).all()
    assert (waits.length_days, waits.activate_by) == (10, date(2026, 10, 20))
    assert (runs.length_days, runs.ends_on) == (None, date(2026, 10, 20))


def test_an_import_that_was_cut_off_is_finished_by_the_same_file(student: int) -> None:
    content = csv_file(*({"external_id": f"A-{number}"} for number in range(5)))

    def cut(done: int, _of: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with patch.object(flows, "A_BATCH", 2), pytest.raises(KeyboardInterrupt):
        flows.take_over(content, None, good_only=False, now=NOW, progress=cut)
    assert count_of(Pass) == 4
    again = take(content)
    assert (again.done, again.before, count_of(Pass)) == (1, 4, 5)


def test_what_is_asked_of_the_database_does_not_grow_with_the_rows(student: int) -> None:
    asked = []
    for prefix, rows in (("A", 2), ("B", 40)):
        content = csv_file(
            *(
                {
                    "external_id": f"{prefix}-{number}",
                    "email": f"{prefix}{number}@example.fi",
                    "card_number": f"{prefix}-{number}",
                }
                for number in range(rows)
            )
        )
        with statements() as sent:
            assert take(content).done == rows
        asked.append(sum(one.startswith("SELECT") for one in sent))
    assert asked[0] == asked[1]


def test_a_manager_previews_and_takes_over_by_the_page(shop: Flask, manager: FlaskClient) -> None:
    content = csv_file({}, {"external_id": "A-2", "product": "nope"})
    (form,) = forms_of(manager, "/manage/takeover")
    shown = manager.post(
        form.action,
        data=form.plain_values() | {"content": (io.BytesIO(content), "passes.csv")},
        content_type="multipart/form-data",
    )
    assert (shown.status_code, count_of(Pass)) == (200, 0)
    assert "nope" in shown.text
    confirm, _other = forms_in(shown.text, "/manage/takeover")
    strict = confirm.submit(manager, "Take over these passes")
    assert (strict.status_code, count_of(Pass)) == (409, 0)
    done = confirm.submit(manager, "Take over these passes", good_only="1")
    assert (done.status_code, count_of(Pass)) == (200, 1)
    assert "1 pass was taken over" in done.text
    confirm.submit(manager, "Take over these passes", good_only="1")
    assert count_of(Pass) == 1
    with reading() as session:
        (audited,) = session.scalars(
            select(AuditRow).where(AuditRow.action == "passes.take_over")
        ).all()
    assert audited.actor_id is not None


def test_the_page_says_what_is_wrong_with_a_file(shop: Flask, manager: FlaskClient) -> None:
    form, *_rest = forms_of(manager, "/manage/takeover")
    shown = manager.post(
        form.action,
        data=form.plain_values() | {"content": (io.BytesIO(b"a;b\r\n1;2"), "x.csv")},
        content_type="multipart/form-data",
    )
    assert shown.status_code == 422
    assert "external_id" in shown.text
    hostile = base64.b64encode(zlib.compress(b"0" * 2_000_000)).decode()
    for packed in ("no base64", "AAAA", hostile):
        sent = form.plain_values() | {"packed": packed}
        assert manager.post("/manage/takeover/import", data=sent).status_code == 422


def test_the_template_is_a_file_that_can_be_taken_over(shop: Flask, manager: FlaskClient) -> None:
    content = manager.get("/manage/takeover/template.csv").data
    assert content.startswith(b"\xef\xbb\xbf")
    plan = flows.preview(content.replace(b"term-pass", b"term"), datetime(2026, 10, 1, tzinfo=UTC))
    assert (len(plan.new), plan.faults) == (1, ())


def test_the_api_previews_and_takes_over(shop: Flask, manager: FlaskClient) -> None:
    body = {"content": base64.b64encode(csv_file({"email": "x"}, {"external_id": "2"})).decode()}
    shown = manager.post("/api/v1/takeover/preview", json=body).get_json()
    assert (shown["new"], shown["bad_rows"], shown["done"]) == (1, 1, 0)
    assert shown["faults"][0]["line"] == 2
    assert manager.post("/api/v1/takeover", json=body).status_code == 409
    done = manager.post("/api/v1/takeover", json=body | {"good_only": True}).get_json()
    assert (done["done"], count_of(Pass)) == (1, 1)
    assert manager.post("/api/v1/takeover", json={"content": "???"}).status_code == 422


def test_the_desk_may_not_take_over(desk: FlaskClient) -> None:
    assert desk.get("/manage/takeover").status_code == 403
    assert desk.post("/api/v1/takeover", json={"content": "eA=="}).status_code == 403


def test_the_example_shows_good_rows_and_the_faults_that_people_meet_first(student: int) -> None:
    with writing() as session:
        a_product(session, "ten", "sports_pass", ("gym",), 90, student=4000).visits = 10
    plan = flows.preview(example_csv("term", "ten", NOW.date()).encode(), NOW)
    assert len(plan.new) == 4
    assert codes(plan) == [
        (6, "row_repeated"),
        (7, "cell_email"),
        (8, "row_product"),
        (9, "row_days"),
    ]


def test_an_example_is_only_offered_by_a_demo(shop: Flask, manager: FlaskClient) -> None:
    assert manager.get("/manage/takeover/example.csv").status_code == 404
    assert "example.csv" not in manager.get("/manage/takeover").text
