"""Measures how long a change on the charting page takes until the findings of the server are on screen.

    .venv/bin/python -m benchmarks.findings_speed              # 40 changes, about a minute
    .venv/bin/python -m benchmarks.findings_speed --changes 100

A real gunicorn and a private PostgreSQL run on a folder of their own; Chromium signs in and opens a PREEMPT session of
31 sites. Each change is made in the page: units in the table, a point placed on a map, another vial, another product.
The time runs from the event of the change to the frame that shows what the server answered to it. The server's part
lies between the request and the first byte of its answer; the browser's parts are the time until it asks, with the
pause before a save, and the time until the answer is shown. The CPU of the web server is that of its processes,
divided by the saves.

Ends with 1 when the median is not below 200 ms.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.server import EMAIL, PASSWORD, Clinic, Installation

LIMIT = 200  # ms, from a change to its findings
PAUSE = 400  # ms between two changes: a person's
KINDS = ("units", "point", "units", "vials", "units", "dilution", "units", "product")

# Makes one change and resolves once its answer was drawn: {total, asking, server, showing}, in ms. A save that was
# under way before does not count: only an answer that is current, with nothing changed since, ends the time.
MEASURE = """
([kind, number]) => new Promise((resolve, reject) => {
  const form = document.getElementById("charting");
  const shown = () => document.getElementById("id_version").value;
  const before = shown();
  const late = setTimeout(() => reject(new Error(`no findings after ${kind}`)), 20000);
  const changed = (field) => {
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  // In a muscle, and as far from every point as can be: a tap near one chooses it and changes nothing.
  const freeSpot = (map) => {
    const regions = [...map.querySelectorAll(".muscle")];
    const matrix = (point) => point.transform.baseVal.consolidate().matrix;
    const points = [...map.querySelectorAll("[data-point]")].map(matrix);
    let [best, farthest] = [null, 0];
    for (let x = 0; x <= 1000; x += 20) {
      for (let y = 0; y <= 1000; y += 20) {
        const spot = new DOMPoint(x, y);
        const away = Math.min(...points.map(({ e, f }) => Math.hypot(e - x, f - y)));
        if (away > farthest && regions.some((region) => region.isPointInFill(spot))) [best, farthest] = [spot, away];
      }
    }
    return best;
  };
  performance.clearResourceTimings();
  let began;
  new MutationObserver((_, observer) => {
    if (shown() === before || document.querySelector("#charting-status.is-saving")) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => {
      clearTimeout(late);
      const asked = performance.getEntriesByType("resource").filter((entry) => entry.name === location.href);
      const last = asked.at(-1);
      const server = last.responseStart - last.requestStart;
      const [asking, showing] = [last.requestStart - began, performance.now() - last.responseStart];
      resolve({ total: performance.now() - began, asking, server, showing, saves: asked.length });
    }));
  }).observe(document.body, { childList: true, subtree: true, attributes: true });
  // Where to tap is looked for before the time runs.
  const map = form.querySelector("[data-canvas] .bodymap");
  const spot = kind === "point" ? freeSpot(map).matrixTransform(map.getScreenCTM()) : null;
  began = performance.now();
  if (kind === "units") {
    const fields = form.querySelectorAll("[data-sites] [data-field=units]");
    const field = fields[number % fields.length];
    field.value = field.value === "5" ? "7.5" : "5";
    changed(field);
  } else if (kind === "point") {
    map.dispatchEvent(new MouseEvent("click", { bubbles: true, clientX: spot.x, clientY: spot.y }));
  } else if (kind === "vials") {
    const field = form.querySelector("[data-vial-count]");
    field.value = field.value === "1" ? "2" : "1";
    changed(field);
  } else {
    const field = form.elements[kind];
    field.selectedIndex = field.selectedIndex > 1 ? 1 : 2;
    changed(field);
  }
})
"""


def measured(page: Any, changes: int) -> list[tuple[str, dict[str, float]]]:
    """The changes one after the other, each with its kind and its times."""
    found = []
    for number in range(changes):
        kind = KINDS[number % len(KINDS)]
        page.wait_for_timeout(PAUSE)
        found.append((kind, page.evaluate(MEASURE, [kind, number])))
        if kind == "product":
            # Back to that of the session, with the units it had: the next changes are on 31 sites with doses again.
            page.reload()
            page.wait_for_selector("#charting.is-live")
            page.evaluate(BACK)
            page.wait_for_timeout(PAUSE * 3)
    return found


# Botox again, with 5 units at every site.
BACK = """
() => {
  const form = document.getElementById("charting");
  const set = (field, value) => {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const product = form.elements.product;
  set(product, [...product.options].find((option) => /^botox/i.test(option.text)).value);
  for (const field of form.querySelectorAll("[data-sites] [data-field=units]")) set(field, "5");
}
"""


def in_the_browser(installation: Installation, path: str, changes: int) -> tuple[list[Any], float]:
    """The measured changes, and the CPU seconds of the web server meanwhile."""
    from playwright.sync_api import sync_playwright

    from tests.journeys import chromium

    program = chromium.find()
    if program is None:
        raise SystemExit("No Chromium works here. Run: .venv/bin/python -m tests.journeys.chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=chromium.FLAGS)
        page = browser.new_page(base_url=installation.url, viewport={"width": 1280, "height": 900})
        page.goto("/account/login/")
        page.fill("input[name=login]", EMAIL)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda url: "/account/login/" not in url)
        page.goto(path)
        page.wait_for_selector("#charting.is-live")
        for number in range(4):  # what a process does once
            page.wait_for_timeout(PAUSE)
            page.evaluate(MEASURE, ["units", number])
        before = cpu_of(installation)
        found = measured(page, changes)
        spent = cpu_of(installation) - before
        browser.close()
    return found, spent


def cpu_of(installation: Installation) -> float:
    """CPU seconds of the web server's processes until now."""
    top = psutil.Process(installation.web.pid)
    return float(sum(sum(process.cpu_times()[:2]) for process in [top, *top.children(recursive=True)]))


def line(name: str, times: list[float]) -> str:
    in_order = sorted(times)
    ninetieth = in_order[min(len(in_order) - 1, round(len(in_order) * 0.9))]
    return (
        f"  {name:28} {len(times):4}  median {statistics.median(times):5.0f}   "
        f"90th {ninetieth:5.0f}   worst {in_order[-1]:5.0f} ms\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])  # type: ignore[union-attr]
    parser.add_argument("--changes", type=int, default=40)
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cadence-speed-") as name:
        Path(name).chmod(0o755)  # as root PostgreSQL runs as somebody else
        installation = Installation(Path(name))
        try:
            installation.prepare()
            clinic = Clinic()
            clinic.furnish(1)
            session = clinic.draft(0)
            installation.start_web()
            found, spent = in_the_browser(installation, f"/sessions/{session.pk}/chart/", asked.changes)
        finally:
            installation.stop()
    total = [times["total"] for _, times in found]
    out = sys.stdout.write
    out("From a change to the findings on screen, 31 sites:\n")
    out(line("all changes", total))
    for kind in dict.fromkeys(KINDS):
        if of_kind := [times["total"] for made, times in found if made == kind]:
            out(line(f"  {kind}", of_kind))
    out(line("of it on the server", [times["server"] for _, times in found]))
    out(line("of it until it was asked", [times["asking"] for _, times in found]))
    out(line("of it until it was shown", [times["showing"] for _, times in found]))
    saves = sum(times["saves"] for _, times in found)
    out(f"  web server: {spent * 1000 / saves:.0f} ms CPU a save, over {saves:.0f} saves and the reloads between\n")
    out(f"{time.monotonic() - began:.0f} s.\n")
    return 0 if statistics.median(total) < LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
