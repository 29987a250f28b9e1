"""What the documents in `docs/` say of the code, compared with the code."""

import re

import pytest

from beat.schedule import timetable
from scale.conf import Conf
from scale.domain.lifecycle import EXECUTION_TRANSITIONS, FINAL, TRANSITIONS, JobStatus
from tests.architecture.source import DOCS, ROOT, table

STATE_MACHINE = DOCS / "state-machine.md"
MACHINES = [
    pytest.param("### Changes of a job", TRANSITIONS, id="job"),
    pytest.param("### Changes of an execution", EXECUTION_TRANSITIONS, id="execution"),
]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#([^)\s]+))?\)")


def pairs(transitions):
    """Return a state machine as pairs of statuses."""
    return {(str(old), str(new)) for old, allowed in transitions.items() for new in allowed}


@pytest.mark.parametrize(("heading", "transitions"), MACHINES)
def test_table_of_changes_is_the_state_machine(heading, transitions):
    rows = [(old, new) for old, new, cause in table(STATE_MACHINE, heading) if cause]

    assert set(rows) == pairs(transitions)
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize(("heading", "transitions"), MACHINES)
def test_diagram_of_changes_is_the_state_machine(heading, transitions):
    section = STATE_MACHINE.read_text("utf-8").split(f"\n{heading}\n", 1)[1]
    diagram = section.split("```mermaid", 1)[1].split("```", 1)[0]
    arrows = re.findall(r"^ +([A-Z]+) --> ([A-Z]+): \S", diagram, re.MULTILINE)

    assert set(arrows) == pairs(transitions)
    assert len(arrows) == len(set(arrows))


def test_table_of_statuses_names_all_and_which_are_final():
    rows = table(STATE_MACHINE, "## Jobs")

    assert [name for name, _, _ in rows] == [status.value for status in JobStatus]
    assert {name for name, _, final in rows if final.startswith("yes")} == set(FINAL)


def test_table_of_the_timetable_is_the_timetable():
    periods = {
        name.strip("`"): None if every.startswith("`") else float(every.removesuffix(" s"))
        for name, every, does in table(DOCS / "architecture.md", "## Beat")
        if does
    }
    entries = {name: entry["schedule"] for name, entry in timetable(Conf()).items()}

    assert periods == entries | {"sample-load": None}


def test_index_of_decisions_names_them_all():
    titles = {
        path.name: path.read_text("utf-8").splitlines()[0].removeprefix("# ")
        for path in (DOCS / "decisions").glob("0*.md")
    }
    rows = [row for row in table(DOCS / "decisions" / "index.md", "# Decisions") if row]

    assert [LINK.search(link).group(1) for link, _ in rows] == sorted(titles)
    assert [f"{link[1:5]} {title}" for link, title in rows] == [titles[n] for n in sorted(titles)]


def documents():
    """Return the Markdown files that a reader is led to."""
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md")), ROOT / "examples/README.md"]


def anchors(text):
    """Return the fragments by which the headings of a document are linked to."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document):
    broken = []
    for target, fragment in LINK.findall(document.read_text("utf-8")):
        path = (document.parent / target).resolve()
        if "://" in target or target.startswith("mailto:"):
            continue
        if not path.exists():
            broken.append(target)
        elif fragment and fragment not in anchors(path.read_text("utf-8")):
            broken.append(f"{target}#{fragment}")

    assert broken == []


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_that_documents_name_exist(document):
    named = re.findall(
        r"`((?:\w[\w.-]*/)+[\w.-]*\.(?:py|json|md|csv))`", document.read_text("utf-8")
    )

    assert [path for path in named if not (path.startswith("var/") or (ROOT / path).exists())] == []
