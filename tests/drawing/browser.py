"""A real browser for tests of pages: Chromium, or a skip that says what is missing."""

import shutil
from contextlib import contextmanager

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@contextmanager
def browser():
    """Chromium without a window."""
    api = pytest.importorskip("playwright.sync_api", reason="the browser tests need the package playwright")
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("the browser tests need Chromium: apt-get install chromium")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Page:
    """A page of `explore` that has been opened, offline, and all that its console said."""

    def __init__(self, chromium, path, address="", **how):
        self.said = []
        self.context = chromium.new_context(offline=True, **({"viewport": {"width": 1400, "height": 900}} | how))
        self.tab = self.context.new_page()
        self.tab.on("console", lambda message: self.said.append(message.text))
        self.tab.on("pageerror", lambda error: self.said.append(str(error)))
        self.tab.on("request", lambda request: self.said.append(request.url) if not request.url.startswith("file:") else None)
        self.tab.goto(f"file://{path}{address}")
        self.tab.wait_for_selector("#graph .box")

    def press(self, key, times=1):
        for _ in range(times):
            self.tab.keyboard.press(key)

    def numbers(self, kind):
        """{number of a node: what stands on the page}, of kind "value", "grad" or "flow"."""
        found = self.tab.eval_on_selector_all(f"#graph [data-{kind}]", f"all => all.map(e => [e.dataset.node, e.dataset.{kind}])")
        return {int(node): float(x.replace("Infinity", "inf")) for node, x in found}

    @property
    def step(self):
        return tuple(int(x) for x in self.tab.inner_text(".count").split("/"))

    @property
    def error(self):
        return float(self.tab.get_attribute("[data-error]", "data-error"))

    def close(self):
        self.context.close()
