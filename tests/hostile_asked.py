"""Which names a view asks the query and the body for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.http import QueryDict
from django.utils.datastructures import MultiValueDict


class Asked:
    """Notes what a view asks the query and the body for, so that it can be sent it."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    @contextmanager
    def listening(self) -> Iterator[Asked]:
        taken, listed, held = MultiValueDict.__getitem__, MultiValueDict.getlist, QueryDict.__contains__

        def note(values: Any, key: Any) -> None:
            if isinstance(values, QueryDict) and 0 < len(key) < 60 and key.isprintable() and key.isascii():
                self.names.add(key)

        def getitem(values: Any, key: Any) -> Any:
            note(values, key)
            return taken(values, key)

        def getlist(values: Any, key: Any, default: Any = None) -> Any:
            note(values, key)
            return listed(values, key, default)

        def contains(values: Any, key: Any) -> bool:
            if not values._mutable:
                note(values, key)
            return bool(held(values, key))

        MultiValueDict.__getitem__, MultiValueDict.getlist = getitem, getlist  # type: ignore[method-assign, assignment]
        QueryDict.__contains__ = contains  # type: ignore[method-assign, assignment]
        try:
            yield self
        finally:
            MultiValueDict.__getitem__, MultiValueDict.getlist = taken, listed  # type: ignore[method-assign]
            del QueryDict.__contains__


def named_in_code() -> set[str]:
    """The names that views read from the query by name: request.GET["a"], request.GET.get("a"), "a" in request.GET."""
    found: set[str] = set()
    for path in sorted(Path(__file__).parent.parent.glob("*/views*/**/*.py")) + sorted(
        Path(__file__).parent.parent.glob("*/views.py")
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=query, attr="get" | "getlist"), args=[ast.Constant(str(name)), *_]
                ):
                    pass
                case ast.Subscript(value=query, slice=ast.Constant(str(name))):
                    pass
                case ast.Compare(left=ast.Constant(str(name)), ops=[ast.In()], comparators=[query]):
                    pass
                case _:
                    continue
            if isinstance(query, ast.Attribute) and query.attr == "GET":
                found.add(name)
    return found
