"""The wording of a consent form: plain text with headings and lists."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph or a list; `lines` are the items of a list and one line otherwise."""

    kind: str
    lines: tuple[str, ...]


def blocks(text: str) -> list[Block]:
    """The parts of the text in order. They are parted by empty lines; a list also begins and ends without one."""
    found: list[Block] = []
    parted = True
    for line in map(str.strip, text.splitlines()):
        if not line:
            parted = True
            continue
        kind = "heading" if line.startswith("# ") else "list" if line.startswith("- ") else "paragraph"
        words = line if kind == "paragraph" else line[2:].strip()
        last = found[-1] if found else None
        if last is not None and kind == last.kind == "list":
            found[-1] = Block(kind, (*last.lines, words))
        elif last is not None and kind == last.kind == "paragraph" and not parted:
            found[-1] = Block(kind, (f"{last.lines[0]} {words}",))
        else:
            found.append(Block(kind, (words,)))
        parted = False
    return found
