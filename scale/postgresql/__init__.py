"""PostgreSQL: Django's backend, and running a statement that is written out."""
