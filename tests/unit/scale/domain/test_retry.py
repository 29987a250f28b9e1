import pytest

from scale.domain.builtin_errors import ErrorCategory
from scale.domain.error_mapping import ErrorMapping
from scale.domain.retry import Decision, Step, decide, error_for_exit

MAPPING = ErrorMapping(exit_codes={"1": "bad-input", "0": "bad-input", "-9": "bad-input"})


@pytest.mark.parametrize(
    ("category", "num_exes", "max_tries", "is_long_running", "expected"),
    [
        ("SYSTEM", 1, 3, False, Decision.RETRY),
        ("SYSTEM", 2, 3, False, Decision.RETRY),
        ("SYSTEM", 3, 3, False, Decision.FAIL),
        ("SYSTEM", 4, 3, False, Decision.FAIL),
        ("SYSTEM", 1, 1, False, Decision.FAIL),
        ("ALGORITHM", 1, 100, False, Decision.FAIL),
        ("DATA", 1, 100, False, Decision.FAIL),
        ("SYSTEM", 3, 3, True, Decision.RETRY),
        ("ALGORITHM", 9, 3, True, Decision.RETRY),
        ("DATA", 9, 3, True, Decision.RETRY),
    ],
)
def test_failed_job_is_tried_again_by_category_and_tries(
    category, num_exes, max_tries, is_long_running, expected
):
    for given in (category, ErrorCategory(category)):
        decision = decide(
            category=given,
            num_exes=num_exes,
            max_tries=max_tries,
            is_long_running=is_long_running,
        )
        assert decision is expected


@pytest.mark.parametrize(
    ("step", "exit_code", "expected"),
    [
        (Step.JOB, 0, None),
        (Step.JOB, 1, "bad-input"),
        (Step.JOB, 2, "algorithm-unknown"),
        (Step.JOB, 255, "algorithm-unknown"),
        (Step.JOB, None, "unknown"),
        (Step.PRE, 0, None),
        (Step.PRE, 1, "unknown"),
        (Step.PRE, 2, "database"),
        (Step.PRE, 3, "database-operation"),
        (Step.PRE, 4, "filesystem-io"),
        (Step.PRE, 5, "nfs"),
        (Step.PRE, 6, "unknown"),
        (Step.PRE, None, "unknown"),
        (Step.POST, 0, None),
        (Step.POST, 1, "unknown"),
        (Step.POST, 4, "filesystem-io"),
    ],
)
def test_ended_step_names_its_error(step, exit_code, expected):
    assert error_for_exit(step, exit_code, signaled=False, mapping=MAPPING) == expected


@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize("exit_code", [None, -9, 9, 137])
def test_step_killed_by_a_signal_is_unknown_whatever_is_mapped(step, exit_code):
    assert error_for_exit(step, exit_code, signaled=True, mapping=MAPPING) == "unknown"
