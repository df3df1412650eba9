"""`takeover`: the preview and the import of 10,000 passes that another system has sold.

The reference is the time to read the same file as CSV, and nothing else. `memory` is the peak
of a second import of as many passes, beside the size of the file.
"""

import csv
import io
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Final

from sqlalchemy import select

from zone.app import create_app
from zone.bench import engines
from zone.bench.measurements import Measurement
from zone.bench.pages import migrate_and_seed
from zone.core.clock import utc_now
from zone.core.db.engine import db
from zone.core.db.transactions import reading
from zone.passes.catalogue.models import Product
from zone.passes.takeover import flows

ROWS: Final = 10_000


def run(rows: int = ROWS) -> Iterator[Measurement]:
    """Yield the seconds of a preview and of an import, and its peak in MB, on each engine.

    Raises:
        RuntimeError: not each row was taken over.
    """
    for name, settings in engines.each_engine():
        with create_app(settings).app_context():
            migrate_and_seed(settings, utc_now())
            content, more = (_file(prefix, rows) for prefix in "AB")
            bare = _timed(_read_alone, content)
            for case, work in (("preview", _preview), ("import", _take_over)):
                taken = _timed(work, content)
                yield Measurement(
                    "takeover",
                    f"{name} {case}",
                    "s",
                    rows,
                    value=taken,
                    yardstick=bare,
                    ratio=taken / bare,
                )
            tracemalloc.start()
            _take_over(more)
            peak = tracemalloc.get_traced_memory()[1] / 1e6
            tracemalloc.stop()
            size = len(more) / 1e6
            yield Measurement(
                "takeover",
                f"{name} memory",
                "MB",
                rows,
                value=peak,
                yardstick=size,
                ratio=peak / size,
            )
            db.engine.dispose()


def _file(prefix: str, rows: int) -> bytes:
    """Return a CSV file with a pass for each of so many new people."""
    sold = Product.kind == "sports_pass", Product.visits.is_(None)
    with reading() as session:
        code = session.scalars(select(Product.code).where(*sold).order_by(Product.id)).first()
    lines = ["external_id;email;product;valid_from;valid_until"]
    lines += [
        f"{prefix}{row};{prefix}{row}@example.fi;{code};31.8.2026;31.12.2026" for row in range(rows)
    ]
    return "\r\n".join(lines).encode()


def _read_alone(content: bytes) -> None:
    for _row in csv.reader(io.StringIO(content.decode())):
        pass


def _preview(content: bytes) -> None:
    _check(content, len(flows.preview(content, utc_now()).new))


def _take_over(content: bytes) -> None:
    _check(content, flows.take_over(content, None, good_only=False, now=utc_now()).done)


def _check(content: bytes, done: int) -> None:
    if done != content.count(b"\n"):
        raise RuntimeError(f"{done} passes of a file with more")


def _timed(work: Callable[[bytes], None], content: bytes) -> float:
    begun = time.perf_counter()
    work(content)
    return time.perf_counter() - begun
