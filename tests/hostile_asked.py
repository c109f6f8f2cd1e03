"""Which names a view asks the query and the body for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
