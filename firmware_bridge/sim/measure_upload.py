"""Measure an upload: the entries of days without a network, and the scans at the door meanwhile.

    python -m firmware_bridge.sim.measure_upload --server URL --token TOKEN --door ID --area ID
        --phones phones.json --entries 50000

The bridge enrols at a server that is served at URL. `phones.json` has the keys that the server
knows, as [{"key": PEM, "holder": number}, …]. Its journal is filled with grants of these phones;
then it runs, and a phone is scanned every `PAUSE_SECONDS` until the server has settled them all.
After each scan a bare commit of the same row is measured, as `measure` does. One JSON object:

    {"entries": 50000, "seconds": 41.3, "door_ms": [...], "commit_ms": [...], "rss_mb": 41.2}
"""

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from firmware_bridge.clock import Clock
from firmware_bridge.sim import measure
from firmware_bridge.sim.bare_commit import bare_commits
from firmware_bridge.sim.reader import SimulatedReader
from firmware_bridge.sim.relay import SimulatedRelay
from firmware_bridge.wire import token as codes
from firmware_bridge.wire.messages.entries import Entry

PAUSE_SECONDS: Final = 0.25
GIVE_UP_SECONDS: Final = 900.0


@dataclass(frozen=True, slots=True)
class SimulatedPhone:
    """A phone that the server knows, and the number of its holder."""

    key: ec.EllipticCurvePrivateKey
    kid: bytes
    holder: int


def read_phones(path: Path) -> list[SimulatedPhone]:
    """Return the phones in a file.

    Raises:
        TypeError: the key of one is of another kind.
    """
    phones = []
    for row in json.loads(path.read_text()):
        key = load_pem_private_key(row["key"].encode(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{path}: the key of a phone is of P-256")
        phones.append(SimulatedPhone(key, codes.compute_kid(key.public_key()), row["holder"]))
    return phones


def past_grants(
    phones: Sequence[SimulatedPhone], door: str, entries: int, now: int
) -> Iterator[Entry]:
    """Yield a grant for each of the last seconds, with its code."""
    for number, phone in zip(range(entries), cycle(phones), strict=False):
        at = now - entries + number
        code = codes.sign_short(phone.key, at)
        yield measure.a_grant(door, phone.holder, phone.kid, at, code)


def settled(folder: Path) -> int:
    """Return up to which entry the server has all."""
    with closing(sqlite3.connect(f"file:{folder / 'journal.sqlite'}?mode=ro", uri=True)) as journal:
        row = journal.execute("SELECT value FROM meta WHERE name = 'settled'").fetchone()
    return 0 if row is None else int(row[0])


def measure_upload(
    server: str, token: str, door: str, area: str, phones: Sequence[SimulatedPhone], entries: int
) -> dict[str, object]:
    """Enrol, fill the journal, and scan until all is uploaded; return the figures.

    Raises:
        TimeoutError: the server has not settled them in time.
    """
    with tempfile.TemporaryDirectory(prefix="zone-upload-") as name:
        folder = Path(name)
        config = measure.write_config(folder, [door], server=server)
        enrol = [sys.executable, "-m", "firmware_bridge.cli", "enrol", "--config", str(config)]
        subprocess.run([*enrol, "--token", token], check=True, stdout=subprocess.DEVNULL)
        now = int(Clock().now())
        measure.write_entries(folder, past_grants(phones, door, entries, now), area)
        timer, door_ms, commit_ms = measure.StrikeTimer(), [], []
        with (
            closing(SimulatedReader(folder / "reader0")) as reader,
            closing(SimulatedRelay(folder / "relay0", on_pulse=timer)),
            measure.running_bridge(config, "changes") as process,
            bare_commits(folder) as time_commit,
        ):
            begun = time.monotonic()
            for phone in cycle(phones):
                door_ms.append(timer.time(reader, codes.sign_short(phone.key, int(Clock().now()))))
                commit_ms.append(time_commit())
                seconds = time.monotonic() - begun
                if settled(folder) >= entries:
                    break
                if seconds > GIVE_UP_SECONDS:
                    raise TimeoutError(f"{settled(folder)} of {entries} entries are settled")
                time.sleep(PAUSE_SECONDS)
            rss = measure.rss_mb(process.pid)
    return {
        "entries": entries,
        "seconds": seconds,
        "door_ms": door_ms,
        "commit_ms": commit_ms,
        "rss_mb": rss,
    }


def main() -> int:
    """Print the figures of one upload."""
    parser = argparse.ArgumentParser(
        "python -m firmware_bridge.sim.measure_upload", description="How fast an upload is."
    )
    for name in ("server", "token", "door", "area"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--phones", type=Path, required=True)
    parser.add_argument("--entries", type=int, default=50_000)
    given = parser.parse_args()
    phones = read_phones(given.phones)
    figures = measure_upload(
        given.server, given.token, given.door, given.area, phones, given.entries
    )
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
