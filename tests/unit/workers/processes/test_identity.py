import os
import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.processes.identity import Identity
from workers.processes.procfs import read_stat


def test_identity_of_this_process_is_alive_and_safe_as_file_name() -> None:
    own = Identity.of_this_process("host-1.example.org")

    assert own.is_alive()
    assert own.pid == os.getpid()
    assert re.fullmatch(r"host-1\.example\.org\.\d+\.[0-9a-f]{8}-\d+", str(own))


@given(st.text())
def test_identity_is_read_as_written_whatever_the_host_is_called(host: str) -> None:
    own = Identity.of_this_process(host or "-")

    assert Identity.parse(str(own)) == own
    assert len(str(own)) < 250
    assert not set(str(own)) & set("/\0:\n ")


@pytest.mark.parametrize(
    "text", ["", "..", "host", "host.1", "host.x.12345678-1", "a/b.1.12345678-1"]
)
def test_parse_text_that_is_no_identity_returns_none(text: str) -> None:
    assert Identity.parse(text) is None


def test_identity_of_zombie_is_dead() -> None:
    with subprocess.Popen(["sleep", "1000"]) as child:
        stat = read_stat(child.pid)
        assert stat is not None
        own = Identity.of_this_process("host")
        identity = Identity("host", child.pid, f"{own.start.split('-')[0]}-{stat.start}")
        assert identity.is_alive()

        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not identity.is_alive()


def test_identity_of_earlier_process_or_boot_is_dead() -> None:
    own = Identity.of_this_process("host")
    boot, ticks = own.start.split("-")

    assert not Identity("host", own.pid, f"{boot}-{int(ticks) - 1}").is_alive()
    assert not Identity("host", own.pid, f"00000000-{ticks}").is_alive()
