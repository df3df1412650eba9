"""The forms of a page as a browser would submit them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


@dataclass(slots=True)
class RenderedForm:
    """A form with the values that it was rendered with, and its submit buttons by their text."""

    action: str
    method: str
    data: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str] | None] = field(default_factory=dict)

    def submit(self, client: FlaskClient, button: str, **typed: str) -> TestResponse:
        """Fill in some fields and press a button."""
        unknown = typed.keys() - self.data.keys()
        assert not unknown, f"the form has no field {unknown}"
        pressed = self.buttons[button]
        data = self.data | typed | (dict([pressed]) if pressed else {})
        return client.open(self.action, method=self.method, data=data)


def forms_of(client: FlaskClient, path: str) -> list[RenderedForm]:
    """Return the POST forms of the main part of a page, in English."""
    page = client.get(path + ("&" if "?" in path else "?") + "lang=en")
    assert page.status_code == 200
    return forms_in(page.text, path)


def forms_in(html: str, path: str) -> list[RenderedForm]:
    """Return the POST forms in the main part of a document; `path` is its own address."""
    reader = _FormReader(path)
    reader.feed(html)
    return [form for form in reader.forms if form.method == "post"]


class _FormReader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.forms = path, list[RenderedForm]()
        self.in_main = False
        self.select: str | None = None
        self.button: tuple[str, str] | None = None
        self.text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "main":
            self.in_main = True
        elif tag == "form" and self.in_main:
            action = values.get("action") or self.path
            self.forms.append(RenderedForm(action, values.get("method", "get").lower()))
        elif self.forms and tag in ("input", "select", "option", "button"):
            self._read(tag, values, self.forms[-1])

    def _read(self, tag: str, values: dict[str, str], form: RenderedForm) -> None:
        if tag == "input" and (values.get("type") != "checkbox" or "checked" in values):
            form.data[values["name"]] = values.get("value", "")
        elif tag == "select":
            self.select = values["name"]
        elif tag == "option" and self.select is not None:
            # A browser chooses the first option where none is selected.
            if self.select not in form.data or "selected" in values:
                form.data[self.select] = values["value"]
        elif tag == "button":
            self.button = (values["name"], values.get("value", "")) if "name" in values else None
            self.text = []

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self.in_main = False
        elif tag == "select":
            self.select = None
        elif tag == "button" and self.text is not None and self.forms:
            self.forms[-1].buttons[" ".join("".join(self.text).split())] = self.button
            self.text = None
