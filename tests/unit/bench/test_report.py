import json

import pytest

from bench.figures import RATIO, Series
from bench.report import fill_in, markdown, table, write
from bench.results import Result, Verdict
from launcher.errors import Problem

FACTS = {"date": "2026-01-02 03:04 UTC", "machine": "2 × abacus"}
DOCUMENT = """# Performance

<!-- bench facts -->
old facts
<!-- end -->

## Drain

By hand.

<!-- bench f1 -->
old figures
<!-- end -->

<!-- bench f3 -->
kept
<!-- end -->
"""


def result(key: str = "f1") -> Result:
    return Result(
        key=key,
        title="Drain",
        method="How.",
        series=[Series("Scale", "/s", [100.0, 300.0, 200.0])],
        ratios=[Series("Scale ÷ peer", RATIO, [1.5, 2.5, 2.0])],
        tables=[table("More", ("name", "value"), [("one", 1.234), ("two", "as is")])],
        verdicts=[
            Verdict("goal 1", "2", True),
            Verdict("goal 2", "3", False),
            Verdict("goal 3", "4", None),
        ],
        seconds=61.4,
    )


def test_markdown_has_median_spread_and_rounds():
    text = markdown([result()], FACTS)

    assert "## F1 Drain" in text
    assert "| Scale | 200 /s | 100–300 | 3 |" in text
    assert "| Scale ÷ peer | 2.00 | 1.50–2.50 | 3 |" in text
    assert "| one | 1.23 |" in text
    assert "| two | as is |" in text
    assert "| machine | 2 × abacus |" in text
    assert "Took 61 s." in text


def test_markdown_says_what_became_of_each_goal():
    rows = [line for line in markdown([result()], FACTS).splitlines() if line.startswith("| goal ")]

    assert rows[1:] == [
        "| goal 1 | 2 | met |",
        "| goal 2 | 3 | **not met** |",
        "| goal 3 | 4 | stated |",
    ]


def test_files_hold_every_value(tmp_path):
    write([result()], FACTS, tmp_path / "new")

    document = json.loads((tmp_path / "new" / "results.json").read_text())
    assert document["facts"] == FACTS
    (only,) = document["results"]
    assert only["series"] == [{"name": "Scale", "unit": "/s", "values": [100.0, 300.0, 200.0]}]
    assert (tmp_path / "new" / "results.md").read_text() == markdown([result()], FACTS)


def test_document_gets_new_figures_in_their_places_only():
    text = fill_in(DOCUMENT, [result()], FACTS)

    assert "old" not in text
    assert "| Scale | 200 /s | 100–300 | 3 |" in text
    assert "| machine | 2 × abacus |" in text
    assert "How. Measured 2026-01-02 03:04 UTC." in text
    for untouched in ("# Performance", "By hand.", "<!-- bench f3 -->\nkept\n<!-- end -->"):
        assert untouched in text


def test_document_can_be_filled_in_again():
    once = fill_in(DOCUMENT, [result()], FACTS)

    assert fill_in(once, [result()], FACTS) == once


@pytest.mark.parametrize("key", ["f2", "facts"])
def test_document_without_a_place_is_refused(key):
    document = DOCUMENT.replace("bench facts", "bench fact") if key == "facts" else DOCUMENT

    with pytest.raises(Problem, match=f"no <!-- bench {key} -->"):
        fill_in(document, [result("f1" if key == "facts" else key)], FACTS)
