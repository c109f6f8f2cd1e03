"""The letter of a payer that is kept with an authorisation: what it may be, by its content."""

from __future__ import annotations

import re
from pathlib import PurePath
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

MOST_BYTES = 10 * 1024 * 1024
PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
ENDINGS = {PDF: "pdf", PNG: "png", JPEG: "jpg"}
_TYPES = {ending: kind for kind, ending in ENDINGS.items()}
LONGEST_NAME = 120


def check_letter(file: UploadedFile[bytes]) -> str:
    """The type of the file by its first and last bytes, whatever it is called; raises ValidationError for any other."""
    size = file.size or 0
    if not size:
        raise ValidationError("This file is empty.")
    if size > MOST_BYTES:
        raise ValidationError(f"At most {MOST_BYTES // 1024 // 1024} MB.")
    file.seek(0)
    head = file.read(16)
    file.seek(max(0, size - 1024))
    tail = file.read()
    file.seek(0)
    if head.startswith(b"%PDF-") and b"%%EOF" in tail:
        return PDF
    if head.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND" in tail:
        return PNG
    if head.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in tail:
        return JPEG
    raise ValidationError("This is neither a PDF nor a PNG or JPEG picture, or it is not whole.")


def stored_name(kind: str) -> str:
    """A name of our own: nothing of what the file was called reaches the disk."""
    return f"{uuid4().hex}.{ENDINGS[kind]}"


def shown_name(name: str, kind: str) -> str:
    """What the file was called, fit for a header and a page, with the ending of what it is."""
    plain = re.sub(r"[^\w .()-]+", " ", PurePath(name.replace("\\", "/")).stem)
    stem = " ".join(plain.split()).strip(" .") or "letter"
    return f"{stem[:LONGEST_NAME]}.{ENDINGS[kind]}"


def type_of(name: str) -> str:
    """The type of a stored file by the ending that was given to it."""
    return _TYPES.get(PurePath(name).suffix.lstrip("."), "application/octet-stream")
