"""A person who uses only the keyboard and must see the focus."""

from dataclasses import dataclass
from typing import Any

MOST_TABS = 90
RING = """() => {
  const here = document.activeElement;
  const box = here.getBoundingClientRect();
  const seen = box.width > 0 && box.bottom > 0 && box.top < innerHeight
    && box.right > 0 && box.left < innerWidth;
  // The ring of a link that fills a card goes round the card.
  return seen && [here, here.closest('.cls') ?? here].map(one => getComputedStyle(one)).some(
    style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2);
}"""
WORDS = """() => {
  const here = document.activeElement;
  const labels = [...here.labels ?? []].map(one => one.textContent);
  return [here.textContent, here.getAttribute('aria-label'), ...labels].join(' ');
}"""


@dataclass(frozen=True, slots=True)
class Keyboard:
    """Presses keys on a page, and checks that the focus is visible at each step."""

    page: Any

    def tab_to(self, words: str) -> None:
        """Press Tab until the control of this name has the focus.

        Raises:
            AssertionError: a stop on the way shows no focus ring, or there is no way.
        """
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("document.activeElement === document.body"):
                continue  # out of the page and in again
            label = " ".join(self.page.evaluate(WORDS).split())
            assert self.page.evaluate(RING), f"the focus cannot be seen on {label!r}"
            if words in label:
                return
        raise AssertionError(f"no way to {words!r} by keyboard")

    def follow(self, words: str, then: str) -> None:
        """Go to a control, press Enter, and wait for what must appear."""
        self.tab_to(words)
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector(then)
        self.page.wait_for_load_state("load")  # with its style

    def write(self, words: str, text: str) -> None:
        """Go to a field and type."""
        self.tab_to(words)
        self.page.keyboard.type(text)

    def focused(self) -> str:
        """Return the id of the element with the focus."""
        return str(self.page.evaluate("document.activeElement.id"))
