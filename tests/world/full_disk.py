"""Fill the small disk at argv[1] with a journal and print what still works."""

import json
import sys
import uuid
from contextlib import suppress
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
    folder = Path(sys.argv[1])
    journal = Journal(folder)
    ts = 0
    while granted(journal, ts):
        ts += 1
    stored = [journal.append(entry(ts, granted=False), "gym") for _ in range(200)]
    grants = sum(granted(journal, later) for later in range(ts, ts + 50))
    journal.close()
    fill(folder / "filler")
    journal = Journal(folder)  # as after a restart
    stored += [journal.append(entry(ts, granted=False), "gym") for _ in range(200)]
    grants += granted(journal, ts)
    journal.close()
    fill(folder / "more")
    journal = Journal(folder)  # and again, without a reserve for refusals
    journal.verify_chain()
    print(json.dumps({"refused_stored": len(stored), "grants_when_full": grants, "chain": "whole"}))


def fill(path: Path) -> None:
    """Write until the disk has no room left, which even a closed database had given back."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


if __name__ == "__main__":
    main()
