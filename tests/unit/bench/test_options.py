from pathlib import Path

import pytest

from bench.options import MEASURES, QUICK, Options, read


def test_default_is_everything_at_full_size():
    assert read([]) == Options()
    assert Options().only == MEASURES
    assert Options().rounds >= 5


def test_measures_run_in_order_whatever_the_order_given():
    assert read(["--only", "F8, f3,f1"]).only == ("f1", "f3", "f8")


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["--only", "f1,f9"], id="unknown measure"),
        pytest.param(["--rounds", "0"], id="no round"),
        pytest.param(["--jobs", "many"], id="no number"),
        pytest.param(["--queued", "1,x"], id="no level"),
        pytest.param(["--speed", "9"], id="unknown option"),
    ],
)
def test_nonsense_is_refused(words, capsys):
    with pytest.raises(SystemExit):
        read(words)

    assert words[0] in capsys.readouterr().err


def test_levels_are_measured_from_small_to_large():
    assert read(["--queued", "1000,0,50"]).queued == (0, 50, 1000)


def test_quick_is_smaller_in_everything():
    quick, default = read(["--quick"]), Options()

    for name, value in QUICK.items():
        assert getattr(quick, name) == value
        assert value < getattr(default, name)
    assert quick.only == MEASURES


def test_a_size_that_is_given_wins_over_quick_in_any_order():
    assert read(["--quick", "--jobs", "77"]).jobs == 77
    assert read(["--jobs", "77", "--quick"]).jobs == 77


def test_document_to_write_is_a_path():
    assert read([]).write is None
    assert read(["--write", "docs/performance.md"]).write == Path("docs/performance.md")


def test_help_tells_the_defaults(capsys):
    with pytest.raises(SystemExit):
        read(["--help"])

    said = capsys.readouterr().out
    assert "100000,1000000" in said
    assert "(default: 3000)" in said
