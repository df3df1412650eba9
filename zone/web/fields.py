"""Fields of the API's schemas: strict about what JSON says, bounded, each with an example for the
document.

JSON names the type of each value, so "5" is no number and 1 is no boolean; marshmallow alone would
convert both, and the published document does not allow it. In a query string and in a form all
values are text, and are converted.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, time
from typing import Any, Final

from marshmallow import ValidationError, validate
from marshmallow import fields as base

from zone.core.i18n import translatable
from zone.core.text import clean_lines, clean_text, is_visible
from zone.core.time import EARLIEST, LATEST, is_skipped

MAX_INTEGER: Final = 2**31 - 1
"""The largest whole number where a field names no range of its own: that of an INTEGER column."""

DATE_PATTERN: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME_PATTERN: Final = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE: Final = re.compile(DATE_PATTERN)
_DATETIME: Final = re.compile(DATE_PATTERN + r"[Tt ].+")
_TIME: Final = re.compile(TIME_PATTERN)

_from_json: Final[ContextVar[bool]] = ContextVar("from_json", default=False)


@contextmanager
def reading_json(is_json: bool) -> Iterator[None]:
    """Load fields as JSON within the context: their types are those that the value has already."""
    token = _from_json.set(is_json)
    try:
        yield
    finally:
        _from_json.reset(token)


def reason_of(longest: int) -> tuple[validate.Length, validate.Regexp]:
    """Return the rules of a written reason: at most `longest` characters, and not only blanks."""
    return (
        validate.Length(1, longest),
        validate.Regexp(r"\s*\S", error=translatable("Say why.")),
    )


def refuse_skipped(**moments: tuple[date | None, time | None]) -> None:
    """Refuse the times of the Helsinki clock that it skips on their day, by the name of the field;
    what was not given is skipped by nothing.

    Raises:
        ValidationError: it would be read as an hour later, which nobody has typed.
    """
    skipped = [
        name
        for name, (day, at) in moments.items()
        if day and at is not None and is_skipped(day, at)
    ]
    if skipped:
        error = translatable("The clock skips this time on that day. Choose another one.")
        raise ValidationError({name: [error] for name in skipped})


class Field(base.Field[Any]):
    """The base of the fields below. `example` is the value that the document shows, JSON-ready."""

    def __init__(self, *args: Any, example: Any = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.example = example

    def deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        if value is not None and isinstance(value, str | int | float | bool):
            self._check_json(value)
        return super().deserialize(value, *args, **options)

    def _check_json(self, value: Any) -> None:
        """Refuse a JSON value of another type.

        Raises:
            ValidationError: the field's own message for a wrong type.
        """


class _Text(Field):
    """A field whose JSON is a text of one form."""

    pattern: re.Pattern[str]
    message: str

    def _check_json(self, value: Any) -> None:
        is_text = isinstance(value, str)
        # The form is that of JSON in queries and forms too: marshmallow alone would take ISO weeks.
        if (is_text or _from_json.get()) and not (is_text and self.pattern.fullmatch(value)):
            raise ValidationError(self.message)


class String(Field, base.String):
    """A text, in one line as a form reads it; one that must have a length is refused when nothing
    of it can be seen.
    """

    @staticmethod
    def clean(text: str) -> str:
        """Return the text in one line."""
        return clean_text(text)

    def deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        # First as it was sent: a pattern lets no line end through.
        text = super().deserialize(value, *args, **options)
        cleaned = self.clean(text) if text and isinstance(text, str) else text
        # Again, because composed letters may be longer, and a column has its length.
        return text if cleaned == text else super().deserialize(cleaned, *args, **options)

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        text = super()._deserialize(value, *args, **options)
        if text and must_be_visible(self) and not is_visible(text):
            raise ValidationError("Nothing shows here. Write something.")
        return text


class LongText(String):
    """A text of several lines: what is typed into a text area of a form keeps its line breaks."""

    @staticmethod
    def clean(text: str) -> str:
        """Return the text with its lines."""
        return clean_lines(text)


class Verbatim(String):
    """A text that is not for reading, each character as it was sent: a password, a file."""

    @staticmethod
    def clean(text: str) -> str:
        """Return the text as it is."""
        return text


class Boolean(Field, base.Boolean):
    """True or false."""

    def _check_json(self, value: Any) -> None:
        if _from_json.get() and not isinstance(value, bool):
            raise self.make_error("invalid")


class Integer(Field, base.Integer):
    """A whole number, within MAX_INTEGER where the field has no range of its own."""

    def _check_json(self, value: Any) -> None:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        # Of a query it is text, of which Python's int() also reads `6_0`, ` 60` and `６０`.
        is_text = isinstance(value, str) and _WHOLE.fullmatch(value) is not None
        if not (is_number or (is_text and not _from_json.get())):
            raise self.make_error("invalid")
        if is_number and not is_bounded(self) and not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise ValidationError(f"Must be between -{MAX_INTEGER} and {MAX_INTEGER}.")


class Float(Field, base.Float):
    """A number."""

    def _check_json(self, value: Any) -> None:
        if _from_json.get() and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise self.make_error("invalid")


class UUID(_Text, base.UUID):
    """A public id."""

    pattern, message = _UUID, "Not a valid UUID."


class Date(_Text, base.Date):
    """A calendar day in Helsinki."""

    pattern, message = _DATE, "Not a valid date."

    def _check_json(self, value: Any) -> None:
        super()._check_json(value)
        _check_year(value)


class AwareDateTime(_Text, base.AwareDateTime):
    """An instant."""

    pattern, message = _DATETIME, "Not a valid datetime."

    def _check_json(self, value: Any) -> None:
        super()._check_json(value)
        _check_year(value)


class Time(_Text, base.Time):
    """A time of day on the wall clock in Helsinki."""

    pattern, message = _TIME, "Not a valid time."


def whole_minute(at: time) -> None:
    """Refuse a time of day with seconds, which no page shows.

    Raises:
        ValidationError: it has some.
    """
    if at.second or at.microsecond:
        raise ValidationError("Give hours and minutes only.")


class List(Field, base.List[Any]):
    """A list of one kind of value."""


class Dict(Field, base.Dict):
    """An object with free names."""


class Decimal(Field, base.Decimal):
    """An exact number, as text."""

    def __init__(self, **options: Any) -> None:
        # The document would say `number`, as of every Decimal, and a number of JSON is not exact.
        metadata = {"type": "string"} | dict(options.pop("metadata", {}))
        super().__init__(as_string=True, metadata=metadata, **options)


class Enum(Field, base.Enum[Any]):
    """A member of an enumeration, by its value."""


class Raw(Field, base.Raw):
    """Any JSON."""


def is_bounded(field: base.Field[Any]) -> bool:
    """Whether a field names its own range."""
    return any(isinstance(rule, validate.Range | validate.OneOf) for rule in field.validators)


def must_be_visible(field: base.Field[Any]) -> bool:
    """Whether a text needs at least one character that can be seen."""
    lengths = [rule for rule in field.validators if isinstance(rule, validate.Length)]
    return isinstance(field, base.String) and any(rule.min for rule in lengths)


def _check_year(value: Any) -> None:
    # A day after the year 9999 cannot be computed with; the product's own range is narrower.
    year = value[:4] if isinstance(value, str) else ""
    if year.isdecimal() and not EARLIEST.year <= int(year) <= LATEST.year:
        raise ValidationError(f"Must be in the years {EARLIEST.year} to {LATEST.year}.")
