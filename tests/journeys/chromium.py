"""Finds a Chromium for the journeys, and installs one when there is none: python -m tests.journeys.chromium"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

FLAGS = [
    "--no-sandbox",  # the tests run as root in containers
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The shell draws pages and nothing else; a whole browser draws its own window beside them.
NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
MAC_PROGRAMS = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]


def candidates() -> Iterator[str]:
    """Programs that may be a Chromium: playwright's own first, it is the version playwright is made for."""
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    found = [own, *(shutil.which(name) for name in NAMES), *MAC_PROGRAMS]
    return (program for program in found if program and Path(program).exists())


def problem_with(program: str) -> str | None:
    """Why this program cannot open a page, or None."""
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
            browser.new_page().goto("about:blank")
            browser.close()
    except Error as problem:
        return str(problem).splitlines()[0]
    return None


def find() -> str | None:
    """The first Chromium that opens a page."""
    return next((program for program in candidates() if problem_with(program) is None), None)


def installers() -> Iterator[tuple[str, list[list[str]]]]:
    """Ways to get one, best first, as (what to tell, commands)."""
    yield "playwright's own Chromium", [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get"):
        root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
        install = [*root, "apt-get", "install", "--yes", "--no-install-recommends"]
        for package in ("chromium-headless-shell", "chromium"):
            yield f"the system's {package}", [[*root, "apt-get", "update"], [*install, package]]


def main() -> int:
    if find():
        return 0
    for what, commands in installers():
        print(f"No Chromium works here. Installing {what} ...", flush=True)
        for command in commands:
            try:
                # A blocked download must end, so that the next way is tried.
                done = subprocess.run(command, check=False, timeout=600)
            except (OSError, subprocess.TimeoutExpired) as problem:
                print(f"  {problem}", flush=True)
                break
            if done.returncode:
                break
        if program := find():
            print(f"The journeys will use {program}.")
            return 0
    for program in candidates():
        print(f"{program}: {problem_with(program)}", file=sys.stderr)
    print("The journeys need a Chromium and none could be installed. Install one, then run again.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
