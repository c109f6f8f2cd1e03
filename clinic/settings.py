"""Settings of Cadence. What differs between installations comes from the environment:

CADENCE_ENV            development (default) or production
SECRET_KEY             made once and kept in the data folder when it is not set
SECRET_KEY_FALLBACKS   keys it replaced, separated by commas
RECORD_SEAL_KEY        seals signed records; without it a key derived from SECRET_KEY does
RECORD_SEAL_KEY_FALLBACKS  keys it replaced: needed to verify what they sealed
DATABASE_URL           postgres://user:password@host/name; without it the private PostgreSQL is used
DATABASE_OWNER_URL     the same for the role that owns the tables: only "migrate" needs it
CADENCE_HOSTS          host names that may be asked for, separated by commas; this machine always may
CADENCE_ORIGINS        origins trusted for forms, for example https://cadence.example (production)
CADENCE_PROXIES        how many proxies stand in front of the web server; their X-Forwarded-For is believed
CADENCE_DATA           folder for the database, uploads and keys; default: var beside manage.py
CADENCE_BACKUP_RECIPIENT  the public key, age1..., that backups are encrypted to; else of a key kept in the data folder
CADENCE_URL            where patients open their links, for example https://cadence.example; else the first origin
EMAIL_URL              smtp+tls://user:password@host:587; in development mail is kept as files in the data folder
MAIL_PROVIDER          instead of EMAIL_URL, a provider that django-anymail knows: postmark, mailgun, amazon_ses ...
ANYMAIL_...            the provider's settings, for example ANYMAIL_POSTMARK_SERVER_TOKEN; ANYMAIL_WEBHOOK_SECRET is
                       the user:password with which its reports of what bounced come in (carriers/mail/)
DEFAULT_FROM_EMAIL     sender of mail
TWILIO_ACCOUNT_SID     text messages through Twilio, with TWILIO_AUTH_TOKEN and either TWILIO_FROM, a number, or
                       TWILIO_MESSAGING_SERVICE; without them no text message is offered
PHONE_REGION           country of telephone numbers written without their country code (US)

Importing this file starts nothing: see clinic/embedded_postgres.py for who starts the private PostgreSQL.
"""

import os
import secrets
from pathlib import Path
from typing import Any

import environ
import pghistory
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from clinic.embedded_postgres import OWNER, Server

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("CADENCE_DATA", default=str(BASE_DIR / "var"))).expanduser().resolve()

CADENCE_ENV = env.str("CADENCE_ENV", default="development")
if CADENCE_ENV not in {"development", "production"}:
    raise ImproperlyConfigured(f"CADENCE_ENV is {CADENCE_ENV!r}; use development or production.")
PRODUCTION = CADENCE_ENV == "production"

# An error page of DEBUG shows the data in hand, so it is asked for by name and never in production.
DEBUG = env.bool("CADENCE_DEBUG", default=False) and not PRODUCTION


def _secret_key() -> str:
    """The key from the environment, else one made on first use and kept for this installation alone."""
    if key := env.str("SECRET_KEY", default=""):
        return key
    kept = DATA_DIR / "secret_key"
    if not kept.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        fresh = DATA_DIR / f".secret_key.{os.getpid()}"
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            os.link(fresh, kept)  # fails when another process was first
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return kept.read_text().strip()


SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Seals of signed records are made with a key of their own, or with one derived from SECRET_KEY. A key that sealed
# once is needed as long as its records are kept: see docs/deployment.md.
RECORD_SEAL_KEY = env.str("RECORD_SEAL_KEY", default="")
RECORD_SEAL_KEY_FALLBACKS = env.list("RECORD_SEAL_KEY_FALLBACKS", default=[])

# This machine itself is always a valid name: health checks ask from inside.
ALLOWED_HOSTS: list[str] = [*env.list("CADENCE_HOSTS", default=[]), ".localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CADENCE_ORIGINS", default=[])

INSTALLED_APPS = [
    "clinic",  # first, so that its templates win
    "interop",
    "scheduling",
    "outcomes",
    "treatments",
    "messaging",
    "patients",
    "inventory",
    "accounts",
    "audit",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "pghistory",
    "pgtrigger",
    "template_partials",
    "whitenoise.runserver_nostatic",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "clinic.static_files.ServedFiles",
    "django.forms",
]

MIDDLEWARE = [
    "accounts.middleware.OriginMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clinic.logs.AccessLogMiddleware",
    "csp.middleware.CSPMiddleware",
    "clinic.failures.EncodingMiddleware",
    "accounts.middleware.SetUpMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "patients.middleware.NothingKeptMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "patients.middleware.TabletMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.ChangesMiddleware",
    "patients.middleware.SiteWithTasksMiddleware",
    "accounts.middleware.RefusalMiddleware",
    "accounts.middleware.IdleMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "patients.middleware.MergedRecordMiddleware",
]

ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,  # the app template_partials puts its loader around this
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]
FORM_RENDERER = "clinic.form_renderer.FormRenderer"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- database

# The application connects as a role that owns no table; the owner makes them: see clinic/database_roles.py. Without
# DATABASE_OWNER_URL the role of DATABASE_URL does both.
EMBEDDED_POSTGRES: Server | None = None
DATABASE_OWNER: dict[str, Any] | None = None
if env.str("DATABASE_URL", default=""):
    DATABASES: dict[str, dict[str, Any]] = {"default": env.db_url("DATABASE_URL")}
    if env.str("DATABASE_OWNER_URL", default=""):
        DATABASE_OWNER = env.db_url("DATABASE_OWNER_URL")
else:
    EMBEDDED_POSTGRES = Server(data=DATA_DIR / "postgres")
    DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", **EMBEDDED_POSTGRES.settings()}}
    DATABASE_OWNER = {**EMBEDDED_POSTGRES.settings(user=OWNER)}
DATABASE_APPLICATION_ROLE: str = DATABASES["default"]["USER"] if DATABASE_OWNER else ""
for _database in (DATABASES["default"], DATABASE_OWNER):
    if _database:  # a server that is cut off answers nothing: the page says so and does not wait for minutes
        _database["OPTIONS"] = {"connect_timeout": 10} | _database.get("OPTIONS", {})
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Shared by all web processes, so that a lock-out after repeated failures holds whichever of them answers.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

# Messages wait in a queue of their own: an import of an hour does not hold up a reminder.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "messages"]}}

# --- signing in

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "accounts.backends.RoleBackend",  # permissions, from the roles on the user's row
    "accounts.backends.StaffBackend",  # e-mail and password
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "accounts.adapter.StaffAdapter"  # closes sign-up: staff are invited by an administrator
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody has mail sent to any address they like
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a changed password or second factor is told to its owner
ACCOUNT_SESSION_REMEMBER = False  # clinic computers are shared: closing the browser signs out
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",  # a whole clinic stands behind one address
    "login_failed": "30/m/ip,5/15m/key",  # five failures lock one account out for 15 minutes
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "signup": "5/m/ip",
    "emergency": "10/h/user",
    "patient_link": "30/10m/ip",  # dates of birth given at patients' links; households and clinics share an address
}
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_FORMS = {"add_webauthn": "accounts.forms.AddPasskeyForm", "edit_webauthn": "accounts.forms.NamePasskeyForm"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Cadence"
MFA_TOTP_TOLERANCE = 1  # the code before and the one after: telephones' clocks differ
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an administrator opens accounts; nobody signs up with somebody else's address
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # a trial runs without TLS
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("CADENCE_PROXIES", default=0)

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# --- security

SESSION_COOKIE_NAME = "cadence_session"
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds: one working day
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_HTTPONLY = True  # scripts read the token from the page
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_FAILURE_VIEW = "django.views.csrf.csrf_failure"

SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^health/(ready/)?$"]  # asked from inside, without TLS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap draws its small icons as data: images
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# A chart of 200 sites posts about 1,500 fields; files are read in pieces, never as one body in memory.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # bytes, without files
DATA_UPLOAD_MAX_NUMBER_FILES = 10
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # bytes; a larger file goes to disk while it arrives
FILE_UPLOAD_PERMISSIONS = 0o600
MEDIA_ROOT = DATA_DIR / "uploads"  # has no URL: what is uploaded is never served from here

# --- backups

BACKUP_RECIPIENT = env.str("CADENCE_BACKUP_RECIPIENT", default="")

# --- words and time

LANGUAGE_CODE = "en-us"
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]  # what patients read; staff read English
USE_TZ = True
TIME_ZONE = "UTC"  # stored moments; each site has its own zone and calendar

# --- static files

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
_packages = BASE_DIR / "node_modules"
STATICFILES_DIRS: list[Any] = [
    BASE_DIR / "static",
    *(
        (prefix, folder)
        for prefix, folder in [
            ("bootstrap", _packages / "bootstrap" / "dist"),
            ("inter", _packages / "@fontsource-variable" / "inter"),
            ("signature_pad", _packages / "signature_pad" / "dist"),
        ]
        if folder.is_dir()  # a command that serves no pages works before "npm ci"
    ),
]
STORAGES = {
    "default": {"BACKEND": "patients.uploads.WholeFiles"},
    "staticfiles": {
        "BACKEND": "clinic.static_files.HashedFiles"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# In development files are served from where they are written, so that a change shows on reload.
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = not PRODUCTION

# --- mail and log

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="cadence@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
if provider := env.str("MAIL_PROVIDER", default=""):
    EMAIL_BACKEND = f"anymail.backends.{provider}.EmailBackend"
    _prefix = "ANYMAIL_"
    ANYMAIL = {name.removeprefix(_prefix): value for name, value in os.environ.items() if name.startswith(_prefix)}
elif env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
elif PRODUCTION:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(DATA_DIR / "mail")
EMAIL_TIMEOUT = 30  # seconds; a mail server that says nothing does not stop the queue
# Without a server or a provider, production has nobody to hand a patient's mail to.
MAIL_CARRIER = not EMAIL_BACKEND.endswith("console.EmailBackend")

TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_FROM = env.str("TWILIO_FROM", default="")
TWILIO_MESSAGING_SERVICE = env.str("TWILIO_MESSAGING_SERVICE", default="")
TWILIO_API_URL = env.str("TWILIO_API_URL", default="https://api.twilio.com")
TEXT_CARRIER = bool(TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN and (TWILIO_FROM or TWILIO_MESSAGING_SERVICE))
PHONE_REGION = env.str("PHONE_REGION", default="US")

# Where patients and carriers reach us: the worker that writes a link has no request to ask.
CADENCE_URL = env.str("CADENCE_URL", default="") or next(iter(CSRF_TRUSTED_ORIGINS), "http://localhost:8000")
CADENCE_URL = CADENCE_URL.rstrip("/")

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        # Neither the request's body nor its query string; the traceback holds code, not values.
        "line": {
            "()": "clinic.logs.LineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s",
        },
        "json": {"()": "clinic.logs.JsonLineFormatter"},
    },
    "filters": {"request": {"()": "clinic.logs.RequestNumber"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json" if PRODUCTION else "line",
            "filters": ["request"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "django_tasks": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "django_tasks_db": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # One line a request; in development the terminal stays readable.
        "access": {"handlers": ["stderr"], "level": "INFO" if PRODUCTION else "WARNING", "propagate": False},
        "gunicorn.error": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "messaging": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}
ADMINS: list[tuple[str, str]] = []  # no error mails: they would carry request data
DEFAULT_EXCEPTION_REPORTER_FILTER = "clinic.logs.NothingShown"

# --- audit

PGHISTORY_APPEND_ONLY = True
PGHISTORY_DEFAULT_TRACKERS = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
AUDIT_PATIENT_MODEL = "patients.Patient"  # whose number the audit's links keep; that app knows nobody
