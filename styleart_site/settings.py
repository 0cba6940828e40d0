"""Settings of StyleArt. What differs by machine comes from the environment; see `.env.example`.

Importing this module starts or joins the embedded PostgreSQL and Redis, unless
DATABASE_URL and REDIS_URL name real servers.
"""

import contextlib
import importlib.util
import os
import secrets
import tempfile
from typing import Any

import dj_database_url
from environs import EnvError

from . import counting, embedded, environment, logs

BASE_DIR = environment.REPOSITORY

env = environment.read()

DATA_DIR = env.path("STYLEART_DATA", BASE_DIR / "var").resolve()
DATABASE_URL = env.str("DATABASE_URL", "")
REDIS_URL = env.str("REDIS_URL", "")
EMBEDDED = not DATABASE_URL  # a copy on somebody's own machine: demo accounts, mails in files
PORT = env.int("PORT", 8000)
DEBUG = env.bool("DEBUG", False)


def _own_secret_key() -> str:
    """Make the key of an embedded copy once and keep it in the data folder."""
    path = DATA_DIR / "secret_key"
    if not path.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=DATA_DIR) as file:  # mode 0600
            file.write(secrets.token_urlsafe(50))
            file.flush()
            with contextlib.suppress(FileExistsError):  # another process was faster
                os.link(file.name, path)
    return path.read_text()


SECRET_KEY = env.str("SECRET_KEY", "") or _own_secret_key() if EMBEDDED else env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", [])
if not EMBEDDED and (len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 8 or "insecure" in SECRET_KEY):
    raise EnvError(
        "SECRET_KEY is too easy to guess: it needs 50 characters or more, made by chance. "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))' makes one"
    )
if DEBUG and not EMBEDDED:
    raise EnvError("DEBUG shows code and settings to everybody; it is for embedded copies only")
ALLOWED_HOSTS = (
    env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"]) if EMBEDDED else env.list("ALLOWED_HOSTS")
)
if not ALLOWED_HOSTS:
    raise EnvError("ALLOWED_HOSTS is empty; it names the hosts that the site answers to")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [])
HTTPS = env.bool("HTTPS", not EMBEDDED)
BEHIND_PROXY = env.bool("BEHIND_PROXY", False)
# What links in mails begin with where no request says so.
SITE_URL = env.str(
    "SITE_URL", f"http://127.0.0.1:{PORT}" if EMBEDDED else f"https://{ALLOWED_HOSTS[0]}"
).rstrip("/")

INSTALLED_APPS = [
    "styleart_site",
    "classifier",
    "scraper",
    "gallery",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.sitemaps",
    "django.contrib.humanize",
    "allauth",
    "styleart_site.apps.AddressesConfig",
    "styleart_site.apps.TwoFactorsConfig",
    "styleart_site.apps.SessionsConfig",
    "allauth.headless",
    "django_htmx",
    "import_export",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "styleart_site.middleware.tell_of_requests",
    "styleart_site.middleware.know_the_address",
    "django.middleware.security.SecurityMiddleware",
    "styleart_site.middleware.safe_headers",
    "styleart_site.middleware.say_when_to_come_back",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "styleart_site.middleware.CompressWords",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "styleart_site.languages.LanguageOfPages",
    "styleart_site.middleware.refuse_huge_bodies",
    "styleart_site.middleware.AddSlashes",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "styleart_site.languages.speak_the_language_of_the_account",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "styleart_site.middleware.refuse_unreadable_json",
    "allauth.account.middleware.AccountMiddleware",
    "styleart_site.middleware.staff_needs_two_factors",
    "django_htmx.middleware.HtmxMiddleware",
    "styleart_site.middleware.reload_to_sign_in",
    "styleart_site.middleware.keep_no_page_about_an_account",
    "styleart_site.middleware.mark_what_may_be_kept_offline",
]

ROOT_URLCONF = "styleart_site.urls"
WSGI_APPLICATION = "styleart_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "styleart_site.context.site",
            ],
        },
    },
]

# Services


def _named_database() -> dict[str, Any]:
    try:
        return dj_database_url.parse(DATABASE_URL)
    except ValueError as error:
        raise EnvError(
            "DATABASE_URL cannot be read; it looks like postgres://user:password@host:5432/name, "
            "with %23, %2F, %3F and %40 for #, /, ? and @ in the password"
        ) from error


_services = embedded.join(DATA_DIR, postgres=not DATABASE_URL, redis=not REDIS_URL)
DATABASES = {"default": _named_database() if DATABASE_URL else _services.postgres}
DATABASES["default"] |= {
    "CONN_MAX_AGE": 60,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {
        # A server that is gone without a word is noticed within seconds; the kernel alone would take minutes.
        "connect_timeout": 5,
        "keepalives_idle": 30,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,  # milliseconds
        **DATABASES["default"].get("OPTIONS", {}),
        # How far pgvector's HNSW search looks where nobody says so (gallery/similar.py does): 280 finds 99 % of the
        # true neighbours among 250,000 works; with filters it goes on, and gives what it finds then nearly in order:
        # whoever asks sorts.
        "options": "-c hnsw.ef_search=280 -c hnsw.iterative_scan=relaxed_order",
    },
}
# Counts sign-in attempts. In the database, so that all processes share it and Redis may be away. Whoever fills it makes
# others' counts forgotten, so it is large, and what has run out is deleted every hour.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CELERY_BROKER_URL = REDIS_URL or f"redis+socket://{_services.redis_socket}"
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 5}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for Redis as long as it takes
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1}
CELERY_TASK_SOFT_TIME_LIMIT = env.int("TASK_TIME_LIMIT_S", 20)  # seconds; one picture takes well under 1
CELERY_TASK_TIME_LIMIT = CELERY_TASK_SOFT_TIME_LIMIT + 5  # for what does not listen, such as a decoder in C
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Then a new child takes over, whatever the old one may have kept.
CELERY_WORKER_MAX_TASKS_PER_CHILD = env.int("WORKER_TASKS_PER_CHILD", 2000)
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 60.0  # a child loads the model first; after 4 s Celery gives the worker up
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 600_000  # kB; a picture needs up to 300 MB while it is decoded
# What a child may take at most, beyond what it has when it begins: more is a MemoryError and not the machine's end.
WORKER_MEMORY_MB = env.int("WORKER_MEMORY_MB", 1500)
CELERY_BEAT_SCHEDULER = "styleart_site.celery:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 10  # seconds; it shows a sign of life on its way
CELERY_BEAT_SCHEDULE = {
    "sweep predictions": {"task": "classifier.tasks.sweep", "schedule": 5.0},
    "derive in quiet": {"task": "classifier.tasks.derive_in_quiet", "schedule": 5.0},
    "embed artworks": {"task": "gallery.tasks.embed_artworks", "schedule": 60.0},
    "find duplicates": {"task": "gallery.tasks.find_duplicates", "schedule": 60.0},
    "find doubts": {"task": "gallery.tasks.find_doubts", "schedule": 300.0},
    "make palettes": {"task": "gallery.tasks.make_palettes", "schedule": 300.0},
    "make placeholders": {"task": "gallery.tasks.make_placeholders", "schedule": 300.0},
    "make placeholders of predictions": {"task": "classifier.tasks.make_placeholders", "schedule": 300.0},
    "sweep imports": {"task": "scraper.tasks.sweep_imports", "schedule": 20.0},
    "check files": {"task": "gallery.tasks.check_files", "schedule": 3600.0},
    "remove orphaned copies": {"task": "styleart_site.tasks.remove_orphaned_copies", "schedule": 86_400.0},
    "drop old squares": {"task": "classifier.tasks.drop_old_squares", "schedule": 3600.0},
    "erase trash": {"task": "classifier.tasks.erase_trash", "schedule": 3600.0},
    "sweep exports": {"task": "styleart_site.tasks.sweep_exports", "schedule": 30.0},
    "erase leavers": {"task": "styleart_site.tasks.erase_leavers", "schedule": 60.0},
    "tidy signs and numbers": {"task": "styleart_site.tasks.tidy_signs_and_numbers", "schedule": 3600.0},
    "tidy accounts": {"task": "styleart_site.tasks.tidy_accounts", "schedule": 3600.0},
}
for _entry in CELERY_BEAT_SCHEDULE.values():  # after a long time without workers they need not run them all
    _entry["options"] = {"expires": max(60.0, _entry["schedule"])}
DRAIN_S = env.int("DRAIN_S", 20)  # to finish what is under way when told to stop; webserver.py reads it, too

# The model. Its embeddings are made where there are none yet, and an activated model takes over when all are.

MODELS_DIR = DATA_DIR / "models"
os.environ["STYLEART_ACTIVE_MODEL"] = str(MODELS_DIR / "active")  # for ml.inference, which knows no Django

# Pictures

MEDIA_ROOT = env.path("MEDIA_ROOT", DATA_DIR / "media")
ACCEL_REDIRECT_PREFIX = env.str("ACCEL_REDIRECT_PREFIX", "")  # an internal location of nginx over MEDIA_ROOT
# Pictures that cannot be made again lie in a bucket that speaks S3, where one is named; credentials as boto3 reads them.
MEDIA_BUCKET = env.str("MEDIA_BUCKET", "")
if MEDIA_BUCKET and importlib.util.find_spec("storages") is None:
    raise EnvError(
        "MEDIA_BUCKET needs some more packages: run 'pip install -r requirements-s3.txt' in the virtual environment"
    )
MEDIA_BUCKET_OPTIONS = {
    "bucket_name": MEDIA_BUCKET,
    "endpoint_url": env.str("MEDIA_BUCKET_ENDPOINT", "") or None,
    "region_name": env.str("MEDIA_BUCKET_REGION", "") or None,
    "location": env.str("MEDIA_BUCKET_PREFIX", ""),
    "addressing_style": env.str("MEDIA_BUCKET_ADDRESSING", "auto"),
}
UPLOAD_MAX_BYTES = 16 * 1024 * 1024
# The pictures of most phones need no detour over a temporary file.
FILE_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
CLASSIFY_LEASE_S = env.int("CLASSIFY_LEASE_S", 30)  # longer than CELERY_TASK_TIME_LIMIT
CLASSIFY_RESEND_S = env.int("CLASSIFY_RESEND_S", 20)  # what nobody picked up by then is sent again
CLASSIFY_MAX_ATTEMPTS = 3
ANSWER_MAIL_AFTER_S = env.int(
    "ANSWER_MAIL_AFTER_S", 30
)  # who waits longer may have left; see classifier.mailing
VISITOR_PICTURES_PER_DAY = env.int("VISITOR_PICTURES_PER_DAY", 3)
VISITOR_PICTURES_PER_DAY_AND_NETWORK = env.int("VISITOR_PICTURES_PER_DAY_AND_NETWORK", 30)
TRASH_DAYS = 30
EXPORT_DAYS = env.int("EXPORT_DAYS", 7)  # how long an export can be fetched
EXPORT_SLICE_S = 5.0  # so long a worker packs before others have their turn
SAMPLE_STUDIES_PER_STYLE = env.int("SAMPLE_STUDIES_PER_STYLE", 12)  # 0 to 12, painted at the first start
PUBLIC_DOMAIN_YEARS = env.int("PUBLIC_DOMAIN_YEARS", 70)  # after the artist's death
# Works that are not known to be in the public domain: an embedded copy is private, so it shows them.
SHOW_PROTECTED_PICTURES = env.bool("SHOW_PROTECTED_PICTURES", EMBEDDED)

# WikiArt: whom to ask, and how gently. scraper.wikiart.Access says what each is for.

WIKIART_URL = env.str("WIKIART_URL", "https://www.wikiart.org")
_WIKIART_IS_ITSELF = WIKIART_URL.rstrip("/").endswith("wikiart.org")  # and no local one, for tests
WIKIART_PICTURES_URL = env.str(
    "WIKIART_PICTURES_URL", "https://uploads{n}.wikiart.org" if _WIKIART_IS_ITSELF else WIKIART_URL
)
WIKIART_LANGUAGE = env.str("WIKIART_LANGUAGE", "en")
WIKIART_CONTACT = env.str("WIKIART_CONTACT", "")
WIKIART_ACCESS_CODE = env.str("WIKIART_ACCESS_CODE", "")
WIKIART_SECRET_CODE = env.str("WIKIART_SECRET_CODE", "")
WIKIART_IMAGE_SIZE = env.str("WIKIART_IMAGE_SIZE", "Large")
WIKIART_CALLS = env.int("WIKIART_CALLS", 10)
WIKIART_CALLS_PER_S = env.float("WIKIART_CALLS_PER_S", 2.5)  # so many calls in so many seconds
WIKIART_API_CALLS_PER_HOUR = env.int("WIKIART_API_CALLS_PER_HOUR", 400)
WIKIART_PICTURES_PER_SECOND = env.int("WIKIART_PICTURES_PER_SECOND", 20)
WIKIART_TIMEOUT_S = env.float("WIKIART_TIMEOUT_S", 30.0)
WIKIART_DEADLINE_S = env.float("WIKIART_DEADLINE_S", 300.0)
WIKIART_RETRIES = env.int("WIKIART_RETRIES", 6)
WIKIART_BACKOFF_S = env.float("WIKIART_BACKOFF_S", 1.0)
WIKIART_LIMIT_WAIT_S = env.float("WIKIART_LIMIT_WAIT_S", 60.0)
WIKIART_PATIENCE_S = env.float("WIKIART_PATIENCE_S", 4500.0)
WIKIART_MAX_PICTURE_BYTES = env.int("WIKIART_MAX_PICTURE_BYTES", 200 * 1024 * 1024)

# Accounts

AUTH_USER_MODEL = "styleart_site.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",  # for new ones; older ones become it at the next sign-in
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "styleart_site.passwords.GuessablePasswordValidator"},
]
ALLAUTH_SETTING_GETTER = "styleart_site.codes.setting"  # apps get codes where pages get links
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0
ACCOUNT_ADAPTER = "styleart_site.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_CHANGE_EMAIL = True  # one address an account; a new one takes over once it is confirmed
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True  # no answer tells whether an address is known
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "StyleArt: "
ACCOUNT_RATE_LIMITS = {
    # Wrong passwords: whoever goes on waits longer each time, from a minute to hours.
    "login_failed": env.str(
        "LOGIN_FAILED_LIMITS", "10/m/ip,60/h/ip,5/m/key,7/15m/key,9/h/key,12/6h/key,20/d/key"
    ),
}
MFA_ADAPTER = "styleart_site.accounts.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "StyleArt"
MFA_TOTP_TOLERANCE = 1  # codes of the half minute before and after count: clocks differ
STAFF_NEEDS_TWO_FACTORS = env.bool("STAFF_NEEDS_TWO_FACTORS", not EMBEDDED)
HEADLESS_CLIENTS = ["app"]  # browsers use the pages
HEADLESS_SERVE_SPECIFICATION = False
HEADLESS_TOKEN_STRATEGY = "styleart_site.api.authentication.SessionTokens"  # noqa: S105 - a class
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "StyleArt <styleart@localhost>")
if EMBEDDED and not env.str("EMAIL_HOST", ""):
    EMAIL_BACKEND = "styleart_site.mail.LoggedFileBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
else:
    EMAIL_HOST = env.str("EMAIL_HOST")
    EMAIL_PORT = env.int("EMAIL_PORT", 587)
    EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
    EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
    EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", True)
    EMAIL_TIMEOUT = 10

# The API

API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", 120)  # of a user, all but uploads
API_REQUESTS_PER_MINUTE_ANONYMOUS = env.int("API_REQUESTS_PER_MINUTE_ANONYMOUS", 30)  # of a network address
API_UPLOADS_PER_MINUTE = env.int("API_UPLOADS_PER_MINUTE", 10)  # of a user
API_UPLOADS_PER_DAY = env.int("API_UPLOADS_PER_DAY", 200)  # of a user, at all doors: the pages, too
API_MAX_WAITERS = env.int("API_MAX_WAITERS", 4)  # threads of a process that may wait (Prefer: wait)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "styleart_site.api.authentication.BearerToken",
        "styleart_site.api.authentication.AppSession",
        "styleart_site.api.authentication.PageSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["styleart_site.api.parsers.StrictJSON"],
    "DEFAULT_THROTTLE_CLASSES": ["styleart_site.api.throttling.RequestThrottle"],
    "DEFAULT_PAGINATION_CLASS": "styleart_site.api.pagination.CursorPages",
    "DEFAULT_SCHEMA_CLASS": "styleart_site.api.schema.Schema",
    "EXCEPTION_HANDLER": "styleart_site.api.problems.answer",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "StyleArt",
    "VERSION": "1.0.0",
    "DESCRIPTION": "Tells the style of a painting. Start with docs/api.md.",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": ["styleart_site.api.schema.complete"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "defaultModelsExpandDepth": 0, "tryItOutEnabled": False},
}

# Safety

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # no script of ours reads one
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # machines beside us ask without TLS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# Whether names below ours must have HTTPS, too, and whether browsers may know it before the first visit: these
# bind the whole domain for a year and more, so they are its owner's to decide.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # which ask for the two above
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# Cookies know no ports: two copies on one machine keep apart by name. With __Host-, a browser takes a cookie from
# this host alone, over HTTPS alone.
_COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}styleart_{PORT}"
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}styleart_csrf_{PORT}"
X_FRAME_OPTIONS = "DENY"

# Static files, language, logs, metrics

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "gallery.bucket.Bucket", "OPTIONS": MEDIA_BUCKET_OPTIONS}
    if MEDIA_BUCKET
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_USE_FINDERS = DEBUG

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français"), ("de", "Deutsch")]  # as each calls itself
LOCALE_PATHS = [BASE_DIR / "styleart_site" / "locale"]
FORMAT_MODULE_PATH = ["styleart_site.formats"]
LANGUAGE_COOKIE_NAME = f"styleart_language_{PORT}"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600  # seconds
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

LOGGING = logs.config()

METRICS_DIR = env.path("METRICS_DIR", DATA_DIR / "run" / "metrics")  # where all processes count together
METRICS_TOKEN = env.str("METRICS_TOKEN", "")  # Prometheus shows it as a bearer token
if METRICS_TOKEN and len(METRICS_TOKEN) < 32:
    raise EnvError("METRICS_TOKEN needs 32 characters or more")
METRICS_ARE_SHARED = counting.share(METRICS_DIR)
