"""The terms of sale as dated words, with a first version, and which one an order agreed to.

Revision ID: 0071
Revises: 0070
"""

from datetime import UTC, date, datetime

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TERMS = {
    "terms_fi": (
        "Myyjä on kuitissa mainittu myyjä. Hinnat sisältävät arvonlisäveron, jos myyjä on "
        "arvonlisäverovelvollinen.\n\n"
        "Tilaus on maksettava tilaussivulla näkyvään aikaan mennessä, muuten se vanhenee. Saat "
        "kuitin sähköpostiin, kun maksu on vahvistettu.\n\n"
        "Passi on henkilökohtainen, eikä sitä saa antaa toisen käyttöön.\n\n"
        "Voit peruuttaa tilauksen {days} päivän kuluessa maksusta tilauksen sivulla tai "
        "ilmoittamalla siitä palvelupisteeseen. Käyttämätön tilaus maksetaan silloin kokonaan "
        "takaisin. Jos olet pyytänyt, että passi alkaa jo peruutusaikana, ja olet käyttänyt sitä, "
        "maksat käytetyistä päivistä, käyntipassista käytetyistä käynneistä.\n\n"
        "Jos jokin on vialla, ota yhteyttä palvelupisteeseen. Jos emme pääse sopuun, voit viedä "
        "asian kuluttajariitalautakuntaan (kuluttajariita.fi). Ota sitä ennen yhteyttä "
        "kuluttajaneuvontaan (kkv.fi)."
    ),
    "terms_sv": (
        "Säljaren är den som nämns på kvittot. Priserna innehåller moms, om säljaren är "
        "momsskyldig.\n\n"
        "En beställning ska betalas före den tidpunkt som syns på beställningens sida, annars går "
        "den ut. Du får kvittot med e-post när betalningen har bekräftats.\n\n"
        "Motionskortet är personligt och får inte överlåtas till någon annan.\n\n"
        "Du kan ångra beställningen inom {days} dagar från betalningen, på beställningens sida "
        "eller genom att meddela servicedisken. En beställning som inte har använts betalas då "
        "tillbaka i sin helhet. Om du har bett att kortet ska börja gälla redan under ångertiden "
        "och har använt det, betalar du för de använda dagarna, av ett kort med besök för de "
        "använda besöken.\n\n"
        "Om något är fel, kontakta servicedisken. Om vi inte kommer överens kan du föra ärendet "
        "till konsumenttvistenämnden (kuluttajariita.fi). Kontakta konsumentrådgivningen (kkv.fi) "
        "först."
    ),
    "terms_en": (
        "The seller is the one named on the receipt. Prices include VAT, where the seller is "
        "liable to it.\n\n"
        "An order is paid by the time that its page shows, or it expires. You get the receipt by "
        "e-mail when the payment is confirmed.\n\n"
        "A pass is personal and must not be lent to anybody else.\n\n"
        "You can withdraw from the order within {days} days of the payment, on the page of the "
        "order or by telling the desk. An order that has not been used is then paid back in full. "
        "If you have asked for a start within that time and have used the pass, you pay for the "
        "days that you have used, of a pass of so many visits for the visits.\n\n"
        "If something is wrong, contact the desk. If we cannot agree, you can take the matter to "
        "the Consumer Disputes Board (kuluttajariita.fi). Contact the consumer advisory services "
        "(kkv.fi) first."
    ),
    "consent_fi": (
        "Aloita tilauksen mukaan {days} päivän peruuttamisaikana. Jos peruutan kaupan, maksan "
        "käyttämistäni päivistä tai käynneistä."
    ),
    "consent_sv": (
        "Börja enligt beställningen under ångerfristen på {days} dagar. Om jag ångrar köpet "
        "betalar jag för de dagar eller besök jag har använt."
    ),
    "consent_en": (
        "Start as ordered, within the {days} days of withdrawal. If I withdraw, I pay for the days "
        "or visits that I have used."
    ),
}


def upgrade() -> None:
    table = op.create_table(
        "sale_terms",
        sa.Column("id", ID, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in TERMS),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["member.id"], name=op.f("fk_sale_terms_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_terms")),
    )
    # Without an id: the sequence of PostgreSQL counts on. It is 1, as consents before named it.
    first = {"valid_from": date(2020, 1, 1), "recorded_at": datetime(2020, 1, 1, tzinfo=UTC)}
    op.bulk_insert(table, [first | TERMS])
    # Orders of earlier versions agreed to no stored words.
    op.add_column("orders", sa.Column("terms_version", sa.Integer(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER sale_terms_append_only BEFORE UPDATE OR DELETE ON sale_terms "
            "FOR EACH ROW EXECUTE FUNCTION zone_append_only()"
        )


def downgrade() -> None:
    op.drop_column("orders", "terms_version")
    op.drop_table("sale_terms")
