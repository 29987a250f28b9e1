"""One way to log an event: its name and its ids."""

import logging


def log_event(logger: logging.Logger, event: str, level: int = logging.INFO, **ids: object) -> None:
    """Log `event key=value …`; values are ids and small facts, never secrets or documents."""
    if logger.isEnabledFor(level):
        facts = " ".join(f"{key}={value}" for key, value in ids.items())
        logger.log(level, "%s %s", event, facts)
