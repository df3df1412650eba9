"""From an empty database to the first door that opens: every step on a page, on a phone.

The web server runs in this process; the box at the door is a process of its own, with a simulated
scanner and relay board at the far ends of two ptys.
"""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.world.served_app import PHONE, decoded, put_on_phone, serving
from tests.world.smtp import Mailbox, server
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.time import helsinki_date
from zone.demo.machine.processes import Process, environment, python, script
from zone.demo.supervisor import BRIDGE_TOML, DOOR_TOML, READY_SECONDS, await_bridge
from zone.operation.mail.jobs import deliver
from zone.web.context import settings_of

# 14 s of CPU; tests/places/test_setup_by_pages.py goes the way to the first class by forms.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.thorough,
    pytest.mark.engines("sqlite"),
]
EMAIL, PASSWORD = "yllapito@zone.example", "a password of some length"
STUDENT = "opiskelija@zone.example"
CODE = re.compile(r"\b\d{6}\b")


@dataclass(slots=True)
class Hand:
    """A person with a phone; `steps` are the forms that they sent, in their own words."""

    page: Any
    steps: list[str] = field(default_factory=list)
    opened: int = 0

    def goto(self, link: str, *, within: str = "main") -> None:
        """Follow a link of the page."""
        with self.page.expect_navigation():
            self.page.locator(within).get_by_role("link", name=link).first.click()
        self.opened += 1

    def fill(self, **values: str) -> None:
        """Type into fields or choose by value; `name__fi` is the field `name-fi`."""
        for name, value in values.items():
            place = self.page.locator(f"main [name='{name.replace('__', '-')}']:visible").first
            if place.evaluate("one => one.tagName") == "SELECT":
                place.select_option(value)
            else:
                place.fill(value)

    def choose(self, name: str, words: str) -> None:
        """Choose the first option of a list that holds the words."""
        options = self.page.locator(f"main select[name='{name}'] option", has_text=words)
        self.fill(**{name: options.first.get_attribute("value")})

    def named(self, prefix: str, word: str) -> None:
        self.fill(**{f"{prefix}__{code}": word for code in ("fi", "sv", "en")})

    def tick(self, *labels: str) -> None:
        for label in labels:
            self.page.locator("main").get_by_label(label, exact=True).first.check()

    def press(self, button: str, *, step: str = "", exact: bool = False) -> None:
        """Press a button, and wait for the page that answers."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=button, exact=exact).locator(
                "visible=true"
            ).first.click()
        self.steps.append(step or button)
        assert self.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

    def first_steps(self) -> None:
        """Go back to the list, to which every page of managers leads until all is done."""
        with self.page.expect_navigation():
            self.page.locator(".due a").click()
        self.opened += 1

    def step(self, title: str) -> None:
        """Go on with a step of the list."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=f"Go on {title}", exact=True).click()
        self.opened += 1


@dataclass(frozen=True, slots=True)
class Service:
    """A service that nobody has set up, and its mails."""

    settings: Settings
    mailbox: Mailbox


@pytest.fixture
def service(tmp_path: Path, sqlite_template: Path) -> Iterator[Service]:
    """A migrated, empty database with one administrator, made by the command."""
    (tmp_path / "zone.sqlite").write_bytes(sqlite_template.read_bytes())
    mailbox = Mailbox()
    with server(mailbox) as address:
        settings = Settings(
            data_dir=tmp_path,
            smtp_url=f"smtp://{address}",
            payment_provider="development",
            pool_size=8,
        )
        command = [
            script("zone"),
            "admin",
            "create",
            EMAIL,
            "--name",
            "Ylläpito",
            "--language",
            "en",
        ]
        env = environment({"ZONE_DATA_DIR": str(tmp_path)})
        subprocess.run(command, env=env, input=f"{PASSWORD}\n{PASSWORD}\n", text=True, check=True)
        with serving(settings) as app:
            yield Service(settings_of(app), mailbox)


def phone_at(stack: ExitStack, browser: Any, service: Service) -> Hand:
    context = browser.new_context(
        base_url=service.settings.base_url,
        viewport=PHONE,
        device_scale_factor=2,
        locale="en-FI",
        timezone_id="Europe/Helsinki",
        reduced_motion="reduce",
    )
    stack.callback(context.close)
    context.set_default_timeout(10_000)
    return Hand(context.new_page())


def set_up(hand: Hand) -> None:
    """Do what a service cannot open without, up to the computer at the doors."""
    today = helsinki_date(utc_now())
    hand.page.goto("/sign-in/password?lang=en")
    hand.fill(email=EMAIL, password=PASSWORD)
    hand.press("Sign in")
    assert hand.page.url.endswith("/manage/setup")
    hand.tick("Metropolia", "Arcada")
    hand.press("Add these", step="Institutions")
    hand.tick("Metropolia Myllypuro")
    hand.press("Add these", step="Campuses")
    hand.press("Take the Finnish rates")
    hand.press("Take the targets of the alliance")
    hand.press("Send a mail to myself")

    hand.step("Ordinary opening hours")
    hand.tick("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    hand.fill(opens="06:00", closes="23:00")
    hand.press("Go on", step="Hours")
    hand.first_steps()

    hand.step("Name, contact and seller")
    hand.fill(
        name="Zone",
        short_name="Zone",
        email="zone@zone.example",
        seller_name="Zone ry",
        seller_address="Katu 1, 00100 Helsinki",
        seller_business_id="1234567-1",
    )
    hand.press("Save the service")
    hand.first_steps()

    hand.step("Terms")
    hand.fill(starts_on=f"{today}", ends_on=f"{today + timedelta(days=60)}")
    hand.press("Add the term")
    hand.first_steps()

    hand.step("Halls and their parts")
    hand.goto("New hall or room")
    hand.named("name", "Hall")
    hand.fill(code="hall", capacity="60", parts="3", part_capacity="20")
    hand.named("part_name", "Court")
    hand.press("Add the space")
    hand.first_steps()

    hand.step("Products and prices")
    hand.goto("New product")
    hand.fill(code="month", duration="days", length_days="30")
    hand.named("name", "Month")
    hand.tick("Group classes")
    hand.press("Save the product")
    hand.fill(euros="45")
    hand.press("Set the price")
    hand.first_steps()

    hand.step("First weekly class")
    hand.goto("New weekly class")
    hand.named("name", "Yoga")
    hand.choose("space", "Hall")
    hand.fill(
        category="mind", starts_at="17:00", minutes="60", last_on=f"{today + timedelta(days=60)}"
    )
    hand.tick("Tuesday")
    hand.press("Show what it does")
    hand.press("Do it")
    hand.first_steps()


def a_door(hand: Hand) -> tuple[str, str]:
    """Make the first door and the bridge that drives it; return its id and the enrolment code."""
    hand.step("Computer at the doors")
    hand.page.locator("summary", has_text="New bridge").click()
    hand.fill(name="Box")
    hand.press("Make the bridge")
    hand.first_steps()
    hand.step("First door")
    hand.goto("New area")
    hand.fill(name="Hall")
    hand.tick("Group classes", "Day and night, whatever the campus's hours")
    hand.press("Make the area")
    hand.goto("New door")
    hand.fill(name="Hall door", strike_ms="1000")
    hand.press("Make the door")
    door = hand.page.locator("main code").inner_text()
    hand.goto("Doors and bridges")
    hand.press("Show the code")
    return door, hand.page.locator(".enrol-code").inner_text()


def join(hand: Hand, service: Service) -> None:
    """Sign in as a new student by a mailed code, and say where one studies."""
    hand.page.goto("/sign-in?lang=en")
    hand.fill(email=STUDENT)
    hand.press("Send")
    deliver(service.settings, utc_now())
    mailed = next(mail for mail in reversed(service.mailbox.mails) if mail["To"] == STUDENT)
    body = mailed.get_body(("plain",))
    assert body is not None
    found = CODE.search(body.get_content())
    assert found is not None
    hand.fill(code=found[0])
    hand.press("Sign in")
    hand.fill(name="Oona Opiskelija")
    hand.press("Save")
    hand.page.goto("/me")
    hand.opened += 1
    hand.fill(institution="metropolia", role="student")
    hand.press("Add", exact=True)


def sell(hand: Hand) -> None:
    """Sell the new student a pass at the desk, who shows their student card there."""
    hand.page.locator("summary", has_text="Manage").click()
    with hand.page.expect_navigation():
        hand.page.locator(".sheet-list a[href='/desk']").click()
    hand.opened += 1
    hand.page.locator("#search-words").fill(STUDENT)
    hand.press("Search")
    today = helsinki_date(utc_now())
    hand.fill(source="student card", valid_until=f"{today + timedelta(days=90)}")
    hand.press("Record the proof")
    hand.press("Sell, paid by card")


def enrol(
    stack: ExitStack, folder: Path, url: str, door: str, code: str
) -> tuple[Process, Process]:
    """Put a box with a simulated scanner and relay at the door; return the devices and the box."""
    written = BRIDGE_TOML.format(data=folder, server=url)
    written += DOOR_TOML.format(data=folder, door=door, links="", profile="generic")
    config = folder / "bridge.toml"
    (folder / "bridge").mkdir(parents=True)
    config.write_text(written, encoding="utf-8")
    links = ["--reader-link", str(folder / "reader"), "--relay-link", str(folder / "relay")]
    env = environment({})

    def start(name: str, command: list[str]) -> Process:
        process = Process(name, command, log=folder / f"{name}.log", env=env, stdin=True)
        stack.callback(process.stop)
        return process

    devices = start("devices", python("-m", "firmware_bridge.sim", *links))
    devices.await_ready(lambda: '"ready"' in devices.output(), READY_SECONDS)
    command = [script("zone-bridge"), "enrol", "--config", str(config), "--token", code]
    subprocess.run(command, check=True, env=env)
    box = start("box", [script("zone-bridge"), "--config", str(config), "--events"])
    await_bridge(box, new=True)
    return devices, box


def events(process: Process, kind: str) -> list[dict[str, Any]]:
    """Return the events with this word that a process has printed."""
    lines = (line for line in process.output().splitlines() if line.startswith("{"))
    return [event for event in map(json.loads, lines) if kind in (event.get("event"), *event)]


def await_events(process: Process, kind: str) -> dict[str, Any]:
    """Wait for the first event with this word."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if found := events(process, kind):
            return found[0]
        time.sleep(0.02)
    raise AssertionError(f"{process.name} said nothing of {kind}:\n{process.tail()}")


def test_an_empty_service_opens_its_first_door(
    browser: Any, service: Service, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        manager, student = (phone_at(stack, browser, service) for _ in range(2))
        set_up(manager)
        door, code = a_door(manager)
        url = service.settings.base_url
        devices, box = enrol(stack, tmp_path / "box", url, door, code)
        join(student, service)
        sell(manager)
        put_on_phone(student.page)
        devices.send(json.dumps({"scan": decoded(student.page)}))
        decision = await_events(box, "decision")
        assert decision["granted"], decision
        assert await_events(devices, "strike")["ms"] == 1000, "the relay pulses"
        # What is left is no hindrance: the administrator lands on their work.
        manager.page.goto("/")
        assert manager.page.url.endswith("/targets")
    sent, opened = len(manager.steps), manager.opened
    print(f"{sent} forms and {opened} pages opened: {', '.join(manager.steps)}")
    assert sent + opened <= 50
