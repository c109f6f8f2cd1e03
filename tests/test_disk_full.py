"""A full disk: said beside the field, and nothing is kept in part."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from interop.models import ImportJob
from patients.models import PriorAuthorization
from patients.uploads import NO_ROOM
from tests.cast import Cast
from tests.patients import made

SignIn = Callable[[User], Client]
ROOM = 64 * 1024  # bytes


@pytest.fixture
def small_disk(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of uploads on a disk of 64 KB; where nobody may mount one, writing more fails as it would there."""
    settings.MEDIA_ROOT = tmp_path
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(tmp_path)]
    mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    if not mounted:
        monkeypatch.setattr("django.core.files.storage.filesystem.os.fdopen", full)
    yield tmp_path
    if mounted:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def full(number: int, mode: str) -> Any:
    class Full:
        def write(self, chunk: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            os.close(number)

    return Full()


def left_behind(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.django_db
def test_an_import_says_so_beside_the_field(cast: Cast, sign_in: SignIn, small_disk: Path) -> None:
    rows = "external_id,given_name,family_name,birth_date\n" + "1,Ann,Lee,1980-02-03\n" * (ROOM // 10)
    file = SimpleUploadedFile("people.csv", rows.encode())
    answer = sign_in(cast.ada).post(reverse("interop:import-list"), {"kind": "patients", "file": file})
    assert (answer.status_code, answer.context["form"].errors["file"]) == (422, [NO_ROOM])
    assert not ImportJob.objects.exists()
    assert left_behind(small_disk) == []


@pytest.mark.django_db
def test_a_payers_letter_says_so_beside_the_field(cast: Cast, sign_in: SignIn, small_disk: Path) -> None:
    coverage = made.coverage(cast)
    typed = {
        "coverage": coverage.pk, "status": "approved", "number": "PA-9", "product": "onabotulinumtoxinA",
        "condition": "chronic_migraine", "starts_on": "2026-06-01", "ends_on": "2027-05-31",
        "letter": SimpleUploadedFile("letter.pdf", made.PDF + b"\n" * 2 * ROOM + b"%%EOF"),
    }  # fmt: skip
    answer = sign_in(cast.robin).post(reverse("clinic:authorization-create", args=[cast.joye.pk]), typed)
    assert (answer.status_code, answer.context["form"].errors["letter"]) == (422, [NO_ROOM])
    assert 'value="PA-9"' in answer.content.decode()
    assert not PriorAuthorization.objects.exists()
    assert left_behind(small_disk) == []


@pytest.mark.django_db
def test_a_file_that_does_not_even_arrive_is_said_on_a_page(
    cast: Cast, sign_in: SignIn, small_disk: Path, settings: Any
) -> None:
    """What is larger than 2 MB goes to the disk while it comes in."""
    if not small_disk.is_mount():
        pytest.skip("needs a small disk")
    settings.FILE_UPLOAD_TEMP_DIR = str(small_disk)
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    client = sign_in(cast.ada)
    client.raise_request_exception = False
    file = SimpleUploadedFile("people.csv", b"1,Ann,Lee,1980-02-03\n" * ROOM)
    answer = client.post(reverse("interop:import-list"), {"kind": "patients", "file": file})
    assert answer.status_code == 503
    assert "disk is full" in answer.content.decode()
