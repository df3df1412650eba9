"""The names of the weekdays, for the heads of tables and the boxes of forms."""

from flask_babel import gettext as _


def short_weekdays() -> tuple[str, ...]:
    """Return the short names of Monday to Sunday."""
    return (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
