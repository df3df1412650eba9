"""A phone-sized Chromium. Call `browsers.lacking()` first: it needs the extra `browser`."""

import io
from typing import Final

import zxingcpp
from PIL import Image
from playwright.sync_api import ViewportSize, sync_playwright

from zone.demo.machine.browsers import CHROMIUM, FLAGS

PHONE: Final = ViewportSize(width=390, height=844)


class Screen:
    """A page in a browser of its own; `errors` are the page's errors."""

    def __init__(self, *, scale: float = 2) -> None:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        self._context = self._browser.new_context(
            viewport=PHONE, device_scale_factor=scale, locale="en-FI", timezone_id="Europe/Helsinki"
        )
        self.page = self._context.new_page()

    def screenshot(self) -> bytes:
        """Return the visible page as PNG."""
        return self.page.screenshot()

    def read_code(self) -> str | None:
        """Return the text of the QR code on the screen, read by zxing-cpp, or None."""
        with Image.open(io.BytesIO(self.screenshot())) as picture:
            found = zxingcpp.read_barcode(picture.convert("L"))
        return None if found is None else str(found.text)

    def close(self) -> None:
        """Close the browser."""
        self._context.close()
        self._browser.close()
        self._playwright.stop()
