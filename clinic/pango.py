"""Whether documents can be printed here, and how to get what is missing: python -m clinic.pango

WeasyPrint lays documents out with Pango, which comes from the system and not from a wheel. Without it Cadence runs, and
the pages that print answer with what to install.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

PACKAGES = ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]
SECONDS = 300  # a blocked download must end, so that Cadence starts without it


def problem() -> str | None:
    """Why nothing can be printed here, in words, or None."""
    try:
        import weasyprint  # noqa: F401 - loading it loads Pango
    except (ImportError, OSError):
        return f"Printing needs Pango, which is not installed on this machine. {advice()}"
    return None


def advice() -> str:
    """How a person gets Pango on this kind of machine."""
    if sys.platform == "darwin":
        return "Install it with: brew install pango"
    if shutil.which("apt-get"):
        return f"Install it with: sudo apt install {' '.join(PACKAGES)}"
    return "Install the package of your system that brings libpango 1.44 or newer and libpangoft2."


def install() -> bool:
    """Install Pango where that needs no question: Debian or Ubuntu, as root or with a sudo that does not ask."""
    if not shutil.which("apt-get"):
        return False
    root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if root and not shutil.which("sudo"):
        return False
    for command in ["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", *PACKAGES]:
        try:
            done = subprocess.run([*root, *command], check=False, timeout=SECONDS)  # noqa: S603 - fixed words
        except (OSError, subprocess.TimeoutExpired) as failure:
            print(f"  {failure}", flush=True)
            return False
        if done.returncode:
            return False
    return True


def main(*, needed: bool) -> int:
    """Install what is missing; 1 when it is `needed` and cannot be had."""
    if problem() is None:
        return 0
    print("== Installing Pango, which prints the documents (once)", flush=True)
    if install():
        # This process may have looked for the library already; a fresh one has not.
        check = [sys.executable, "-c", "import weasyprint"]
        if subprocess.run(check, check=False, capture_output=True).returncode == 0:  # noqa: S603 - fixed words
            return 0
    print(problem(), file=sys.stderr)
    if not needed:
        print("Cadence runs without it; only the PDF pages wait for it.", file=sys.stderr)
    return 1 if needed else 0


if __name__ == "__main__":
    sys.exit(main(needed="--needed" in sys.argv[1:]))
