"""The settings of Cadence, with a database of the tests' own that need not survive a power cut."""

from clinic.embedded_postgres import APPLICATION, OWNER, Server
from clinic.settings import *  # noqa: F403
from clinic.settings import DATA_DIR, DATABASE_OWNER, DATABASES, EMBEDDED_POSTGRES

SECRET_KEY = "only-for-tests"

if EMBEDDED_POSTGRES is not None:
    EMBEDDED_POSTGRES = Server(
        data=DATA_DIR / "test-postgres",
        options=("fsync=off", "synchronous_commit=off", "full_page_writes=off"),
    )
    DATABASES["default"] |= EMBEDDED_POSTGRES.settings(user=OWNER)
    DATABASE_APPLICATION_ROLE = APPLICATION
elif DATABASE_OWNER is not None:
    DATABASES["default"] |= {name: DATABASE_OWNER[name] for name in ("USER", "PASSWORD", "HOST", "PORT")}
# The tests make and empty databases, so they are the owner; tests/test_database_role.py is the application's role.
DATABASE_OWNER = None
DATABASES["default"]["CONN_MAX_AGE"] = 0

MEDIA_ROOT = DATA_DIR / "test-uploads"

# Argon2 is slow by design; the tests sign in some thousand times.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
