"""Recording what caused work."""

from datetime import datetime

from scale.models import TriggerEvent

ANONYMOUS = "Anonymous"


def record_user_event(*, user: str, now: datetime) -> TriggerEvent:
    """Record that a user asked for something (contract 1.1, 2.2)."""
    return TriggerEvent.objects.create(
        type="USER", occurred=now, description={"user": user or ANONYMOUS}
    )
