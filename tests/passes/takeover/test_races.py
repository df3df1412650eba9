"""Two imports at once, and an import that trusts what was true before it."""

from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import pytest
from flask import Flask

from tests.passes.takeover.test_takeover import LATER, NOW, take
from tests.world.takeover import count_of, csv_file
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.passes.passes.models import Pass
from zone.passes.takeover import flows, invariants, rules, service
from zone.passes.takeover.models import TakenOverPass


@pytest.mark.engines("sqlite", "postgresql")
def test_two_imports_at_once_give_each_pass_once(student: int, app: Flask) -> None:
    rows = [
        {"external_id": f"A-{number}", "email": f"p{number % 7}@example.fi"} for number in range(40)
    ]

    def work(content: bytes) -> int:
        with app.app_context():
            return take(content, good_only=True).done

    with ThreadPoolExecutor(4) as pool:
        files = [csv_file(*rows), csv_file(*reversed(rows))] * 2
        done = list(pool.map(work, files))
    assert (sum(done), count_of(Pass), count_of(TakenOverPass)) == (40, 40, 40)
    with reading() as session:
        assert invariants.count_wrong_takeovers(session, NOW) == 0


@pytest.mark.planted_fault("a batch is stored as the file was judged before it")
def test_an_import_that_trusts_its_preview_is_refused(student: int) -> None:
    content = csv_file({})
    plan = flows.preview(content, NOW)
    take(content)
    with (
        patch.object(rules, "plan", lambda _rows, _context: plan),
        pytest.raises(DomainError) as refused,
        writing() as session,
    ):
        service.take_over(session, None, plan.new, tell=False, now=LATER)
    assert (refused.value.code, count_of(Pass)) == ("takeover_busy", 1)
