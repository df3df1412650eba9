"""Receipt numbers: gapless by series and year, whatever fails, and none twice after a restore."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.checkout import bought, notices, ordered, receipts, report
from tests.world.races import at_once
from tests.world.shop import NOW, a_student
from zone.core.db.transactions import reading, writing
from zone.passes.numbering import rules, service
from zone.passes.numbering.models import ReceiptSeries
from zone.passes.numbering.queries import years_of_series
from zone.passes.receipts.invariants import count_years_with_gaps


def gaps() -> int:
    with reading() as session:
        return count_years_with_gaps(session, NOW)


def test_a_number_is_read_as_it_is_printed() -> None:
    for text in ("2026-17", "C-2026-17", "RBCD-2026-1"):
        assert str(rules.parse(text.lower())) == text
    assert [
        rules.parse(text) for text in ("", "2026", "-2026-1", "2-2026-1", "C-2026-1234567890")
    ] == [None] * 5


def test_each_series_and_year_is_numbered_by_itself(student: int) -> None:
    with writing() as session:
        service.begin_series(session, "till:pasila", "P1", NOW)
        given = [
            str(service.next_number(session, purpose, at))
            for purpose, at in (
                ("web", NOW),
                ("desk", NOW),
                ("till:pasila", NOW),
                ("web", NOW),
                ("web", NOW + timedelta(days=200)),
                ("credit", NOW),
            )
        ]
    assert given == ["2026-1", "T-2026-1", "P1-2026-1", "2026-2", "2027-1", "C-2026-1"]


def test_a_restored_service_gives_no_number_again(student: int) -> None:
    bought(student)
    with writing() as session:
        service.begin_after_restore(session, NOW)
    bought(student, "gym")
    with writing() as session:  # the same backup once more, a second later
        service.begin_after_restore(session, NOW + timedelta(seconds=1))
    bought(student, "visit")
    first, second, third = receipts()
    assert first == "2026-1"
    assert len({second, third}) == 2
    assert all(number.endswith("-2026-1") for number in (second, third))
    assert gaps() == 0
    with reading() as session:
        assert {row.last for row in years_of_series(session)} == {1}
        assert len(session.scalars(select(ReceiptSeries.id)).all()) == 12


@pytest.mark.planted_fault("a restore begins no series")
def test_a_restore_without_a_series_fails_the_check(
    student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "begin_after_restore", lambda *_: 0)
    with pytest.raises((AssertionError, ValueError)):
        test_a_restored_service_gives_no_number_again(student)


def check_many_at_once(app: Flask) -> None:
    """Check that buyers who pay at once, some in vain, leave no gap."""
    waiting = [notices(ordered(a_student(f"ostaja{n}@zone.example")))[0] for n in range(8)]

    def pay(number: int) -> None:
        if number % 2:
            report(waiting[number])
            return
        try:
            with writing() as session:
                service.next_number(session, "web", NOW)
                raise ConnectionError
        except ConnectionError:
            return

    at_once(app, [partial(pay, number) for number in range(8)])
    assert receipts() == [f"2026-{n}" for n in range(1, 5)]
    assert gaps() == 0


@pytest.mark.engines("sqlite", "postgresql")
def test_failed_transactions_among_many_leave_no_gap(shop: Flask) -> None:
    check_many_at_once(shop)


@pytest.mark.planted_fault("a number is taken in a transaction of its own")
def test_a_number_that_is_taken_apart_fails_the_check(
    shop: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = service.next_number

    def apart(_session: object, *args: object) -> rules.ReceiptNumber:
        with writing() as session:
            return take(session, *args)  # type: ignore[arg-type]

    with writing() as session:
        apart(session, "web", NOW) if session.get_bind().dialect.name != "sqlite" else take(
            session, "web", NOW
        )
    assert gaps() == 1


@pytest.mark.slow
@pytest.mark.engines("sqlite", "postgresql")
def test_a_killed_server_leaves_no_gap(shop: Flask, student: int, database_url: str) -> None:
    bought(student)
    died = subprocess.run(
        [sys.executable, "-m", "tests.world.dying_number"],
        env=os.environ | {"ZONE_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (died.stdout.strip(), died.returncode) == ("2026-2", -signal.SIGKILL), died.stderr
    bought(student, "gym")
    assert (receipts(), gaps()) == (["2026-1", "2026-2"], 0)
