"""Forms that are refused: what is typed into them wrongly, and whether each field then says so."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

from tests.world.rendered_forms import LANGUAGE
from zone.core.text import clean_text

LONG: Final = "x" * 5000
UNKNOWN: Final = "no-such-choice"
TYPED: Final = frozenset({"text", "email", "search", "password", "textarea"})
CHOSEN: Final = frozenset({"select", "radio", "checkbox"})
TIE: Final = "aria-describedby"
QUESTION: Final = re.compile(r"(text|kind)-\d")
CASES: Final = ("blank", "wrong")
"""`blank`: spaces in each field that must be filled in. `wrong`: texts that are too long, and
choices, days, times and numbers that are none.
"""
FLAGS: Final = frozenset({"1", "true"})
"""The values of checkboxes that say yes or no: any other value is a no."""


@dataclass(slots=True)
class Field:
    """A field that people see. `kind` is the type of an input, else the name of the tag."""

    name: str
    kind: str
    required: bool
    is_number: bool
    value: str
    invalid: bool
    described_by: tuple[str, ...]


@dataclass(slots=True)
class SeenForm:
    """A POST form: its address, its hidden values, and its fields."""

    action: str
    hidden: dict[str, str] = field(default_factory=dict)
    fields: list[Field] = field(default_factory=list)

    def is_same(self, other: "SeenForm") -> bool:
        """Whether this is the other one, shown again."""
        kept = {"key", "csrf_token", "version"}
        hidden, others = (
            {name: value for name, value in form.hidden.items() if name not in kept}
            for form in (self, other)
        )
        # A survey that is shown again may have further fields for questions.
        names, other_names = (
            {one.name for one in form.fields if not QUESTION.match(one.name)}
            for form in (self, other)
        )
        return self.action == other.action and names == other_names and hidden == others


class _Reader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.forms, self.texts = path, list[SeenForm](), dict[str, str]()
        self.form: SeenForm | None = None
        self.inside: list[tuple[str, str]] = []
        self.area: Field | None = None
        self.group: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in ("p", "span", "div"):
            self.inside.append((tag, values.get("id", "")))
        if tag == "form" and values.get("method") == "post":
            self.form = SeenForm(values.get("action") or self.path)
            self.forms.append(self.form)
        elif tag == "fieldset":
            self.group = values
        elif self.form is not None and tag in ("input", "select", "textarea"):
            self._add(self.form, tag, values)

    def _add(self, form: SeenForm, tag: str, values: dict[str, str]) -> None:
        kind = values.get("type", "text") if tag == "input" else tag
        if kind == "hidden":
            form.hidden[values["name"]] = values.get("value", "")
            return
        seen = Field(
            values["name"],
            kind,
            "required" in values,
            values.get("inputmode") in ("numeric", "decimal"),
            values.get("value", ""),
            "true" in (values.get("aria-invalid"), self.group.get("aria-invalid")),
            tuple(f"{values.get(TIE, '')} {self.group.get(TIE, '')}".split()),
        )
        form.fields.append(seen)
        self.area = seen if tag == "textarea" else None

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.area.value += data
        for _, id_ in self.inside:
            if id_:
                self.texts[id_] = self.texts.get(id_, "") + data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "textarea":
            self.area = None
        elif tag == "fieldset":
            self.group = {}
        elif self.inside and self.inside[-1][0] == tag:
            self.inside.pop()


def forms_seen(html: str, path: str) -> tuple[list[SeenForm], dict[str, str]]:
    """Return the POST forms of a document, as `forms_in` does, and its texts by their id."""
    reader = _Reader(path)
    reader.feed(html)
    return [form for form in reader.forms if form.action != LANGUAGE], reader.texts


def typed_wrongly(form: SeenForm, case: str) -> dict[str, str]:
    """Return the values of the fields that one of `CASES` makes wrong."""
    values = {}
    for one in form.fields:
        is_text = one.kind in TYPED and not one.is_number
        if case == "blank" and one.required and one.kind not in CHOSEN:
            values[one.name] = "   "
        elif case == "wrong" and one.value not in FLAGS:
            values[one.name] = LONG if is_text else UNKNOWN
    return values


def faults_of_refusal(
    form: SeenForm, html: str, typed: dict[str, str]
) -> tuple[list[str], list[str]]:
    """Return what is wrong with the page that answers a refused form, and the typed fields that it
    does not mark.
    """
    forms, texts = forms_seen(html, form.action)
    shown = [one for one in forms if one.is_same(form)]
    if len(shown) != 1:
        return [f"shows the form {len(shown)} times"], []
    faults = [
        f"marks {one.name} of another form"
        for other in forms
        if other is not shown[0]
        for one in other.fields
        if one.invalid
    ]
    for name, value in typed.items():
        # Of a field that a form has in several rows only the first is typed into.
        same = [one for one in shown[0].fields if one.name == name]
        one = next((one for one in same if one.invalid), same[0])
        if one.invalid and not any(texts.get(id_, "").strip() for id_ in one.described_by):
            faults.append(f"ties no message to {name}")
        if not any(_keeps(one, value) for one in same):
            faults.append(f"drops what was typed into {name}: {one.value[:20]!r}")
    marked = {one.name for one in shown[0].fields if one.invalid}
    return faults, [name for name in typed if name not in marked]


def _keeps(one: Field, typed: str) -> bool:
    return one.kind in CHOSEN | {"password"} or one.value in (typed, clean_text(typed))
