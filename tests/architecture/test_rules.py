"""Every numbered rule of the contract has a test that is named after it."""

import ast
import re

import pytest

from tests.architecture.source import modules

#: By letter, the numbers of its rules; P20 does not exist.
RULES = {
    "d": range(1, 19),
    "i": range(1, 8),
    "e": range(1, 4),
    "m": range(1, 10),
    "r": range(1, 11),
    "p": [*range(1, 20), *range(21, 31)],
}


@pytest.mark.parametrize(("letter", "numbers"), RULES.items())
def test_every_rule_has_a_test_named_after_it(letter, numbers):
    names = {
        node.name
        for module in modules("tests")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef)
    }
    tested = {
        int(number) for name in names for number in re.findall(rf"^test_{letter}(\d+)_", name)
    }

    assert sorted(set(numbers) - tested) == []
