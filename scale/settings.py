"""Django settings; the environment is read here and nowhere else (`docs/configuration.md`)."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from scale import VERSION
from scale.conf import Conf
from scale.env import Env

#: Lanes are priorities of messages, which each of Celery's transports has in its own way or not.
BROKER_SCHEMES = ("redis", "rediss", "amqp", "amqps", "pyamqp")

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()

DEBUG = env.flag("SCALE_DEBUG", default=False)
SECRET_KEY = env.text("SCALE_SECRET_KEY") or ("insecure" * 8 if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SCALE_SECRET_KEY must be set to a long random text (or SCALE_DEBUG=true)."
    )
ALLOWED_HOSTS = env.words("SCALE_ALLOWED_HOSTS", ["localhost", "127.0.0.1"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.words("SCALE_CSRF_TRUSTED_ORIGINS")
HTTPS = env.flag("SCALE_HTTPS", default=not DEBUG)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "scale",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "scale.urls"
WSGI_APPLICATION = "scale.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# ---- database -------------------------------------------------------------------------------

DATABASE_URL = env.text("DATABASE_URL", "postgres://localhost/scale")
DATABASES: dict[str, Any] = {
    "default": {
        **dj_database_url.parse(DATABASE_URL, conn_max_age=600, conn_health_checks=True),
        "ATOMIC_REQUESTS": False,
    }
}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database.")
DATABASES["default"]["ENGINE"] = "scale.postgresql"
TCP_PATIENCE = {
    "tcp_user_timeout": 20_000,  # milliseconds
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
DATABASES["default"].setdefault("OPTIONS", {}).update(
    connect_timeout=3,
    application_name="scale",
    # Statements seen five times on a connection are parsed once, and planned once where that does
    # no harm. (A pooler in transaction mode must support prepared statements.)
    server_side_binding=True,
    prepare_threshold=5,
    # A peer that vanished without a word is given up within half a minute, by both sides: the
    # kernel's default is two hours, and so long a dead worker's transaction would keep its locks.
    **TCP_PATIENCE,
    # No statement here is long enough to repay compiling it; walks of large graphs look as if. And
    # what is asked for lies along an index, mostly in memory: a jump costs little more than a step.
    options=" ".join(
        [
            DATABASES["default"]["OPTIONS"].get("options", ""),
            *(
                f"-c tcp_{name.removeprefix('tcp_')}={value}"
                for name, value in TCP_PATIENCE.items()
            ),
            "-c jit=off -c random_page_cost=1.1",
        ]
    ).strip(),
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

# ---- queue ----------------------------------------------------------------------------------

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", "redis://localhost:6379/0")
if urlsplit(CELERY_BROKER_URL).scheme not in BROKER_SCHEMES:
    raise ImproperlyConfigured(
        "CELERY_BROKER_URL must begin with redis:// or rediss:// (Redis; no Sentinel) or with "
        "amqp:// or amqps:// (RabbitMQ)."
    )
#: After so long Redis hands an unacknowledged message out again; its claim is then refused.
VISIBILITY_TIMEOUT_SECONDS = env.integer("SCALE_VISIBILITY_TIMEOUT_SECONDS", 3600, least=1)

# ---- HTTP -----------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("SCALE_STATIC_ROOT", str(BASE_DIR / "var" / "static")))
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

DATA_UPLOAD_MAX_MEMORY_SIZE = env.integer("SCALE_MAX_BODY_BYTES", 10 * 1024 * 1024, least=1024)
MAX_UPLOAD_BYTES = env.integer("SCALE_MAX_UPLOAD_BYTES", 2 * 1024**3, least=1024)

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

CSRF_FAILURE_VIEW = "api.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^health/$"]

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.access.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["api.access.RolePermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.JsonParser"],
    "DEFAULT_SCHEMA_CLASS": "api.openapi.Schema",
    "EXCEPTION_HANDLER": "api.errors.handle",
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Scale",
    "DESCRIPTION": "A job queue and workflow service.",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["api.access.RolePermission"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_NAME_OVERRIDES": {
        "JobStatus": "scale.domain.lifecycle.JobStatus",
        "ExecutionStatus": "scale.domain.lifecycle.ExecutionStatus",
        "ErrorCategory": "scale.models.error.Error.Category",
    },
}

# ---- Scale ----------------------------------------------------------------------------------

SCALE = Conf.read(env)

LOG_LEVEL = env.text(
    "SCALE_LOG_LEVEL", "INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
}

env.refuse_unknown(
    "SCALE_",
    foreign=(
        "SCALE_URL",
        "SCALE_TOKEN",
        "SCALE_TEST_RABBITMQ_URL",
        "SCALE_JOB_EXE",
        "SCALE_WORKER",
    ),
)
