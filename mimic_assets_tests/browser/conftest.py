"""The browser, the served lake and one page that the tests of this folder share, in the order they are written."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mimic_assets_tests.browser.dagster_page import DagsterPage
from mimic_assets_tests.browser.served_lake import Demo, Server, make_demo, serving
from mimic_assets_tests.conftest import _absent

_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program; MIMIC_ASSETS_CHROMIUM names another."""
    program = shutil.which(os.environ.get("MIMIC_ASSETS_CHROMIUM", "chromium"))
    if program is None:
        _absent("browser: no program 'chromium'; install Debian's package chromium, or set MIMIC_ASSETS_CHROMIUM")
    if importlib.util.find_spec("playwright") is None:
        _absent("browser: the package playwright is not installed")
    return program


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of every page go; MIMIC_ASSETS_SCREENSHOTS names a folder that is kept."""
    given = os.environ.get("MIMIC_ASSETS_SCREENSHOTS")
    folder = Path(given).absolute() if given else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def demo(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Four generated patients, three of them made."""
    return make_demo(tmp_path_factory.mktemp("ui"), patients=4)


@pytest.fixture(scope="module")
def server(demo: Demo) -> Iterator[Server]:
    """The UI over the demo's lake."""
    with serving(demo, demo.lake.parent / "server.log") as running:
        yield running


@pytest.fixture(scope="module")
def page(chromium: str, server: Server, screenshots: Path) -> Iterator[DagsterPage]:
    """A browser tab on the UI, as a person has it who opens it for the first time.

    Gone with its module: while Playwright's event loop runs in this thread, Dagster cannot run one of its own.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(_ARGUMENTS))
        tab = browser.new_page(viewport={"width": 1600, "height": 1000})
        tab.set_default_timeout(60_000)
        yield DagsterPage(tab, server.address, screenshots)
        browser.close()
