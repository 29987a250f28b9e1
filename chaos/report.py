"""What a run shows in the end: what was done, how long recovery took, what was found."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from chaos.diary import Window
from chaos.evidence import Evidence, Finding

SHOWN_PER_RULE = 5


def show(console: Console, evidence: Evidence, findings: Sequence[Finding]) -> None:
    """Print the tables."""
    console.print(_work_table(evidence))
    console.print(_fault_table(evidence.diary.windows))
    if not findings:
        console.print("[green]no finding[/green]")
        return
    table = Table("rule", "where", title=f"{len(findings)} findings", title_justify="left")
    for rule, texts in _by_rule(findings).items():
        for text in texts[:SHOWN_PER_RULE]:
            table.add_row(f"[red]{rule}[/red]", text)
        if len(texts) > SHOWN_PER_RULE:
            table.add_row(f"[red]{rule}[/red]", f"… {len(texts) - SHOWN_PER_RULE} more")
    console.print(table)


def write(path: Path, evidence: Evidence, findings: Sequence[Finding], **facts: Any) -> None:
    """Write everything down as JSON."""
    faults = {
        kind: {"count": len(windows), "longest_recovery_seconds": _longest(windows)}
        for kind, windows in _by_kind(evidence.diary.windows).items()
    }
    document = {
        **facts,
        "jobs": len(evidence.jobs),
        "executions": len(evidence.executions),
        "recipes": len(evidence.recipes),
        "requests": len(evidence.diary.answers),
        "most_messages": evidence.diary.most_messages,
        "jobs_by_status": dict(Counter(job.status for job in evidence.jobs.values())),
        "failures_by_error": dict(
            Counter(one.error for one in evidence.executions.values() if one.error)
        ),
        "faults": faults,
        "findings": [{"rule": one.rule, "text": one.text} for one in findings],
    }
    path.write_text(json.dumps(document, indent=1) + "\n")


def _work_table(evidence: Evidence) -> Table:
    table = Table("what", "how many", title="work", title_justify="left")
    statuses = Counter(job.status for job in evidence.jobs.values())
    errors = Counter(one.error for one in evidence.executions.values() if one.error)
    table.add_row("jobs", f"{len(evidence.jobs)}: {_counts(statuses)}")
    table.add_row("recipes", str(len(evidence.recipes)))
    table.add_row("executions", str(len(evidence.executions)))
    table.add_row("failures by error", _counts(errors))
    table.add_row("products", str(len(evidence.products)))
    answers = Counter(str(answer.status or "none") for answer in evidence.diary.answers)
    table.add_row("answers by status", _counts(answers))
    table.add_row("most messages in the broker", str(evidence.diary.most_messages))
    return table


def _fault_table(windows: Sequence[Window]) -> Table:
    table = Table("fault", "count", "longest recovery", title="faults", title_justify="left")
    for kind, found in sorted(_by_kind(windows).items()):
        longest = _longest(found)
        table.add_row(kind, str(len(found)), "–" if longest is None else f"{longest:.1f} s")
    return table


def _longest(windows: Sequence[Window]) -> float | None:
    known = [w.recovery_seconds for w in windows if w.recovery_seconds is not None]
    return round(max(known), 1) if known else None


def _by_kind(windows: Sequence[Window]) -> dict[str, list[Window]]:
    grouped: dict[str, list[Window]] = defaultdict(list)
    for window in windows:
        grouped[window.kind].append(window)
    return grouped


def _by_rule(findings: Sequence[Finding]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = defaultdict(list)
    for finding in findings:
        grouped[finding.rule].append(finding.text)
    return grouped


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counter.most_common())
