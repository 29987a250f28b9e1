"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from scale.collector import ease_collector

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scale.settings")

application = get_wsgi_application()
ease_collector()
