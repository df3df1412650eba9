"""The pass page while the server is updated: the page and its files are of one version.

*Worker* is the service worker, which keeps the page and its files on the phone.
"""

from typing import Any

import pytest
from flask import Flask

from tests.world.served_app import (
    Site,
    a_phone,
    await_state,
    check_shown,
    put_on_phone,
)
from zone.access.pass_page.pages import PARTS, PARTS_NAME
from zone.web import static_files
from zone.web.static_files import StaticFiles, file_of

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]
WORKER = "access_pass_page_pages.worker"
AWAIT_WORKER = """async (name) => {
  const registration = await navigator.serviceWorker.ready;
  const kept = () => caches.match("/pass", { cacheName: name });
  while (registration.installing || registration.waiting || !(await kept())) {
    await registration.update();
    await new Promise((done) => setTimeout(done, 50));
  }
}"""


def update_server(app: Flask, files: StaticFiles) -> None:
    """Let the server serve other static files, as after an update."""
    app.extensions[static_files.KEY] = files


def next_version(original: bytes = b"", other: bytes = b"// changed\n") -> StaticFiles:
    """Return the static files with `other` for `original` in the pass's script.

    By default it is put at the start of the script.
    """
    files = StaticFiles([(PARTS_NAME, PARTS)])
    changed = dict(files.files)
    script = changed["pass/pass.mjs"]
    assert original in script.body
    changed["pass/pass.mjs"] = file_of(script.body.replace(original, other, 1), script.kind)
    files.__dict__["files"] = changed  # a cached property, from which the digest is computed later
    return files


def put_on_phone_with_worker(page: Any) -> None:
    """Open the page on a new phone and enrol it; wait for the code and the active worker."""
    put_on_phone(page)
    await_worker(page)


def await_worker(page: Any) -> None:
    page.evaluate("navigator.serviceWorker.ready")


def loaded_versions(page: Any) -> set[str]:
    """Return the digests in the addresses of the files that the open page has loaded."""
    names = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    return {name.split("/")[4] for name in names if "/static/" in name}


def newest_cached_version(page: Any) -> str:
    """Return the digest of the files that a worker has cached last."""
    return str(page.evaluate("caches.keys().then((names) => names.at(-1))")).removeprefix(
        "zone-pass-"
    )


def check_opens_offline(page: Any) -> None:
    from playwright.sync_api import Error

    page.context.set_offline(True)
    try:
        page.reload()
        await_state(page, "valid")
    except Error as error:
        raise AssertionError("the page does not open without a network") from error
    finally:
        page.context.set_offline(False)
    assert len(loaded_versions(page)) == 1, "files of two versions"


def check_an_update_that_has_only_begun(site: Site, page: Any) -> None:
    """Check that the pass opens on a phone that loaded the new page and then lost its network.

    The new worker has not come yet, so the old page and the old files must still be together.
    """
    put_on_phone_with_worker(page)
    before = newest_cached_version(page)
    worker = site.app.view_functions[WORKER]
    with site.app.test_request_context():
        old_text = worker()

    def old_worker() -> Any:
        return old_text

    # As with two servers behind one address, of which one is not updated yet.
    site.app.view_functions[WORKER] = old_worker
    update_server(site.app, next_version())
    page.reload()
    await_state(page, "valid")
    new = static_files.files_of(site.app).digest
    assert loaded_versions(page) == {new}, "online the new page is shown"
    assert newest_cached_version(page) == before
    check_opens_offline(page)
    assert loaded_versions(page) == {before}
    check_shown(page, site, certificate=True)


def test_a_phone_that_saw_half_an_update_opens_the_pass(browser: Any, site: Site) -> None:
    with a_phone(browser, site) as page:
        check_an_update_that_has_only_begun(site, page)


@pytest.mark.planted_fault("the worker keeps a page whose files it does not keep")
def test_a_worker_that_keeps_any_page_fails_the_check(browser: Any, site: Site) -> None:
    _break_worker(site.app, ".includes(FILES)", ".includes('')")
    with a_phone(browser, site) as page, pytest.raises(AssertionError):
        check_an_update_that_has_only_begun(site, page)


def _break_worker(app: Flask, original: str, broken: str) -> None:
    worker: Any = app.view_functions[WORKER]

    def broken_worker() -> Any:
        response = worker()
        text = response.get_data(as_text=True)
        assert text.count(original) == 1
        response.set_data(text.replace(original, broken))
        return response

    setattr(broken_worker, "zone_permission", "public")  # noqa: B010 -- as the decorator does
    app.view_functions[WORKER] = broken_worker


@pytest.mark.thorough
def test_after_an_update_the_new_page_opens_offline_with_its_own_files(
    browser: Any, site: Site
) -> None:
    with a_phone(browser, site) as page:
        put_on_phone_with_worker(page)
        before = newest_cached_version(page)
        update_server(site.app, next_version())
        page.reload()
        await_state(page, "valid")
        new = static_files.files_of(site.app).digest
        page.evaluate(AWAIT_WORKER, f"zone-pass-{new}")
        check_opens_offline(page)
        assert loaded_versions(page) == {new}
        assert page.evaluate("caches.keys()") == [f"zone-pass-{before}", f"zone-pass-{new}"]


LOOKS = 5
WORKER_SCOPES = """() => navigator.serviceWorker.getRegistrations().then(
  (all) => all.map((one) => new URL(one.scope).pathname))"""


def check_only_the_worker_of_all_pages_is_left(page: Any) -> None:
    """Check that the pass page unregisters the worker of an earlier release, of /pass alone."""
    page.evaluate("navigator.serviceWorker.register('/pass/sw.js', { scope: '/pass' })")
    assert sorted(page.evaluate(WORKER_SCOPES)) == ["/", "/pass"]
    # An unregistered worker stays until its page is left. Not by `ready`: where the worker of the
    # page is just being unregistered it may never come.
    for _ in range(LOOKS):
        page.reload()
        await_state(page, "valid")
        left = page.evaluate(WORKER_SCOPES)
        if left == ["/"]:
            break
    assert left == ["/"]


def test_the_worker_of_an_earlier_release_is_unregistered(browser: Any, site: Site) -> None:
    with a_phone(browser, site) as page:
        put_on_phone_with_worker(page)
        check_only_the_worker_of_all_pages_is_left(page)


@pytest.mark.planted_fault("the worker of an earlier release stays")
def test_a_worker_of_an_earlier_release_that_stays_fails_the_check(
    browser: Any, site: Site
) -> None:
    update_server(site.app, next_version(b"await before.unregister()", b"before"))
    with a_phone(browser, site) as page:
        put_on_phone_with_worker(page)
        with pytest.raises(AssertionError):
            check_only_the_worker_of_all_pages_is_left(page)
