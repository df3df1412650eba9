"""Checks of what Zone needs around it: settings, payments, a seller, clocks and mail."""

import smtplib
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from zone.core.config import Settings
from zone.core.mail import delivery, smtp
from zone.core.mail.delivery import MailUndeliveredError
from zone.core.mail.models import WAITS_SINCE, OutboxMail
from zone.core.service_profile import rules as profile_rules
from zone.core.service_profile.queries import service_profile
from zone.core.time import helsinki_date
from zone.feedback.accessibility import queries as accessibility_queries
from zone.operation.doctor.findings import CheckContext, Finding, fail, ok, warn
from zone.passes.payment_setup.queries import provider_states
from zone.passes.payments.providers.choice import missing_keys
from zone.passes.receipts import pdf
from zone.passes.receipts.rules import seller_in

MAIL_WAITS: Final = timedelta(minutes=15)
MAIL_IS_LATE: Final = timedelta(hours=2)
"""How long the oldest mail has waited when the check warns, and fails."""


def check_settings(context: CheckContext) -> Iterator[Finding]:
    """Check that the settings are those of a real service and not of a demo."""
    settings = context.settings
    if settings.demo:
        yield fail(
            "settings",
            "ZONE_DEMO is on: anybody signs in as anybody",
            "Unset ZONE_DEMO on a real service.",
        )
    if not settings.secure and "//localhost" not in settings.base_url:
        yield fail(
            "settings",
            f"people come by {settings.base_url}, without TLS",
            "Put TLS in front; set ZONE_BASE_URL.",
        )
    # The service speaks no TLS itself, so there is a proxy, and every request has its address: one
    # who guesses passwords would lock everybody out.
    if settings.secure and not settings.trusted_proxies:
        yield warn(
            "settings",
            "all people count as one client, that of the proxy in front",
            "Set ZONE_TRUSTED_PROXIES to the number of proxies that say whose request it is.",
        )
    if "development" in settings.payment_providers:
        yield warn(
            "settings",
            "the payment provider takes no money",
            "Set ZONE_PAYMENT_PROVIDER before you sell.",
        )
    yield ok("settings", f"{settings.base_url}, payments: {settings.payment_provider}")


def check_payment_providers(context: CheckContext) -> Iterator[Finding]:
    """Check that the payment providers have their keys and can call back."""
    settings = context.settings
    real = [name for name in settings.payment_providers if name != "development"]
    for name in real:
        if missing := missing_keys(settings, name):
            yield fail(
                "payments",
                f"{name} takes no payments: {', '.join(missing)} cannot be read or is empty",
                "Follow docs/payments.md.",
            )
        yield from _open_keys(settings.keys, name)
    if real and not settings.secure:
        yield fail(
            "payments",
            f"{', '.join(real)} cannot call back to {settings.base_url}",
            "Set ZONE_BASE_URL to the https address.",
        )
    for state in provider_states(context.session, settings):
        last = f"last report {state.last_notice:%Y-%m-%d %H:%M} UTC" if state.last_notice else ""
        yield ok("payments", f"{state.name} {last or 'has reported no payment yet'}")


def _open_keys(folder: Path, name: str) -> Iterator[Finding]:
    """Find the files of a provider's secrets that others may read."""
    for path in sorted(folder.glob(f"{name}*.key")):
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield warn("payments", f"others may read {path}", f"Run: chmod 600 {path}")


def check_service_profile(context: CheckContext) -> Iterator[Finding]:
    """Check that the service's own data name a seller, and that no setting says otherwise."""
    profile = service_profile(context.session, context.settings)
    if not seller_in(profile).is_complete:
        # A fault only where buyers may come: a new installation has no seller yet.
        finding = fail if context.settings.payment_providers else warn
        yield finding(
            "service",
            "no seller is named, so nothing is sold",
            "Enter name, address and business ID of the seller on the page /manage/service.",
        )
    for name in profile_rules.contradicted(profile, context.settings):
        yield warn(
            "service",
            f"ZONE_{name.upper()} says otherwise than the service's own data, which are used",
            "Unset it, or change the page /manage/service.",
        )
    if not pdf.is_available():
        yield warn(
            "service",
            "receipts are printed from their page, and mails go without a PDF",
            "Install the extra `pdf` and Debian's libpango-1.0-0 and libpangoft2-1.0-0.",
        )
    if not profile.email:
        yield warn(
            "service",
            "people find no address to write to",
            "Enter an e-mail address on the page /manage/service.",
        )
    late = accessibility_queries.overdue(context.session, helsinki_date(context.now))
    if late:
        yield warn(
            "service",
            f"{late} times feedback on accessibility was not answered within 14 days",
            "Answer it on the page /manage/accessibility.",
        )
    yield ok("service", f"{profile.name}, version {profile.version}")


def check_mail(context: CheckContext) -> Iterator[Finding]:
    """Check that the mail server answers and no mail waits for long."""
    if not context.settings.smtp_url:
        yield warn(
            "mail", "no mail server is set, so nobody can sign in by mail", "Set ZONE_SMTP_URL."
        )
    else:
        yield from _check_mail_server(context.settings.smtp_url)
    oldest = context.session.scalar(
        select(func.min(WAITS_SINCE)).where(OutboxMail.state == "waiting")
    )
    waits = timedelta(0) if oldest is None else context.now - oldest
    if waits <= MAIL_WAITS:
        yield ok("mail", "nothing waits for long")
        return
    finding = fail if waits > MAIL_IS_LATE else warn
    yield finding(
        "mail",
        f"the oldest mail waits for {waits}",
        "Look whether the scheduler runs, and at the mail server.",
    )


def _check_mail_server(url: str) -> Iterator[Finding]:
    try:
        with smtp.connect(url):
            yield ok("mail", "the mail server answers")
    except (OSError, smtplib.SMTPException) as error:
        yield fail(
            "mail",
            f"the mail server: {_reason(error)}",
            "Check ZONE_SMTP_URL and the network.",
        )


def _reason(error: OSError | smtplib.SMTPException) -> str:
    # The text of this kind is our own; others may name the account.
    ours = isinstance(error, smtplib.SMTPNotSupportedError)
    return f"{type(error).__name__}: {error}" if ours else type(error).__name__


def try_mail(settings: Settings, address: str, now: datetime) -> Finding:
    """Send a mail to an address at once, and return whether the mail server took it."""
    if not settings.smtp_url:
        return fail("mail", "no mail server is set", "Set ZONE_SMTP_URL.")
    body = f"`zone doctor --send-mail` of {settings.base_url} sent this. Mail works."
    try:
        delivery.send_at_once(settings, address, "Zone: mail works", body, now)
    except MailUndeliveredError as error:
        todo = "Check ZONE_SMTP_URL, ZONE_MAIL_FROM and the address."
        return fail("mail", f"not sent to {address}: {error}", todo)
    return ok("mail", f"the mail server took a mail from {settings.mail_from} to {address}")
