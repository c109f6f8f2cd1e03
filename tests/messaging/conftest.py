from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.messaging.made import MailServer, mail_server


@pytest.fixture
def smtp(settings: Any) -> Iterator[MailServer]:
    """A real mail server, to which mail goes as with EMAIL_URL."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_TIMEOUT = 5
        yield server
