"""The job types and recipe types of the chaos suite, as the documents of the API."""

import shlex
import sys
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).resolve().parent / "programs"
VERSION = "1.0"
PROBE = "chaos-probe"

#: How often each type is chosen.
JOB_WEIGHTS = {
    "swift-1": 6,
    "swift-50": 8,
    "swift-100": 8,
    "swift-400": 8,
    "sleep": 16,
    "write": 12,
    "fail": 5,
    "flaky": 6,
    "crash": 4,
    "overtime": 3,
    "fork": 8,
    "capped": 6,
}
RECIPE_WEIGHTS = {"chain": 4, "diamond": 4, "doomed": 2, "fan": 2}

#: Of the type `capped`, so many at once.
CAP = 2

_SECONDS = {"name": "seconds", "type": "property"}
_FILES = {"name": "parts", "type": "files"}
_MADE = {"name": "made", "type": "files"}
_JOINED = {"name": "joined", "type": "file"}


def job_types(journal: Path) -> list[dict[str, Any]]:
    """Return the bodies that register all job types."""
    swift = [_type(f"swift-{n}", "succeed.py", journal, priority=n) for n in (1, 50, 100, 400)]
    return [
        *swift,
        _type(PROBE, "succeed.py", journal, priority=1, max_tries=20),
        _type("sleep", "sleep.py", journal, "${seconds}", takes=[_SECONDS]),
        _type("write", "write.py", journal, "${job_output_dir} 3", makes=[_MADE], max_tries=4),
        _type(
            "join",
            "join.py",
            journal,
            "${parts} ${job_output_dir}",
            takes=[_FILES],
            makes=[_JOINED],
            priority=20,
        ),
        _type("fail", "fail.py", journal, "3", priority=200),
        # Mapped to an error of the system, so that it is tried again.
        _type(
            "flaky",
            "fail.py",
            journal,
            "9 2",
            max_tries=4,
            error_mapping={"version": "1.0", "exit_codes": {"9": "database"}},
        ),
        _type("crash", "crash.py", journal, max_tries=2, priority=300),
        _type("overtime", "sleep.py", journal, "600", timeout=2),
        _type("fork", "fork.py", journal, "0.3", priority=10),
        _type("capped", "sleep.py", journal, "1.2", max_scheduled=CAP),
    ]


def recipe_types() -> list[dict[str, Any]]:
    """Return the bodies that register all recipe types."""
    join = {"made": "parts"}
    return [
        _recipe(
            "chain",
            [
                _node("first", "write"),
                _node("second", "join", first=join),
                _node("third", "swift-50", second={}),
            ],
        ),
        _recipe(
            "diamond",
            [
                _node("top", "write"),
                _node("left", "join", top=join),
                _node("right", "fork", top={}),
                _node("bottom", "swift-100", left={}, right={}),
            ],
        ),
        _recipe(
            "doomed",
            [
                _node("good", "write"),
                _node("bad", "fail"),
                _node("after-bad", "swift-1", bad={}),
                _node("after-both", "join", good=join, **{"after-bad": {}}),
                _node("after-good", "swift-400", good={}),
            ],
        ),
        _recipe(
            "fan",
            [
                _node("root", "flaky"),
                *(_node(f"leaf-{n}", "capped", root={}) for n in range(5)),
                _node("end", "swift-1", **{f"leaf-{n}": {} for n in range(5)}),
            ],
        ),
    ]


def _type(
    name: str,
    program: str,
    journal: Path,
    arguments: str = "",
    *,
    takes: list[dict[str, Any]] | None = None,
    makes: list[dict[str, Any]] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    # -S: a program starts in a third of the time without the site packages.
    return {
        "name": name,
        "version": VERSION,
        "category": "chaos",
        "mem_required": 16.0,
        "disk_out_const_required": 1.0,
        "interface": {
            "version": "1.0",
            "command": shlex.join([sys.executable, "-S", str(PROGRAMS / program)]),
            "command_arguments": f"{shlex.quote(str(journal))} {arguments}".strip(),
            "input_data": takes or [],
            "output_data": makes or [],
        },
        **fields,
    }


def _node(name: str, type_name: str, **parents: dict[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "job_type": {"name": type_name, "version": VERSION},
        "dependencies": [
            {
                "name": parent,
                "connections": [{"output": o, "input": i} for o, i in connections.items()],
            }
            for parent, connections in parents.items()
        ],
    }


def _recipe(name: str, jobs: list[dict[str, Any]]) -> dict[str, Any]:
    definition = {"version": "1.0", "input_data": [], "jobs": jobs}
    return {"name": name, "version": VERSION, "definition": definition}
