"""Django's database backend for PostgreSQL, with a cheaper look at whether it still listens."""
