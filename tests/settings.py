"""Settings for tests only."""

import os

os.environ.setdefault("SCALE_SECRET_KEY", "tests-only-" * 5)
os.environ.setdefault("SCALE_ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
os.environ.setdefault("SCALE_HTTPS", "false")
os.environ.setdefault("DATABASE_URL", "postgres://root@127.0.0.1:5432/scale")

from scale.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# WhiteNoise warns when static files have not been collected.
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]  # noqa: F405
