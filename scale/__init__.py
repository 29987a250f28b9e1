"""Scale: a job queue and workflow service on Celery, Django and PostgreSQL."""

VERSION = "0.1.0"
