import itertools

import pytest
from rich.console import Console

from client.tree import branches, dependencies, recipe_tree
from tests.unit.client.samples import recipe

DIAMOND = {"kml": ["geojson"], "map": ["geojson"], "report": ["map", "kml"]}
STATUSES = {"geojson": "COMPLETED", "kml": "FAILED", "map": "RUNNING", "report": "BLOCKED"}


def drawn(parents: dict[str, list[str]]) -> list[str]:
    return [guide + name for guide, name in branches(parents)]


def test_job_stands_once_below_the_last_it_waits_for() -> None:
    assert drawn(dependencies(recipe(STATUSES, DIAMOND))) == [
        "geojson",
        "├─ kml",
        "└─ map",
        "   └─ report",
    ]


def test_branches_continue_past_the_children_of_a_sibling() -> None:
    parents = {"a": [], "b": ["a"], "c": ["a"], "d": ["b"], "e": [], "f": ["e"]}

    assert drawn(parents) == ["a", "├─ b", "│  └─ d", "└─ c", "e", "└─ f"]


def test_long_chain_is_drawn_within_bounds() -> None:
    names = [f"j{number}" for number in range(3000)]
    parents = {name: [above] for above, name in itertools.pairwise(names)}

    lines = drawn({names[0]: []} | parents)

    assert len(lines) == 3000
    assert max(map(len, lines)) < 80


def test_tree_follows_the_definition_the_recipe_runs_by() -> None:
    found = recipe(STATUSES, DIAMOND)
    del found["recipe_type_rev"]

    assert dependencies(found) == {name: [] for name in STATUSES}


def test_tree_shows_ids_states_times_and_further_parents(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Console(width=200).print(recipe_tree(recipe(STATUSES, DIAMOND)))

    lines = capsys.readouterr().out.splitlines()
    assert "geojson" in lines[1]
    assert "places 1.0" in lines[1]
    assert "COMPLETED" in lines[1]
    assert "5.0 s" in lines[1]
    assert "1 min 0 s" in lines[1]
    assert "bad-input" in lines[2]
    assert "after kml, map" in lines[4]
