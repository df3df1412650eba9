"""Refusals of payments and refunds."""

from typing import Final

from zone.core.errors import declare

PAYMENTS_CLOSED: Final = declare(
    "payments_closed",
    503,
    fi="Verkossa ei voi juuri nyt maksaa. Osta asiakaspalvelusta tai yritä myöhemmin uudelleen.",
    sv="Det går inte att betala på nätet just nu. Köp hos kundtjänsten eller försök igen senare.",
    en="Online payment is closed at the moment. Buy at the desk, or try again later.",
)
ORDER_SETTLED: Final = declare(
    "order_settled",
    409,
    fi="Tämä tilaus on jo maksettu. Passisi löytyy omilta sivuiltasi.",
    sv="Den här beställningen är redan betald. Ditt pass finns på dina egna sidor.",
    en="This order is already paid. Your pass is on your own pages.",
    constraints=(
        "uq_pass_order_line_id",
        "uq_payment_event_payment_id_outcome",
        "uq_receipt_order_id_kind",
    ),
)
ORDER_REFUNDED: Final = declare(
    "order_refunded",
    409,
    fi="Tämä tilaus on hyvitetty, joten sitä ei voi enää maksaa. Tilaa tarvittaessa uudelleen.",
    sv="Den här beställningen är återbetald och kan inte längre betalas. Beställ på nytt vid "
    "behov.",
    en="This order has been refunded, so it can no longer be paid. Place a new order if you need "
    "one.",
)
FORGED_NOTICE: Final = declare(
    "forged_notice",
    400,
    fi="Maksuilmoituksen allekirjoitus ei täsmää, joten sitä ei otettu vastaan. Avaa tilauksesi ja "
    "maksa sieltä.",
    sv="Betalningsmeddelandets signatur stämmer inte, så det togs inte emot. Öppna din beställning "
    "och betala där.",
    en="The signature of the payment notice does not match, so it was not accepted. Open your "
    "order and pay there.",
)
WRONG_AMOUNT: Final = declare(
    "wrong_amount",
    409,
    fi="Maksettu summa ei vastaa tilausta, joten passia ei annettu. Ota yhteys asiakaspalveluun.",
    sv="Det betalda beloppet motsvarar inte beställningen, så passet gavs inte. Kontakta "
    "kundtjänsten.",
    en="The amount paid is not that of the order, so no pass was given. Contact the desk.",
)
NOT_PAID: Final = declare(
    "not_paid",
    409,
    fi="Tilausta ei ole maksettu, joten sitä ei voi hyvittää.",
    sv="Beställningen är inte betald, så den kan inte återbetalas.",
    en="The order has not been paid, so there is nothing to refund.",
)
ALREADY_REFUNDED: Final = declare(
    "already_refunded",
    409,
    fi="Tämä tilaus on jo hyvitetty. Hyvityksen numero on tilauksen kuitilla.",
    sv="Den här beställningen är redan återbetald. Återbetalningens nummer finns på beställningens "
    "kvitto.",
    en="This order has already been refunded. The number of the refund is on the order's receipt.",
    constraints=("uq_refund_payment_id", "uq_pass_event_once"),
)
