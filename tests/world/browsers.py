"""Browsers that ask for sign-in codes and type them, as `members.sign_in.flows` sees them."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from zone.core.config import Settings
from zone.core.db.transactions import reading
from zone.core.mail.models import OutboxMail
from zone.members.sign_in import flows
from zone.members.sign_in.flows import NewSession, SignInAttempt


@dataclass(slots=True)
class Browser:
    """A browser at a client's address, with the two cookies that signing in gives it."""

    client: str = "192.0.2.1"
    asked: str = ""
    mark: str = ""

    @property
    def attempt(self) -> SignInAttempt:
        return SignInAttempt(self.client, "en", self.asked, self.mark)

    def ask(self, settings: Settings, email: str, now: datetime) -> str:
        """Ask for a code, and return it as it stands in the mail."""
        self.asked = flows.send_code(email, self.attempt, settings, now)
        return newest_code()

    def enter(self, settings: Settings, email: str, code: str, now: datetime) -> NewSession:
        """Type a code."""
        signed_in = flows.sign_in_by_code(email, code, self.attempt, settings, now)
        self.mark = signed_in.mark
        return signed_in

    def enter_password(
        self, settings: Settings, email: str, password: str, now: datetime
    ) -> NewSession:
        """Type a password."""
        signed_in = flows.sign_in_by_password(email, password, self.attempt, settings, now)
        self.mark = signed_in.mark
        return signed_in


def newest_code() -> str:
    """Return the code in the newest mail that waits."""
    with reading() as session:
        body = session.scalars(select(OutboxMail.body).order_by(OutboxMail.id.desc())).first()
    return code_in(body or "")


def code_in(mail: str) -> str:
    """Return the code in the text of a mail."""
    match = re.search(r"\b\d{6}\b", mail)
    assert match is not None
    return match[0]


def another(code: str) -> str:
    """Return a code that is not this one."""
    return f"{(int(code) + 1) % 10**6:06}"
