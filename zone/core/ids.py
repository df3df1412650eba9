"""Public identifiers: random, so that nobody can count or guess other people's objects."""

import secrets
import uuid


def new_public_id() -> uuid.UUID:
    """A random UUID, version 4."""
    return uuid.uuid4()


def new_holder() -> int:
    """A random 32-bit pseudonym for a pass holder, never 0."""
    # A unique constraint refuses a collision; with 100 000 holders its probability is 2.3e-5.
    return secrets.randbelow(2**32 - 1) + 1


def new_code(alphabet: str, length: int) -> str:
    """A random code for people to type."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


def new_secret() -> str:
    """A URL-safe secret of 256 bits for sessions, enrolment and tokens."""
    return secrets.token_urlsafe(32)
