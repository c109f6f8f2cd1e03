"""Files that people upload are kept whole or not at all."""

from __future__ import annotations

import errno
from pathlib import PurePosixPath
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

NO_ROOM = "The server's disk is full, so nothing was saved. Tell your administrator, then choose the file again."
DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


class NoRoomError(OSError):
    """The disk is full; nothing of the file was kept."""


class WholeFiles(FileSystemStorage):
    """Django's files on disk, but a file for which there is no room leaves nothing behind: raises NoRoomError."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        # Never one that is there, so that what is taken away below is nobody else's.
        path = PurePosixPath(name)
        return str(path.with_name(uuid4().hex + path.suffix))

    def _save(self, name: str, content: File) -> str:
        try:
            return super()._save(name, content)  # type: ignore[misc,no-any-return]
        except OSError as error:
            self.delete(name)
            if error.errno in DISK_FULL:
                raise NoRoomError(error.errno, "the disk is full") from error
            raise
