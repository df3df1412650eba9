"""Every mail with values such as it has in use."""

from typing import Any, Final

import zone.app  # noqa: F401 -- the features declare their mails
from zone.core.mail.kinds import KINDS
from zone.core.mail.templates import MailText, render
from zone.core.service_profile.rules import DEFAULT_ACCENT, DEFAULT_ACCENT_DARK

SAMPLES: Final[dict[str, dict[str, Any]]] = {
    template: kind.samples("en") for template, kind in sorted(KINDS.items())
}
IN_LINES: Final = frozenset(
    name for kind in KINDS.values() for name, value in kind.values.items() if value.lines
)
"""Values that may have several lines."""


def a_mail(template: str, language: str = "en", **values: Any) -> MailText:
    """Return a mail with its sample's values, some of them given."""
    mark = {"service": "Zone", "accent": DEFAULT_ACCENT, "accent_dark": DEFAULT_ACCENT_DARK}
    return render(template, language, mark | KINDS[template].samples(language) | values)
