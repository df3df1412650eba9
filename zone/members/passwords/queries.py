"""Whether somebody has a password, and the commonest passwords."""

import gzip
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.members.passwords.guessing import SHORTEST_PART, fold
from zone.members.passwords.models import StaffPassword

COMMON_FILE: Final = Path(__file__).with_name("common-passwords.txt.gz")
"""Django's list, the commonest first; its licence lies beside it."""

HERE_FILE: Final = COMMON_FILE.with_name("common-here.txt")
"""Our own list: what people who speak Finnish or Swedish make passwords of. No rank is known."""
RANK_HERE: Final = 256


@cache  # 19,640 words, 3 MB; read when the first password is set
def common_passwords() -> Mapping[str, int]:
    """Return the commonest passwords, folded, with their rank from 1."""
    ranks: dict[str, int] = {}
    for rank, line in enumerate(gzip.decompress(COMMON_FILE.read_bytes()).splitlines(), 1):
        word = fold(line.decode("utf-8"))
        if len(word) >= SHORTEST_PART:
            ranks.setdefault(word, rank)
    for word in map(fold, HERE_FILE.read_text("utf-8").split()):
        ranks[word] = min(ranks.get(word, RANK_HERE), RANK_HERE)
    return ranks


def password_hash(session: Session, member_id: int) -> str | None:
    """Return the hash of a person's password; None where they have none."""
    return session.scalar(select(StaffPassword.hash).where(StaffPassword.member_id == member_id))
