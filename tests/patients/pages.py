"""Reading an answered page."""

from __future__ import annotations

import re
from typing import Any


def words_of(response: Any) -> str:
    """The text of a page, without its markup."""
    page = re.sub(r"<(script|style|head).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def value_of(response: Any, name: str) -> str:
    return str(response.context["form"][name].value())
