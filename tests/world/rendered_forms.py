"""The forms of a page as a browser would submit them."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Final

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from zone.core.clock import utc_now
from zone.core.time import helsinki_date

LANGUAGE: Final = "/language"


@dataclass(slots=True)
class RenderedForm:
    """A form with the values that it was rendered with, and its submit buttons by their text.

    `required` has a plain value for each field that a person has to fill in.
    """

    action: str
    method: str
    data: dict[str, list[str]] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str] | None] = field(default_factory=dict)
    required: dict[str, str] = field(default_factory=dict)

    def submit(self, client: FlaskClient, button: str, **typed: str) -> TestResponse:
        """Fill in some fields and press a button."""
        unknown = typed.keys() - self.data.keys()
        assert not unknown, f"the form has no field {unknown}"
        pressed = self.buttons[button]
        data = self.data | typed | (dict([pressed]) if pressed else {})
        return client.open(self.action, method=self.method, data=data)

    def save(self, client: FlaskClient, **typed: str) -> TestResponse:
        """Submit a form of one button."""
        (button,) = self.buttons
        return self.submit(client, button, **typed)

    def plain_values(self) -> dict[str, str]:
        """Return a value for each required field that was rendered empty."""
        return {name: text for name, text in self.required.items() if not any(self.data[name])}


def forms_of(client: FlaskClient, path: str) -> list[RenderedForm]:
    """Return the POST forms of a page, in English."""
    page = client.get(path + ("&" if "?" in path else "?") + "lang=en")
    assert page.status_code == 200
    return forms_in(page.text, path)


def form_with(client: FlaskClient, path: str, field: str) -> RenderedForm:
    """Return the form of a page that has this field."""
    return next(form for form in forms_of(client, path) if field in form.data)


def forms_in(html: str, path: str) -> list[RenderedForm]:
    """Return the POST forms of a document; `path` is its own address.

    Not the form for the language, which stands on every page and has tests of its own.
    """
    reader = _FormReader(path)
    reader.feed(html)
    return [form for form in reader.forms if form.method == "post" and form.action != LANGUAGE]


def text_of(html: str) -> str:
    """Return the words of a document without its marks, each apart by one space."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


def _plain_value(values: dict[str, str]) -> str:
    day = str(helsinki_date(utc_now()) + timedelta(days=1))
    examples = {"email": "plain@zone.example", "date": day, "time": "12:00", "number": "1"}
    kind = values.get("type", "text")
    return values.get("value", "") if kind == "radio" else examples.get(kind, "Plain")


class _FormReader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.forms = path, list[RenderedForm]()
        self.form: RenderedForm | None = None
        self.select: str | None = None
        self.at: int | None = None
        self.area: str | None = None
        self.button: tuple[str, str] | None = None
        self.text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = values.get("action") or self.path
            self.form = RenderedForm(action, values.get("method", "get").lower())
            self.forms.append(self.form)
        elif self.form is not None and "disabled" not in values:
            self._read(tag, values, self.form)

    def _read(self, tag: str, values: dict[str, str], form: RenderedForm) -> None:
        if tag in ("input", "textarea", "select") and "required" in values:
            form.required.setdefault(values["name"], _plain_value(values))
        if tag == "input" and "name" in values:
            sent = values.get("type") not in ("checkbox", "radio") or "checked" in values
            form.data.setdefault(values["name"], [])
            form.data[values["name"]] += [values.get("value", "")] if sent else []
        elif tag == "select":
            self.select, self.at = values["name"], None
        elif tag == "option" and self.select is not None:
            # A browser chooses the first option where none is selected.
            chosen = form.data.setdefault(self.select, [])
            if self.at is None:
                # Several of one name are sent each, such as those of the rows of a list.
                self.at = len(chosen)
                chosen.append(values.get("value", ""))
            elif "selected" in values:
                chosen[self.at] = values.get("value", "")
        elif tag == "textarea":
            self.area, self.text = values["name"], []
        elif tag == "button":
            self.button = (values["name"], values.get("value", "")) if "name" in values else None
            self.text = []

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = None
        elif tag in ("button", "textarea") and self.text is not None and self.form is not None:
            text = "".join(self.text)
            if self.area is not None:
                self.form.data[self.area], self.area = [text], None
            else:
                self.form.buttons[" ".join(text.split())] = self.button
            self.text = None
