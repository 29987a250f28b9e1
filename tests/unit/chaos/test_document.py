import re

from chaos.kinds import KINDS
from launcher.paths import ROOT

DOCUMENT = (ROOT / "docs" / "chaos.md").read_text("utf-8")
CHECKS = ROOT / "chaos" / "checks"


def first_column(heading: str) -> str:
    section = DOCUMENT.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return "\n".join(line.split("|")[1] for line in section.splitlines() if line.startswith("|"))


def test_document_names_every_kind_of_fault_and_no_other() -> None:
    assert set(re.findall(r"`([a-z-]+)`", first_column("Faults"))) == {kind.name for kind in KINDS}


def test_document_names_every_finding_and_no_other() -> None:
    source = "\n".join(path.read_text() for path in CHECKS.glob("*.py"))
    rules = set(re.findall(r'Finding\(\s*"([^"]+)"', source))
    rows = first_column("Findings").splitlines()[2:]

    assert {rule.strip() for row in rows for rule in row.split(",")} == rules
