"""The moves a person makes in the Dagster UI, by the words on its buttons.

Belongs here: how Dagster 1.13 wants to be clicked. Not here: what has to be true of our graph (`test_ui`).
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


class DagsterPage:
    """One tab on the UI."""

    def __init__(self, tab: "Page", address: str, screenshots: Path) -> None:
        """Take the tab, the server's address, and the folder for screenshots."""
        self.tab = tab
        self._address = address
        self._screenshots = screenshots
        self._taken = 0
        self.errors: list[str] = []
        tab.on("pageerror", lambda error: self.errors.append(str(error)))
        tab.on("response", lambda answer: self.errors.append(answer.url) if answer.status >= 500 else None)

    def open(self, path: str) -> None:
        """Go to a page of the UI."""
        self.tab.goto(self._address + path)

    def keep(self, name: str) -> None:
        """Keep a screenshot."""
        self._taken += 1
        self.tab.screenshot(path=self._screenshots / f"{self._taken:02d}_{name}.png")

    def text(self, words: str, exact: bool = True) -> "Locator":
        """Return the first visible element with these words."""
        return self.tab.get_by_text(words, exact=exact).locator("visible=true").first

    def button(self, words: str) -> "Locator":
        """Return the first visible button whose name begins with these words."""
        return self.tab.get_by_role("button", name=words).locator("visible=true").first

    def dismiss_invitation(self) -> None:
        """Close "Join the Dagster community": it comes a moment after the first page, once per instance."""
        from playwright.sync_api import TimeoutError as NotThere

        try:
            self.button("Skip").click(timeout=60_000)
        except NotThere:
            return
        self.button("Skip").wait_for(state="hidden")

    def expand_all_groups(self) -> None:
        """Open every group of the lineage, which starts with all of them closed; by its context menu."""
        size = self.tab.viewport_size or {"width": 0, "height": 0}
        self.tab.mouse.click(size["width"] * 0.62, size["height"] - 40, button="right")
        self.tab.get_by_role("menuitem", name="Expand all groups").click()

    def shown_assets(self) -> list[str]:
        """Return the names on the nodes of the lineage; Dagster shortens long ones with an ellipsis."""
        return [words.strip() for words in self.tab.locator("foreignObject").all_text_contents() if words.strip()]

    def choose_new_partition(self, key: str) -> None:
        """Register a patient in the dialog that launches runs, so that this one alone is selected there.

        The dialog ticks the new key once its list has been fetched again; where it does not, the key is ticked by hand.
        """
        from playwright.sync_api import TimeoutError as NotThere

        self.button("Add a partition").click()
        name = self.tab.get_by_placeholder("name", exact=True)
        name.fill(key)
        self.button("Save").click()
        name.wait_for(state="hidden")
        try:
            self.text("1 partition").wait_for(timeout=20_000)
        except NotThere:
            self.text("Select a partition or create one").click()
            self.tab.get_by_role("menuitem").filter(has_text=key).click()
            self.tab.keyboard.press("Escape")
            self.text("1 partition").wait_for()
