"""Refusals about bundles and their parts."""

from typing import Final

from zone.core.errors import declare

NO_BUNDLE: Final = declare(
    "no_bundle", 409, "This product is not a bundle, so it has no parts. Choose another product."
)
PART_IS_NO_PASS: Final = declare(
    "part_is_no_pass",
    422,
    "A part of a bundle is a product that gives one pass: no fee and no other bundle.",
    fields=("part",),
)
COUNTS_TWICE: Final = declare(
    "counts_twice",
    422,
    "Of each kind of pass, at most one part of a bundle counts as taken into use.",
    fields=("counts",),
)
BUNDLE_KIND: Final = declare(
    "bundle_kind",
    409,
    "This product is a part of a bundle, or has parts itself, so it cannot become what you chose. "
    "Take it out of the bundle first.",
    fields=("kind",),
)
