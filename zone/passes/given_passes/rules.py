"""Which passes staff give without payment. Pure."""

from typing import Final

GIVEN_KINDS: Final = ("companion", "guest", "complimentary", "test")
"""Kinds of passes that staff give for nothing; none of them counts in target A."""
