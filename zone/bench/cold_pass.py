"""`cold-pass`: a phone's browser is started without a network; how long until a code is drawn.

The pass has been put on the phone before. Each sample is a new process of the browser on the same
profile, measured from the start of the navigation, so that it includes starting the service worker.
The reference is the page `/offline` from the same worker, which draws only words.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import click

from zone.bench.measurements import Measurement, percentile
from zone.demo.machine import browsers
from zone.demo.supervisor import opened
from zone.demo.tour import BOOKED

ROUNDS: Final = 15
MILLIS: Final = 10_000
"""Milliseconds to wait for a code before the measurement is given up."""
_DRAWN: Final = "#code .ink[d^=M]"
_FIRST_PAINT: Final = """() => new Promise((resolve) =>
  new PerformanceObserver((list) => {
    const paint = list.getEntriesByName("first-contentful-paint")[0];
    if (paint) resolve(paint.startTime);
  }).observe({type: "paint", buffered: true}))"""
_NOTE_CODE: Final = """window.drawn = new Promise((resolve) =>
  new MutationObserver((_, watcher) => {
    if (!document.querySelector("#code .ink[d^=M]")) return;
    watcher.disconnect();
    resolve(performance.now());
  }).observe(document, {subtree: true, childList: true, attributeFilter: ["d"]}))"""


def run() -> Iterator[Measurement]:
    """Yield one figure in milliseconds, or none where no browser can be driven."""
    if lacking := browsers.lacking():
        click.echo(f"cold-pass needs {', '.join(lacking)}", err=True)
        return
    with (
        tempfile.TemporaryDirectory(prefix="zone-cold-pass-") as folder,
        opened(Path(folder) / "zone") as stage,
    ):
        yield _measure(Path(folder) / "browser", stage.url)


def _measure(profile: Path, url: str) -> Measurement:
    with _browser(profile) as context:
        _put_pass_on_phone(context, url)
    millis, words = [], []
    for _ in range(ROUNDS):
        with _browser(profile, offline=True) as context:
            millis.append(_until_code(context, url))
        with _browser(profile, offline=True) as context:
            words.append(_until_words(context, url))
    yardstick = median(words)
    return Measurement(
        "cold-pass",
        "offline",
        "ms",
        ROUNDS,
        percentile(millis, 50),
        percentile(millis, 95),
        percentile(millis, 99),
        yardstick=yardstick,
        ratio=median(millis) / yardstick,
    )


@contextmanager
def _browser(profile: Path, *, offline: bool = False) -> Iterator[Any]:
    from playwright.sync_api import (  # noqa: PLC0415 -- an extra: only where there is a browser
        sync_playwright,
    )

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(profile),
            executable_path=str(browsers.CHROMIUM),
            args=browsers.FLAGS,
            offline=offline,
        )
        yield context
        context.close()


def _put_pass_on_phone(context: Any, url: str) -> None:
    page = context.new_page()
    page.goto(f"{url}/sign-in")
    page.locator("input[name=anybody]").fill(BOOKED)
    page.locator("input[name=anybody]").press("Enter")
    page.wait_for_url(lambda address: "/sign-in" not in address)
    page.goto(f"{url}/pass")
    page.locator("[data-enrol]:visible").first.click()
    page.locator(_DRAWN).wait_for(state="attached", timeout=MILLIS)
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()  # what a second visit leaves in the worker's caches


def _until_code(context: Any, url: str) -> float:
    page = context.new_page()
    page.add_init_script(_NOTE_CODE)
    page.goto(f"{url}/pass", wait_until="commit")
    page.locator(_DRAWN).wait_for(state="attached", timeout=MILLIS)
    return float(page.evaluate("window.drawn"))


def _until_words(context: Any, url: str) -> float:
    page = context.new_page()
    page.goto(f"{url}/offline")
    return float(page.evaluate(_FIRST_PAINT))
