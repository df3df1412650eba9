"""The sentences about what is paid back. Pure."""

from datetime import date

from zone.core.formats import format_date
from zone.core.i18n import translate
from zone.passes.refund_rules.rules import REASONS, Refundable


def why_so_much(back: Refundable, language: str) -> str:
    """Return why so much is paid back, as one text."""
    values = {
        name: format_date(value, language) if isinstance(value, date) else value
        for name, value in back.params.items()
    }
    return " ".join(
        translate(REASONS[reason], language).format(**values) for reason in back.reasons
    )
