"""A phone-sized Chromium. Needs the extra `browser` and Debian's chromium: ask `browsers.lacking()` first."""

import io
from typing import Final

import zxingcpp
from PIL import Image
from playwright.sync_api import ViewportSize, sync_playwright

from zone.demo.machine.browsers import CHROMIUM, FLAGS

PHONE: Final = ViewportSize(width=390, height=844)


class Screen:
    """One page of one private browser; `errors` are what the page complained about."""

    def __init__(self, *, scale: float = 2) -> None:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        self._context = self._browser.new_context(
            viewport=PHONE, device_scale_factor=scale, locale="en-FI", timezone_id="Europe/Helsinki"
        )
        self.page = self._context.new_page()

    def screenshot(self) -> bytes:
        """The visible page as PNG."""
        return self.page.screenshot()

    def read_code(self) -> str | None:
        """The text of the QR code on the screen, read by zxing-cpp; None where there is none."""
        with Image.open(io.BytesIO(self.screenshot())) as picture:
            found = zxingcpp.read_barcode(picture.convert("L"))
        return None if found is None else str(found.text)

    def close(self) -> None:
        """End the browser that we started."""
        self._context.close()
        self._browser.close()
        self._playwright.stop()
