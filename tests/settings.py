"""The settings of Cadence, with a database of the tests' own that need not survive a power cut."""

from clinic.embedded_postgres import Server
from clinic.settings import *  # noqa: F403
from clinic.settings import DATA_DIR, DATABASES, EMBEDDED_POSTGRES

SECRET_KEY = "only-for-tests"

if EMBEDDED_POSTGRES is not None:
    EMBEDDED_POSTGRES = Server(
        data=DATA_DIR / "test-postgres",
        options=("fsync=off", "synchronous_commit=off", "full_page_writes=off"),
    )
    DATABASES["default"] |= EMBEDDED_POSTGRES.settings()
DATABASES["default"]["CONN_MAX_AGE"] = 0

MEDIA_ROOT = DATA_DIR / "test-uploads"

# Argon2 is slow by design; the tests sign in some thousand times.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
