"""Valid surveys, valid answers, and the groups that may be shown."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world.surveys import CLASSES, CLOSES, OPENS, OVERALL, WORDS
from zone.core.errors import DomainError
from zone.feedback.answers import rules as answers_rules
from zone.feedback.results import rules as results_rules
from zone.feedback.results.rules import AnswerSummary, PublishedSummary
from zone.feedback.surveys import rules as surveys_rules
from zone.feedback.surveys.rules import NewQuestion

ASKED = {question.code: question for question in (OVERALL, CLASSES, WORDS)}
TEXTS = ("a", "b", "c")


@pytest.mark.parametrize(
    "questions",
    [
        [],
        [CLASSES],
        [OVERALL, NewQuestion("other", TEXTS, is_key=True)],
        [NewQuestion("overall", TEXTS, kind="text", is_key=True)],
        [OVERALL, OVERALL],
        [OVERALL, WORDS, NewQuestion("more", TEXTS, kind="text")],
        [OVERALL, NewQuestion("Not a code", TEXTS)],
        [OVERALL, *(NewQuestion(f"q{n}", TEXTS) for n in range(surveys_rules.MOST_QUESTIONS))],
    ],
)
def test_a_survey_has_exactly_one_key_question_and_distinct_codes(
    questions: list[NewQuestion],
) -> None:
    with pytest.raises(DomainError, match="survey_mismade"):
        surveys_rules.check_survey(questions, OPENS, CLOSES)


def test_a_survey_closes_after_it_opens() -> None:
    with pytest.raises(DomainError, match="survey_mismade"):
        surveys_rules.check_survey([OVERALL], OPENS, OPENS)
    surveys_rules.check_survey([OVERALL], OPENS, OPENS + timedelta(seconds=1))


@pytest.mark.parametrize("value", [1, 5, "cant_say"])
def test_a_grade_is_one_to_five_or_cant_say(value: int | str) -> None:
    assert answers_rules.check_answers(ASKED, {"overall": value}) == {"overall": value}


@pytest.mark.parametrize("value", [0, 6, -1, True, "4", "", "dont_know", 10**30])
def test_anything_else_is_no_grade(value: int | str) -> None:
    with pytest.raises(DomainError, match="survey_answer_invalid"):
        answers_rules.check_answers(ASKED, {"overall": value})


def test_the_key_question_must_be_answered_and_the_others_need_not() -> None:
    with pytest.raises(DomainError) as caught:
        answers_rules.check_answers(ASKED, {"classes": 4})
    assert caught.value.params["questions"] == "overall"


def test_every_wrong_answer_is_named_at_once() -> None:
    with pytest.raises(DomainError) as caught:
        answers_rules.check_answers(ASKED, {"overall": 9, "classes": 0, "nonsense": 3})
    assert caught.value.params["questions"] == "classes, nonsense, overall"


def test_an_empty_text_is_no_answer() -> None:
    assert answers_rules.check_answers(ASKED, {"overall": 4, "words": " \n "}) == {"overall": 4}


def test_a_text_has_at_most_a_thousand_characters() -> None:
    assert (
        answers_rules.check_answers(ASKED, {"overall": 4, "words": "å" * 1000})["words"]
        == "å" * 1000
    )
    with pytest.raises(DomainError, match="survey_answer_invalid"):
        answers_rules.check_answers(ASKED, {"overall": 4, "words": "å" * 1001})


def test_a_small_group_and_the_next_smallest_are_hidden() -> None:
    assert results_rules.hidden_groups({"pasila": 3, "malmi": 7, "arabia": 20}) == {
        "pasila",
        "malmi",
    }


def test_two_small_groups_that_are_five_together_hide_each_other() -> None:
    assert results_rules.hidden_groups({"pasila": 3, "malmi": 2, "arabia": 20}) == {
        "pasila",
        "malmi",
    }


def test_two_small_groups_that_are_fewer_than_five_together_need_a_third() -> None:
    assert results_rules.hidden_groups({"pasila": 1, "malmi": 2, "arabia": 20, "otaniemi": 9}) == {
        "pasila",
        "malmi",
        "otaniemi",
    }


def test_groups_of_five_are_shown_and_groups_of_nobody_hide_nothing() -> None:
    assert results_rules.hidden_groups({"pasila": 5, "malmi": 5, "arabia": 0}) == frozenset()


sizes = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 12))


def check_no_small_group_can_be_computed(groups: dict[str, int]) -> None:
    """The property: no group of one to four is shown, or left over from the total."""
    hidden = results_rules.hidden_groups(groups)
    assert all(
        size >= results_rules.LEAST_SHOWN or size == 0
        for name, size in groups.items()
        if name not in hidden
    )
    hidden_total = sum(groups[name] for name in hidden)
    assert (
        hidden_total == 0
        or hidden_total >= results_rules.LEAST_SHOWN
        or hidden == {name for name, size in groups.items() if size}
    )
    assert len(hidden) != 1 or len([size for size in groups.values() if size]) == 1


@given(sizes)
def test_no_small_group_can_be_computed_from_the_others(groups: dict[str, int]) -> None:
    check_no_small_group_can_be_computed(groups)


@pytest.mark.planted_fault("no complementary suppression")
def test_without_complementary_suppression_a_small_group_can_be_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def only_small(groups: dict[str, int]) -> frozenset[str]:
        return frozenset(
            name for name, size in groups.items() if 0 < size < results_rules.LEAST_SHOWN
        )

    monkeypatch.setattr(results_rules, "hidden_groups", only_small)
    with pytest.raises(AssertionError):
        check_no_small_group_can_be_computed({"pasila": 3, "malmi": 7, "arabia": 20})


def summary(graded: int, cant_say: int = 0, grade: int = 4) -> AnswerSummary:
    return results_rules.cell_of([grade] * graded + [None] * cant_say)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (summary(4), None),
        (summary(5), (5, 5, Decimal(4))),
        (summary(1, 4), (5, None, None)),
        (summary(4, 20), (24, None, None)),
        (summary(5, 1), (6, None, None)),
        (summary(0, 5), (5, 0, None)),
        (summary(5, 5), (10, 5, Decimal(4))),
        (summary(396, 4), (400, None, Decimal("4.00"))),
    ],
)
def test_grades_and_cant_say_are_groups_of_their_own(
    cell: AnswerSummary, shown: tuple[int, int | None, Decimal | None] | None
) -> None:
    published = results_rules.published(cell)
    assert (published and (published.n, published.graded, published.mean)) == shown


cells = st.dictionaries(
    st.sampled_from("abcdef"), st.builds(summary, st.integers(0, 12), st.integers(0, 9))
)


def check_nothing_small_is_published(groups: dict[str, AnswerSummary]) -> None:
    """The property: no one to four grades or "can't say" are shown or left over from the total."""
    groups = {name: cell for name, cell in groups.items() if cell.n}
    shown = results_rules.published_groups(groups)
    assert all(groups[name].graded >= results_rules.LEAST_SHOWN for name in shown)
    hidden = [cell for name, cell in groups.items() if name not in shown]
    left_over = sum(cell.graded for cell in hidden)
    assert not hidden or not shown or left_over >= results_rules.LEAST_SHOWN
    assert len(hidden) != 1 or not shown
    uncounted = [
        cell for name, cell in groups.items() if name not in shown or shown[name].graded is None
    ]
    few = sum(cell.cant_say for cell in uncounted)
    total = sum(cell.cant_say for cell in groups.values())
    counted = [shown[name] for name in shown if shown[name].graded is not None]
    assert all(not 0 < cell.n - (cell.graded or 0) < 5 for cell in counted)
    assert few == 0 or few >= results_rules.LEAST_SHOWN or total < results_rules.LEAST_SHOWN


@given(cells)
def test_nothing_small_can_be_computed_from_the_published_groups(
    groups: dict[str, AnswerSummary],
) -> None:
    check_nothing_small_is_published(groups)


@pytest.mark.planted_fault("only the number of answers is counted, as if each had a grade")
def test_groups_by_their_answers_alone_fail_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_answers(groups: dict[str, AnswerSummary]) -> dict[str, PublishedSummary]:
        hidden = results_rules.hidden_groups({name: cell.n for name, cell in groups.items()})
        return {
            name: PublishedSummary(cell.n, cell.graded, cell.mean)
            for name, cell in groups.items()
            if name not in hidden
        }

    monkeypatch.setattr(results_rules, "published_groups", by_answers)
    with pytest.raises(AssertionError):
        check_nothing_small_is_published({"pasila": summary(1, 4), "malmi": summary(20)})


def sums_with(mean: Decimal | None, graded: int) -> range:
    """Return the sums of so many grades that are published as this mean, rounded down."""
    if mean is None:
        return range(graded, 5 * graded + 1)
    scale = 10 ** -int(mean.as_tuple().exponent)
    fitting = [
        one for one in range(graded, 5 * graded + 1) if one * scale // graded == int(mean * scale)
    ]
    return range(fitting[0], fitting[-1] + 1) if fitting else range(0)


def check_no_total_tells_how_few_could_not_say(groups: dict[str, AnswerSummary]) -> None:
    """Try every number that could not say in each group against what is published of all."""
    shown = results_rules.published_groups(groups)
    total = results_rules.cell_of([])
    for cell in groups.values():
        total = AnswerSummary(
            total.n + cell.n, total.graded + cell.graded, total.total + cell.total
        )
    of_all = results_rules.published(total)
    assert of_all is not None
    asked = [name for name in shown if shown[name].graded is None]
    known = [cell for name, cell in groups.items() if name not in asked]
    possible: dict[str, set[int]] = {name: set() for name in asked}
    for counts in product(range(1, 9), repeat=len(asked)):
        graded = [groups[name].n - count for name, count in zip(asked, counts, strict=True)]
        if min(graded, default=5) < 5:
            continue
        sums = [
            sums_with(shown[name].mean, count) for name, count in zip(asked, graded, strict=True)
        ]
        if not all(sums):
            continue
        in_all = sum(graded) + sum(cell.graded for cell in known)
        least, most = (
            sum(cell.total for cell in known) + sum(end(one) for one in sums) for end in (min, max)
        )
        if of_all.graded is not None:
            fits = in_all == of_all.graded and least <= total.total <= most
        else:
            fits = 0 < total.n - in_all < 5 and any(
                least <= one <= most for one in sums_with(of_all.mean, in_all)
            )
        if fits:
            for name, count in zip(asked, counts, strict=True):
                possible[name].add(count)
    told = [name for name in asked if groups[name].cant_say < 5 and len(possible[name]) < 2]
    assert told == [], "the total tells"


TOGETHER: Final = {
    "the total of one group beside another": {
        "pasila": AnswerSummary(42, 42, 119),
        "malmi": AnswerSummary(33, 31, 80),
    },
    "two groups and the exact total": {
        "pasila": AnswerSummary(35, 31, 110),
        "malmi": AnswerSummary(56, 53, 118),
    },
    "six answers of which five are grades": {
        "pasila": AnswerSummary(6, 5, 21),
        "malmi": AnswerSummary(13, 10, 31),
        "arabia": AnswerSummary(55, 51, 181),
        "otaniemi": AnswerSummary(16, 10, 45),
    },
    "everybody else gave a five": {
        "pasila": AnswerSummary(13, 12, 59),
        "malmi": AnswerSummary(55, 55, 195),
    },
}


@pytest.mark.parametrize("name", TOGETHER)
def test_the_total_does_not_tell_how_few_could_not_say(name: str) -> None:
    check_no_total_tells_how_few_could_not_say(TOGETHER[name])


@pytest.mark.parametrize("name", list(TOGETHER)[:2])
@pytest.mark.planted_fault("each group is cut on its own, without a look at the total")
def test_means_that_are_cut_alone_fail_the_check(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(results_rules, "_tell_a_count", lambda _cells, _means: False)
    with pytest.raises(AssertionError, match="the total tells"):
        check_no_total_tells_how_few_could_not_say(TOGETHER[name])


def counts_by_what_is_published(n: int) -> dict[object, set[int]]:
    """Return how many of `n` may have given no grade, by what is published then."""
    possible = defaultdict[object, set[int]](set)
    for graded in range(max(0, n - 4), n + 1):
        for total in range(graded, 5 * graded + 1):
            possible[results_rules.published(AnswerSummary(n, graded, total))].add(n - graded)
    return possible


def check_what_is_published_does_not_tell(n: int) -> None:
    """The property, also for whoever knows the rule: it never leaves one number of one to four."""
    alone = {
        published: few
        for published, few in counts_by_what_is_published(n).items()
        if published is not None and few <= {1, 2, 3, 4} and len(few) == 1
    }
    assert alone == {}


# 83: those without a mean were four alone.
@pytest.mark.parametrize("n", [5, 9, 10, 20, 30, 55, 83, 101, 160])
def test_the_decimals_of_a_mean_do_not_tell_how_few_could_not_say(n: int) -> None:
    check_what_is_published_does_not_tell(n)


@pytest.mark.planted_fault("each mean has two decimals")
def test_decimals_of_each_mean_alone_fail_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def two_decimals(cell: AnswerSummary, most: int = 2) -> Decimal:
        return results_rules._rounded_down(cell, most)

    monkeypatch.setattr(results_rules, "_cut_mean", two_decimals)
    with pytest.raises(AssertionError):
        check_what_is_published_does_not_tell(30)
