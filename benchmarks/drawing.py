"""A drawing of 20, 200 and 2,000 nodes as SVG; and the page of `explore` with 200 boxes, opened and stepped in Chromium."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.table import Row

LIMITS = {20: 0.1, 200: 0.3, 2000: 2.0}  # seconds
PAGE, STEP = 1.0, 0.05  # seconds, for 200 nodes


def measure(turns):
    rows = []
    for nodes, limit in LIMITS.items():
        seconds = statistics.median(drawn(error(nodes)) for _ in range(min(turns, 5)))
        rows.append(Row(f"draw, {nodes:,} nodes", seconds, target=f"< {limit:g} s", reached=seconds < limit))
    return rows + page(min(turns, 5))


def error(nodes):
    """A sum of squared errors of units with a weight and a bias of their own, with so many nodes, or up to nine less."""
    from tinygrad_edu import Value, sigmoid

    E = Value(0.0)
    for n in range((nodes - 1) // 10):  # w, b, two constants, ×, +, σ, −, ², +
        E = E + (sigmoid(Value(0.1 * n, name=f"w{n}") * 0.5 + Value(0.2, name=f"b{n}")) - 0.3) ** 2
    E.backward()
    return E


def drawn(E):
    from tinygrad_edu import draw

    start = time.perf_counter()
    assert draw(E, level="operation").svg.endswith("</svg>\n")
    return time.perf_counter() - start


def page(turns):
    program = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        return []
    if program is None:
        return []
    from tinygrad_edu import explore

    opened, stepped = [], []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = explore(error(200), Path(folder) / "page.html")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for _ in range(turns):
            tab = browser.new_page()
            tab.goto(path.as_uri())
            tab.wait_for_selector("#graph .box")
            opened.append(tab.evaluate("performance.now()") / 1000)
            # from the key to the second frame after it, when what it changed is on the screen
            stepped.append(tab.evaluate("""async () => {
                const times = [];
                for (let i = 0; i < 40; i += 1) {
                    const start = performance.now();
                    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
                    await new Promise(requestAnimationFrame);
                    await new Promise(requestAnimationFrame);
                    times.push(performance.now() - start);
                }
                return times.sort((a, b) => a - b)[20];
            }""") / 1000)
            tab.close()
        browser.close()
    opening, step = statistics.median(opened), statistics.median(stepped)
    return [Row("page of 200 nodes opens", opening, target=f"< {PAGE:g} s", reached=opening < PAGE),
            Row("one step on it", step, target=f"< {STEP * 1000:g} ms", reached=step < STEP)]
