"""Refusals of an order."""

from typing import Final

from zone.core.errors import declare

NOT_ELIGIBLE: Final = declare(
    "not_eligible",
    403,
    "We have not yet been able to confirm that you may buy this. Prove that you study or work "
    "at one of the "
    "universities, on your own page or at the desk, and then try again.",
)
ELIGIBILITY_ENDS_FIRST: Final = declare(
    "eligibility_ends_first",
    403,
    "Your right is proven only until {until}, and this would start after that. Choose an "
    "earlier first day or "
    "prove your right again.",
)
NOT_SOLD: Final = declare(
    "not_sold",
    409,
    "This is not sold to your group at the moment. Choose another product.",
)
START_TOO_FAR: Final = declare(
    "start_too_far",
    422,
    "That first day is more than a year away. Choose an earlier day.",
)
ORDER_OUTDATED: Final = declare(
    "order_outdated",
    409,
    "This order can no longer be paid, because its first day has passed, the VAT rate has "
    "changed, or you already have a pass for the same days. You were not charged. Place a new "
    "order if you need one.",
)
QUOTE_CHANGED: Final = declare(
    "quote_changed",
    409,
    "The price or the days have changed since they were shown. You were not charged. Check the "
    "new ones, and then continue.",
)
OFFER_CHANGED: Final = declare(
    "offer_changed",
    409,
    "The price or the first day has changed since they were shown; perhaps another desk has "
    "just sold the same. "
    "Nothing was sold. Look at the new offer and sell again.",
)
ORDER_EXPIRED: Final = declare(
    "order_expired",
    409,
    "The time to pay this order is over. You were not charged. Place a new order if you need one.",
)
