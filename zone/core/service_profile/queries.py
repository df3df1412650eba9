"""The service's own data as stored."""

from typing import Final

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from zone.core.config import Settings
from zone.core.db.prepared_select import PreparedSelect
from zone.core.mail.quiet_hours import QuietHours
from zone.core.service_profile.models import ServiceProfileRow
from zone.core.service_profile.rules import (
    DEFAULT_ACCENT,
    DEFAULT_NAME,
    FIELDS,
    ServiceProfile,
    first_values,
)

_STORED: Final = select(*(getattr(ServiceProfileRow, name) for name in FIELDS))
_QUIET: Final = select(ServiceProfileRow.quiet_from, ServiceProfileRow.quiet_until)
_FOR_MAIL: Final = PreparedSelect(  # asked for each mail, while others wait
    select(
        ServiceProfileRow.name,
        ServiceProfileRow.accent,
        ServiceProfileRow.quiet_from,
        ServiceProfileRow.quiet_until,
    )
)
_MARK: Final = select(ServiceProfileRow.name, ServiceProfileRow.accent)


def service_profile(session: Session | Connection, settings: Settings) -> ServiceProfile:
    """Return the service's own data; the first values where nobody has saved any."""
    row = session.execute(_STORED).one_or_none()
    return ServiceProfile(*row) if row is not None else first_values(settings)


def logo(session: Session | Connection, digest: str) -> bytes | None:
    """Return the logo with this digest, a PNG; None: there is another one, or none."""
    query = select(ServiceProfileRow.logo).where(ServiceProfileRow.logo_digest == digest)
    return session.execute(query).scalar_one_or_none()


def service_mark(session: Session) -> tuple[str, str]:
    """Return the service's name and its accent colour."""
    row = session.execute(_MARK).one_or_none()
    return (DEFAULT_NAME, DEFAULT_ACCENT) if row is None else (row.name, row.accent)


def mail_profile(session: Session) -> tuple[str, str, QuietHours]:
    """Return what each mail needs of the service: name, accent colour and quiet hours."""
    rows = _FOR_MAIL.fetch(session.connection())
    if not rows:
        return DEFAULT_NAME, DEFAULT_ACCENT, QuietHours()
    [row] = rows
    return row.name, row.accent, QuietHours(row.quiet_from, row.quiet_until)


def quiet_hours(session: Session) -> QuietHours:
    """Return the hours in which mails wait."""
    row = session.execute(_QUIET).one_or_none()
    return QuietHours() if row is None else QuietHours(row.quiet_from, row.quiet_until)


def service_name(session: Session) -> str:
    """Return the service's name."""
    return session.scalar(select(ServiceProfileRow.name)) or DEFAULT_NAME
