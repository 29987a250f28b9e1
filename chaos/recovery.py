"""How long the system takes until it works again after a fault."""

import time
from dataclasses import dataclass

from chaos.client import Api, Refused
from chaos.diary import Diary, Window
from chaos.ground import Ground
from chaos.system import System
from chaos.traffic import Traffic

PATIENCE_SECONDS = 90.0
#: Recovering takes no longer than this by design, with an allowance for a busy machine.
LIMIT_SECONDS = 60.0


@dataclass
class Recovery:
    """Recovered is: healthy, a new job ran, and no execution that was hit counts as running."""

    ground: Ground
    system: System
    api: Api
    traffic: Traffic
    diary: Diary

    def wait(self, window: Window, victims: list[int]) -> None:
        """Wait until the system has recovered from a fault, and note when that was."""
        self.system.wait(PATIENCE_SECONDS, self.api.is_healthy)
        try:
            probe = self.traffic.probe()
        except Refused as refused:
            self.diary.remarks.append(f"fault {window.number}: the probe was refused: {refused}")
            return
        left = PATIENCE_SECONDS - (time.time() - window.healed)
        if self.system.wait(max(left, 1.0), lambda: self._is_well(probe, victims)):
            window.recovered = time.time()
            if window.recovered - window.healed > LIMIT_SECONDS:
                self.diary.remarks.append(
                    f"fault {window.number} ({window.kind}): recovery took "
                    f"{window.recovered - window.healed:.0f} s"
                )
        else:
            self.diary.remarks.append(
                f"fault {window.number} ({window.kind}): not recovered within "
                f"{PATIENCE_SECONDS:.0f} s (probe job {probe}, executions {victims})"
            )

    def _is_well(self, probe: int, victims: list[int]) -> bool:
        rows = self.ground.query(
            """
            SELECT (SELECT status FROM job WHERE id = %s) = 'COMPLETED' AND NOT EXISTS (
                SELECT 1 FROM job_exe WHERE id = ANY(%s) AND status = 'RUNNING') AS is_well
            """,
            [probe, victims],
        )
        return bool(rows[0]["is_well"])
