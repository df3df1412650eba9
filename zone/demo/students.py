"""Two students with the same interface: one in Chromium on the real pages, one with plain HTTP."""

import re
import time
from contextlib import AbstractContextManager
from http.cookiejar import CookieJar
from typing import Final, Protocol
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from zone.core.clock import utc_now
from zone.demo.phone import Phone
from zone.web.images import qr_png

ORDER_PATH: Final = re.compile(r"/orders/([0-9a-f-]{36})")
WORLD_WIDE_WAIT: Final = 15.0


class Student(Protocol):
    """What the scenario needs of a student with a phone."""

    kind: str

    def sign_in(self, email: str) -> None: ...
    def buy(self, product: str) -> str:
        """Buy and pay; return the receipt's number."""

    def put_pass_on_phone(self) -> None: ...
    def book(self, class_id: str) -> None: ...
    def show_code(self) -> str:
        """Return the text of the code on the screen."""

    def picture(self) -> bytes:
        """Return the screen as PNG; of a phone without a screen, its code as a QR code."""


class DemoClient:
    """An HTTP client with its own cookies: staff, or the student without a screen."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.phone = Phone(url, opener=build_opener(HTTPCookieProcessor(CookieJar())))

    def sign_in(self, email: str) -> None:
        """Sign in with the one-click form that only a demo has."""
        self.post_form("/demo/sign-in", {"email": email})

    def post_form(self, path: str, fields: dict[str, str]) -> str:
        """Send a form as a browser does; return the address of the page that it leads to."""
        body = urlencode(fields).encode()
        address = self.url + path if path.startswith("/") else path
        request = Request(address, data=body, method="POST")  # noqa: S310 -- our own web
        request.add_header("Origin", self.url)
        request.add_header("Accept", "text/html")
        with self.phone.opener.open(request, timeout=WORLD_WIDE_WAIT) as response:
            return str(response.url)


class ScreenlessStudent(DemoClient):
    """The simulated phone, with the key, requests and codes of the pass page."""

    kind = "simulated phone"

    def buy(self, product: str) -> str:
        placed = self.phone.ask("POST", "/api/v1/orders", {"product": product, "starts_on": None})
        self.post_form(placed["payment_url"], {"outcome": "paid"})
        order = self.phone.ask("GET", f"/api/v1/orders/{placed['id']}")
        return str(order["receipts"][0]["number"])

    def put_pass_on_phone(self) -> None:
        self.phone.enrol()

    def book(self, class_id: str) -> None:
        self.phone.ask("POST", "/api/v1/bookings", {"session": class_id})

    def show_code(self) -> str:
        return self.phone.text(utc_now().timestamp())

    def picture(self) -> bytes:
        return qr_png(self.show_code())


class StudentInChromium(AbstractContextManager["StudentInChromium"]):
    """The real pages at phone size; zxing-cpp reads the code from a screenshot."""

    kind = "Chromium"

    def __init__(self, url: str) -> None:
        from zone.demo.machine.chromium import Screen  # noqa: PLC0415 -- an extra: only where there is a browser

        self.url = url
        self.screen = Screen()

    def __exit__(self, *_: object) -> None:
        self.screen.close()

    def sign_in(self, email: str) -> None:
        page = self.screen.page
        page.goto(f"{self.url}/sign-in")
        page.locator("input[name=anybody]").fill(email)
        page.locator("input[name=anybody]").press("Enter")
        page.wait_for_url(lambda url: "/sign-in" not in url)

    def buy(self, product: str) -> str:
        page = self.screen.page
        page.goto(f"{self.url}/buy/{product}")
        page.locator("main form[method=post] button.primary").click()
        page.locator("button[value=paid]").click()
        page.wait_for_url(ORDER_PATH)
        return str(page.locator("main a[href^='/receipts/']").first.get_attribute("href")).rsplit(
            "/", 1
        )[1]

    def put_pass_on_phone(self) -> None:
        self.screen.page.goto(f"{self.url}/pass")
        self.screen.page.locator("[data-enrol]:visible").first.click()
        self.screen.page.locator("#code .ink[d^=M]").wait_for(state="attached")

    def book(self, class_id: str) -> None:
        page = self.screen.page
        page.goto(f"{self.url}/classes/{class_id}")
        page.locator(f"form[action='/classes/{class_id}/book'] button:visible").first.click()
        page.goto(f"{self.url}/pass")
        page.locator("#code .ink[d^=M]").wait_for(state="attached")

    def show_code(self) -> str:
        deadline = time.monotonic() + WORLD_WIDE_WAIT
        while time.monotonic() < deadline:
            text = self.screen.read_code()
            if text is not None:
                return text
        raise TimeoutError("no code could be read off the screen")

    def picture(self) -> bytes:
        return self.screen.screenshot()
