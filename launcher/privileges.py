"""Run a server as `nobody` when the launcher is root, since PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from launcher.errors import Problem

# What `nobody` may need to get through directories that only root can enter (a clone below a
# 0700 directory), least first. Containers often have the second but not the first.
_PASSAGES = ((), ("dac_read_search",), ("dac_override",))


def is_root() -> bool:
    """Tell whether this process runs as root."""
    return os.geteuid() == 0


def nobody() -> pwd.struct_passwd:
    """Return the unprivileged user servers run as under root."""
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise Problem(
            "PostgreSQL does not run as root and there is no user `nobody` to run it as: "
            "start this as an ordinary user, or set DATABASE_URL to a server of your own."
        ) from None


def as_nobody(program: Path, directory: Path, death_signal: str) -> list[str]:
    """Return the words before a command that make it run as `nobody` and die with its parent.

    `program` and `directory` are what it has to reach. The death signal is set here because a
    change of user clears the one set before.

    Raises:
        Problem: when `setpriv` is missing or nothing makes the two reachable.
    """
    if shutil.which("setpriv") is None:
        raise Problem(
            "PostgreSQL does not run as root; running it as another user takes `setpriv` "
            "(package util-linux). Install that, start this as an ordinary user, "
            "or set DATABASE_URL to a server of your own."
        )
    for words in _candidates(death_signal):
        reach = ["test", "-x", str(program), "-a", "-w", str(directory)]
        if subprocess.run([*words, *reach], capture_output=True, check=False).returncode == 0:
            return words
    raise Problem(
        f"User `nobody` cannot reach {program}: start this as an ordinary user, "
        "put the clone where others may enter, or set DATABASE_URL to a server of your own."
    )


def _candidates(death_signal: str) -> Iterator[list[str]]:
    user = nobody()
    base = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    for capabilities in _PASSAGES:
        words = ",".join(["-all", *(f"+{name}" for name in capabilities)])
        extra = [f"--inh-caps={words}", f"--ambient-caps={words}", "--no-new-privs"]
        if capabilities:
            # Without this access(2), which initdb asks first, looks at the user alone.
            extra.append("--securebits=+no_setuid_fixup")
        yield [*base, *extra, f"--pdeathsig={death_signal}"]
