import ast
import re

import pytest

from tests.architecture.source import SERVED, modules, texts

HOME = "scale/services/transitions/"
#: Where a row is born with its first status.
BIRTHS = {
    "scale/services/jobs.py": ["job.status, job.num_exes = JobStatus.QUEUED, 1"],
    "scale/services/recipes.py": ['INSERT_JOBS = """'],
}

WRITING_CALLS = {"update", "bulk_update", "create", "bulk_create", "get_or_create"} | {
    "update_or_create",
    "save",
    "setattr",
}
WRITING_SQL = re.compile(
    r"""\bUPDATE\s+(?:ONLY\s+)?"?job(?:_exe)?"?\s(?:(?!\bWHERE\b|\bFROM\b|\bRETURNING\b).)*?
        \bstatus\s*=
    | \bINSERT\s+INTO\s+"?job(?:_exe)?"?\s*\([^)]*\bstatus\b""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def status_writes(tree: ast.Module) -> set[int]:
    """Return the lines that write a status, in Python or in SQL."""
    found = {line for line, text in texts(tree) if WRITING_SQL.search(text)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if node.attr == "status":
                found.add(node.lineno)
        elif isinstance(node, ast.Call) and _name(node) in WRITING_CALLS and _says_status(node):
            found.add(node.lineno)
    return found


def _name(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _says_status(call: ast.Call) -> bool:
    return any(keyword.arg == "status" for keyword in call.keywords) or any(
        isinstance(node, ast.Constant) and node.value == "status"
        for argument in [*call.args, *call.keywords]
        for node in ast.walk(argument)
    )


def test_status_is_written_in_transitions_only():
    elsewhere = {}
    for module in modules(*SERVED):
        lines = module.text.splitlines()
        found = [lines[number - 1].strip() for number in sorted(status_writes(module.tree))]
        if not module.path.startswith(HOME) and found != BIRTHS.get(module.path, []):
            elsewhere[module.path] = found

    assert elsewhere == {}


def test_transitions_write_statuses_that_the_scan_sees():
    home = [module for module in modules("scale") if module.path.startswith(HOME)]

    assert sum(len(status_writes(module.tree)) for module in home) >= 8


@pytest.mark.parametrize(
    "code",
    [
        "job.status = 'FAILED'",
        "job.status, job.ended = 'FAILED', now",
        "Job.objects.filter(pk=1).update(status='FAILED')",
        "Job.objects.create(status='QUEUED')",
        "job.save(update_fields=['status'])",
        "setattr(job, 'status', 'FAILED')",
        "Job.objects.update_or_create(pk=1, defaults={'status': 'FAILED'})",
        "run('UPDATE job SET ended = now(), status = %(to)s WHERE id = 1')",
        "run(f'UPDATE job_exe e SET {columns}, status = 1 WHERE id = 1')",
        "run('WITH a AS (SELECT 1) update job set\\nstatus = 1 FROM a')",
        "run('INSERT INTO job_exe (job_id, status) VALUES (1, 2)')",
    ],
)
def test_scan_sees_a_status_written(code):
    assert status_writes(ast.parse(code))


@pytest.mark.parametrize(
    "code",
    [
        "shown = job.status",
        "Job.objects.filter(status='FAILED').update(priority=1)",
        "run(\"UPDATE job_exe SET dispatched = NULL WHERE status = 'QUEUED'\")",
        "run('UPDATE recipe SET completed = now() WHERE id = 1')",
        "run('UPDATE job_type SET is_paused = true')",
    ],
)
def test_scan_passes_what_writes_no_status(code):
    assert not status_writes(ast.parse(code))
