"""A view fetches, decides and answers; rows are written by actions, where the rules and the audit are."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

WRITES = {
    "save",
    "delete",
    "create",
    "update",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "save_m2m",
}
OURS = [
    "accounts",
    "audit",
    "clinic",
    "interop",
    "inventory",
    "messaging",
    "outcomes",
    "patients",
    "scheduling",
    "treatments",
]

# Dictionaries have an update() too.
DICTIONARIES = {"context", "data", "initial", "params", "query", "headers", "kwargs", "request.session"}


def view_modules() -> list[Path]:
    found = []
    for app in OURS:
        folder = settings.BASE_DIR / app
        found += [path for path in folder.rglob("*.py") if path.stem == "views" or "views" in path.parts]
    return sorted(found)


def writes_in(source: str) -> list[str]:
    return [
        f"line {node.lineno}: {ast.unparse(node.func)}()"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WRITES
        and not (node.func.attr == "update" and ast.unparse(node.func.value) in DICTIONARIES)
    ]


@pytest.mark.parametrize("path", view_modules(), ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_view_module_writes_no_row(path: Path):
    assert writes_in(path.read_text()) == []


@pytest.mark.parametrize(
    "line",
    [
        "patient.save()",
        "form.save()",
        "Patient.objects.create(name='x')",
        "Patient.objects.filter(pk=1).update(name='x')",
        "session.save()",
        "session.injections.all().delete()",
        "Lot.objects.get_or_create(number='x')",
    ],
)
def test_each_kind_of_write_is_seen(line: str):
    assert writes_in(line)


@pytest.mark.parametrize("line", ["context.update(more)", "request.session.update(x=1)", "actions.sign(by=user)"])
def test_what_is_no_write_passes(line: str):
    assert writes_in(line) == []
