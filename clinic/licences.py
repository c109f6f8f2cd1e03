"""Writes docs/licences.md: what each package that Cadence runs on is licensed under, as the package itself says.

python -m clinic.licences
"""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
HEAD = """# Licences of the packages

Cadence itself is under the Apache License 2.0. It runs on these packages, each as pinned in `requirements.txt` and
`package-lock.json`. `make licences` writes this page; what a package says of itself is not legal advice.

"""


def python_packages() -> list[tuple[str, str]]:
    """Each pinned package with its licence, in the order of names."""
    names = PINNED.findall((ROOT / "requirements.txt").read_text())
    return sorted((name, _licence(name)) for name in names)


def node_packages() -> list[tuple[str, str]]:
    """The same of the packages that pages use."""
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    return sorted(
        (path.removeprefix("node_modules/"), about.get("license", "not said"))
        for path, about in locked.items()
        if path and not about.get("dev")
    )


def _licence(name: str) -> str:
    try:
        about: Any = metadata(name)
    except PackageNotFoundError:
        return "not installed here"
    if said := about.get("License-Expression"):
        return said
    classifiers = [one.rpartition(" :: ")[2] for one in about.get_all("Classifier") or [] if one.startswith("License")]
    words = ", ".join(classifiers) or (about.get("License") or "").strip().splitlines()[0:1]
    return words if isinstance(words, str) else "".join(words) or "not said"


def page() -> str:
    lines = [HEAD]
    for title, rows in (("Python", python_packages()), ("In the browser", node_packages())):
        lines.append(f"## {title}\n\n| package | licence |\n|---|---|\n")
        lines += [f"| {name} | {licence} |\n" for name, licence in rows]
        lines.append("\n")
    return "".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "licences.md").write_text(page())
