"""The work that every contender does: one spawn of `/bin/true`."""

import subprocess


def spawn() -> None:
    """Run `/bin/true` and wait for it."""
    subprocess.run(["/bin/true"], check=True)
