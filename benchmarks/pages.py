"""What a page offers: its links, and its forms with their fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Field:
    """One name a form sends; `choices` are the values that a person could choose from."""

    name: str
    type: str
    value: str
    choices: list[str] = field(default_factory=list)
    required: bool = False


@dataclass
class Form:
    action: str
    method: str
    fields: list[Field] = field(default_factory=list)
    has_button: bool = False

    def values(self) -> dict[str, list[str]]:
        """What would be sent if nothing were changed, without the button."""
        sent: dict[str, list[str]] = {}
        for each in self.fields:
            if each.type not in {"submit", "file"} and not (each.type in {"checkbox", "radio"} and not each.choices):
                sent.setdefault(each.name, []).append(each.value)
        return sent


class Page(HTMLParser):
    """The links and forms of a page's HTML, also those that scripts follow (hx-get, hx-post)."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.text: list[str] = []
        self._open: list[Form] = []
        self._by_id: dict[str, Form] = {}
        self._later: list[tuple[str, Field]] = []
        self._buttons: set[str] = set()
        self._select: Field | None = None
        self._area: Field | None = None
        self.feed(html)
        self.close()
        for name in self._buttons & set(self._by_id):
            self._by_id[name].has_button = True
        for form, each in self._later:
            if form in self._by_id:
                self._by_id[form].fields.append(each)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        if tag == "a" and got.get("href"):
            self.links.append(got["href"])
        if got.get("hx-get"):
            self.links.append(got["hx-get"])
        if tag == "form":
            form = Form(got.get("action", ""), got.get("method", "get").lower(), has_button="hx-post" in got)
            self.forms.append(form)
            self._open.append(form)
            if "id" in got:
                self._by_id[got["id"]] = form
        if got.get("hx-post") and tag != "form":
            self.forms.append(Form(got["hx-post"], "post", list(self._open[-1].fields) if self._open else [], True))
        if got.get("formaction") and self._open:
            self.forms.append(Form(got["formaction"], got.get("formmethod", self._open[-1].method).lower(), [], True))
        if tag == "option" and self._select is not None:
            self._select.choices.append(got.get("value", ""))
            if "selected" in got:
                self._select.value = got.get("value", "")
        if (tag == "button" and got.get("type") != "button") or (tag == "input" and got.get("type") == "submit"):
            if "form" in got:
                self._buttons.add(got["form"])
            elif self._open:
                self._open[-1].has_button = True
        if tag in {"input", "select", "textarea", "button"} and got.get("name"):
            self._add(tag, got)

    def _add(self, tag: str, got: dict[str, str]) -> None:
        kind = {"input": got.get("type", "text"), "button": "submit"}.get(tag, tag)
        each = Field(
            got["name"], kind, got.get("value", "on" if kind == "checkbox" else ""), required="required" in got
        )
        if kind in {"checkbox", "radio"} and "checked" in got:
            each.choices.append(each.value)
        if tag == "select":
            self._select = each
        if tag == "textarea":
            self._area = each
        if "form" in got:
            self._later.append((got["form"], each))
        elif self._open:
            self._open[-1].fields.append(each)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._open:
            self._open.pop()
        if tag == "select" and self._select is not None:
            if not self._select.value and self._select.choices:
                self._select.value = self._select.choices[0]
            self._select = None
        if tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value += data
        else:
            self.text.append(data)
