"""Fill the small disk at argv[1] with a journal and print what still works."""

import json
import sys
import uuid
from pathlib import Path

from firmware_bridge.store.journal import Journal, JournalFull
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.reasons import Reason


def entry(ts: int, *, granted: bool) -> Entry:
    reason = Reason.GRANTED if granted else Reason.JOURNAL_FULL
    return Entry(
        0, str(uuid.uuid4()), "door", "scan", 1_800_000_000_000, granted, reason, 7, bytes(8), ts
    )


def granted(journal: Journal, ts: int) -> bool:
    try:
        journal.append(entry(ts, granted=True), "gym")
    except JournalFull:
        return False
    return True


def main() -> None:
    journal = Journal(Path(sys.argv[1]))
    ts = 0
    while granted(journal, ts):
        ts += 1
    stored = [journal.append(entry(ts, granted=False), "gym") for _ in range(200)]
    grants = sum(granted(journal, later) for later in range(ts, ts + 50))
    journal.verify_chain()
    print(json.dumps({"refused_stored": len(stored), "grants_when_full": grants, "chain": "whole"}))


if __name__ == "__main__":
    main()
