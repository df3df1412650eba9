"""A mean grade reads the same on the page of its survey as among the targets."""

from decimal import Decimal
from types import SimpleNamespace
from typing import cast

import pytest

from zone.feedback.results.queries import QuestionResults
from zone.feedback.results.rules import AnswerSummary, published, shown_mean
from zone.feedback.surveys import views
from zone.reporting.pace.rules import shown_value


@pytest.mark.parametrize(("total", "graded"), [(528, 146), (624, 149), (799, 200), (1999, 500)])
def test_a_mean_reads_the_same_on_both_pages(
    monkeypatch: pytest.MonkeyPatch, total: int, graded: int
) -> None:
    cell = published(AnswerSummary(graded + 14, graded, total))
    assert cell is not None
    assert cell.mean is not None
    monkeypatch.setattr(views, "words_of", lambda *_: "")
    question = SimpleNamespace(question=None, cell=cell, n=cell.n, words=())
    shown = views.result_view(cast("QuestionResults", question), "en").mean
    assert shown == shown_value("C", cell.mean) == shown_mean(cell.mean)
    assert shown <= cell.mean
    assert Decimal(total) / graded - shown < Decimal("0.01")
