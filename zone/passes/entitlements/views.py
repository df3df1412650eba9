"""What a pass gives in words, in the reader's language. Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from zone.core.formats import format_hours, format_time, format_weekday
from zone.core.i18n import LANGUAGES, translations
from zone.passes.catalogue.rules import ENTITLEMENTS
from zone.passes.entitlements.rules import Conditions, Rights, UseHours


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """A condition of a pass in words, with the name of its icon."""

    icon: str
    text: str


def condition_lines(conditions: Conditions, language: str) -> list[ConditionLine]:
    """Return the conditions of a pass, a line each; none: it has none."""
    return list(_lines(conditions, language))


def _lines(conditions: Conditions, language: str) -> Iterator[ConditionLine]:
    gettext, ngettext = translations(language).ugettext, translations(language).ungettext
    for hours in conditions.hours:
        yield ConditionLine("clock", _hours_text(hours, language))
    if conditions.limits_sessions:
        kinds = sessions_text([conditions], language)
        yield ConditionLine(
            "calendar-check", gettext("Of the classes only: %(kinds)s") % {"kinds": kinds}
        )
    if days := conditions.days_earlier:
        text = ngettext(
            "Booking opens %(num)s day earlier", "Booking opens %(num)s days earlier", days
        )
        yield ConditionLine("calendar-plus", text % {"num": days})
    if conditions.companions == 0:
        yield ConditionLine("users-round", gettext("No companions"))
    elif most := conditions.companions:
        text = ngettext("%(num)s companion a day", "%(num)s companions a day", most)
        yield ConditionLine("users-round", text % {"num": most})


def _hours_text(hours: UseHours, language: str) -> str:
    gettext = translations(language).ugettext
    days = ", ".join(
        format_weekday(first, language)
        if first == last
        else f"{format_weekday(first, language)}–{format_weekday(last, language)}"
        for first, last in hours.runs
    )
    opens, closes = hours.opens, hours.closes
    named = {"days": days}
    if opens and closes:
        sentence = gettext("Only %(days)s %(hours)s")
        named["hours"] = format_hours(opens, closes)
    elif at := closes or opens:
        until, begin = (
            gettext("Only %(days)s until %(time)s"),
            gettext("Only %(days)s from %(time)s"),
        )
        sentence = until if closes else begin
        named["time"] = format_time(at)
    else:
        sentence = gettext("Only %(days)s")
    # Of every day no weekday is named.
    return (sentence % named).replace("  ", " ")


def opened_names(language: str) -> dict[str, str]:
    """Return the words for what a pass opens, by ENTITLEMENTS."""
    gettext = translations(language).ugettext
    return {
        "gym": gettext("Gym"),
        "class": gettext("Group classes"),
        "court": gettext("Courts"),
    }


def activity_names(language: str) -> dict[str, str]:
    """Return the words for kinds of sessions, by ACTIVITIES; booking names them by these too."""
    gettext = translations(language).ugettext
    return {
        "class": gettext("Group class"),
        "course": gettext("Course"),
        "low_threshold": gettext("Low-threshold group"),
        "online": gettext("Online, live"),
        "ball_turn": gettext("Ball-game turn"),
        "club_turn": gettext("Club turn"),
        "event": gettext("Event"),
    }


def sessions_text(limits: Sequence[Conditions], language: str) -> str:
    """Return the kinds of sessions and the activities that passes are limited to, each once."""
    kinds = activity_names(language)
    words = [kinds[kind] for one in limits for kind in one.activities]
    names = [
        getattr(activity, f"name_{language}")
        for one in limits
        for activity in one.single_activities
    ]
    return ", ".join(dict.fromkeys(words + names))


def sessions_by_language(limits: Sequence[Conditions]) -> dict[str, str]:
    """Return `sessions_text` by language."""
    return {language: sessions_text(limits, language) for language in LANGUAGES}


def opened_text(opens: Collection[str], language: str) -> str:
    """Return what a pass opens, in a row."""
    names = opened_names(language)
    return ", ".join(names[one] for one in ENTITLEMENTS if one in opens)


def given_in_words(rights: Rights) -> list[dict[str, str]]:
    """Return what a pass opens and its conditions, each by language; its campuses aside."""
    by_language = [
        [
            opened_text(rights.opens, one),
            *(line.text for line in condition_lines(rights.conditions, one)),
        ]
        for one in LANGUAGES
    ]
    return [dict(zip(LANGUAGES, words, strict=True)) for words in zip(*by_language, strict=True)]
