"""Scale: a job queue and workflow service on Celery, Django and PostgreSQL."""
