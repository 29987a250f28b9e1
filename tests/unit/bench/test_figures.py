import pytest

from bench.figures import (
    RATIO,
    Series,
    best_of_each_round,
    figure,
    percentile,
    ratio,
    steady_rate,
    total,
)
from bench.results import at_least, at_most, stated
from bench.rounds import take_turns


def series(name: str, *values: float, unit: str = "/s") -> Series:
    return Series(name, unit, list(values))


def test_ratio_divides_pair_by_pair():
    ours, theirs = series("ours", 10, 40, 90), series("theirs", 10, 20, 30)

    share = ratio(ours, theirs)

    assert share == Series("ours ÷ theirs", RATIO, [1, 2, 3])
    # The medians alone would say 2 as well; of other pairs they would not.
    assert ratio(ours, series("theirs", 30, 20, 10)).median == 2
    assert ratio(ours, series("theirs", 30, 20, 10)).most == 9


def test_ratio_needs_as_many_rounds():
    with pytest.raises(ValueError, match="shorter"):
        ratio(series("a", 1, 2), series("b", 1))


def test_total_and_best_are_taken_of_each_round():
    one, other = series("one", 1, 5, 3), series("other", 2, 4, 3)

    assert total([one, other], "both").values == [3, 9, 6]
    assert best_of_each_round([one, other], "best").values == [2, 5, 3]


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 51), (0.99, 100), (1.0, 100)])
def test_percentile_does_not_depend_on_the_order(share, expected):
    assert percentile(range(100, 0, -1), share) == expected


def test_steady_rate_leaves_the_start_out():
    # Ten seconds of starting up, then ten a second.
    samples = [(0.0, 0), (10.0, 25), (12.0, 45), (17.5, 100), (18.0, 100)]

    assert steady_rate(samples, 100) == 10.0


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param([(0.0, 0), (1.0, 99)], id="not done"),
        pytest.param([(0.0, 0), (1.0, 100)], id="done in one look"),
        pytest.param([], id="never looked"),
    ],
)
def test_steady_rate_refuses_to_guess(samples):
    with pytest.raises(ValueError, match="too few"):
        steady_rate(samples, 100)


@pytest.mark.parametrize(
    ("value", "text"),
    [(12345.6, "12,346"), (99.95, "100.0"), (12.34, "12.3"), (1.234, "1.23"), (-250.4, "-250")],
)
def test_figures_have_about_three_digits(value, text):
    assert figure(value) == text


def test_verdicts_judge_the_median_and_meet_the_goal_when_equal():
    share = Series("ours ÷ theirs", RATIO, [0.5, 1.5, 9.0])

    assert at_least(1.5, share).is_met is True
    assert at_least(1.51, share).is_met is False
    assert at_most(1.5, share).is_met is True
    assert at_most(1.49, share).is_met is False


def test_verdicts_say_goal_measure_and_unit():
    verdict = at_least(20_000, series("requeue", 21_000, 30_000, 25_000, unit="jobs/s"))

    assert verdict.goal == "requeue at least 20,000 jobs/s"
    assert verdict.measured == "25,000 jobs/s (21,000–30,000)"
    assert at_most(1.3, Series("a ÷ b", RATIO, [1.0])).goal == "a ÷ b at most 1.3"
    assert at_most(1.3, Series("a ÷ b", RATIO, [1.0])).measured == "1.00 (1.00–1.00)"


def test_what_has_no_goal_is_neither_met_nor_missed():
    assert stated("p99", series("p99", 3, 1, 2, unit="ms")).is_met is None


def test_contenders_take_turns():
    order: list[str] = []

    def contender(name: str, values: list[float]) -> float:
        order.append(name)
        return values.pop(0)

    a, b = [1.0, 2.0], [3.0, 4.0]
    found = take_turns(
        {"a": lambda: contender("a", a), "b": lambda: contender("b", b)},
        rounds=2,
        unit="/s",
        say=lambda _: None,
    )

    assert order == ["a", "b", "a", "b"]
    assert found == {"a": series("a", 1.0, 2.0), "b": series("b", 3.0, 4.0)}
