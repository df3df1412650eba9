"""What the page of the development provider sends, in the shape of the running fakes."""

from dataclasses import dataclass, field

from sqlalchemy import select

from tests.world.pay_server import Asked
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading
from zone.passes.payments.models import Payment
from zone.passes.payments.providers.development import DevelopmentProvider, development_provider
from zone.passes.payments.providers.protocol import AmountDue


@dataclass
class DevelopmentBook:
    """The payments of the development provider; their ids are our references."""

    settings: Settings
    outcomes: dict[str, str] = field(default_factory=dict)

    @property
    def newest(self) -> str:
        """The id of the newest payment."""
        with reading() as session:
            newest = select(Payment.reference).order_by(Payment.id.desc()).limit(1)
            return session.scalars(newest).one()

    def page_of(self, identity: str) -> str:
        """Return the address to pay at, without what is signed."""
        return f"/dev-pay/{identity}"

    def settle(self, identity: str, outcome: str) -> None:
        """Record what became of a payment."""
        self.outcomes[identity] = outcome

    def callbacks(self, identity: str) -> list[Asked]:
        """Return the signed request with which a payment is reported now."""
        return [self.report(identity)]

    def report(
        self,
        identity: str,
        *,
        secret: bytes | None = None,
        cents: int | None = None,
        currency: str | None = None,
    ) -> Asked:
        """Return a signed report: by another secret, of another sum or currency where given."""
        provider = development_provider(self.settings.keys)
        if secret is not None:
            provider = DevelopmentProvider(secret)
        with reading() as session:
            payment = session.scalars(select(Payment).where(Payment.reference == identity)).one()
        due = AmountDue(identity, cents or payment.cents, currency or payment.currency)
        address = provider.callback(due, self.outcomes[identity], utc_now())
        return Asked("GET", address, {}, {}, b"")
