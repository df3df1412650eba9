"""What is wrong with each field of a refused form, kept for the request.

`forms.refused` notes it, and the macros of `web/components.html` show it at the field by its name.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from flask import Flask, g

from zone.core.errors import DomainError
from zone.web.field_messages import in_language
from zone.web.language import language

_NOTED: Final = "field_errors"


def install(app: Flask) -> None:
    """Offer `field_error` to the templates."""
    app.add_template_global(field_error)


def note_field_errors(refusal: DomainError) -> None:
    """Keep what a refusal says about single fields, for the page that shows the form again."""
    found = dict(_by_input(in_language(refusal.extra.get("fields", {}), language())))
    for reason in refusal.reasons:
        for name in reason.fields:
            found.setdefault(name, reason.text(language(), refusal.params))
    setattr(g, _NOTED, found)


def field_error(name: str) -> str | None:
    """Return what is wrong with the input of this name; None where nothing is."""
    noted: Mapping[str, str] = g.get(_NOTED, {})
    return noted.get(name)


def _by_input(errors: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield (name of the input, sentence): `{"name": {"fi": […]}}` is about `name-fi`."""
    for part, found in errors.items():
        name = f"{prefix}-{part}" if prefix else str(part)
        if isinstance(found, Mapping):
            yield from _by_input(found, name)
        elif found:
            # A number is the place in a list of plain values, which are inputs of one name.
            yield (prefix if isinstance(part, int) else name, str(found[0]))
