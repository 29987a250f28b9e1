import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.paths import ROOT, VAR

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]

#: Its eight faults are among those that matter most: messages doubled and lost, a worker lost at
#: work, another one cut off.
SEED = 1114


def test_quick_chaos_has_no_finding() -> None:
    # Servers of its own, which it may restart and kill.
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "CELERY_BROKER_URL"}
    }

    done = subprocess.run(
        [sys.executable, "-m", "chaos", "--quick", "--seed", str(SEED)],
        cwd=ROOT,
        env=environment,
        timeout=540,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(Path(VAR, "chaos", str(SEED), "report.json").read_text())
    assert report["findings"] == []
    assert report["jobs"] >= 40
    # And the last message, lost when all else is done.
    assert sum(kind["count"] for kind in report["faults"].values()) == 8 + 1
