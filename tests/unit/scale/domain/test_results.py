import pytest

from scale.domain.results import JobResults


def test_results_are_stored_by_kind_of_output():
    assert JobResults({"one": 7, "many": [8, 9], "none": []}).stored() == {
        "version": "1.0",
        "output_data": [
            {"name": "one", "file_id": 7},
            {"name": "many", "file_ids": [8, 9]},
            {"name": "none", "file_ids": []},
        ],
    }


@pytest.mark.parametrize("outputs", [{}, {"one": 7}, {"many": [8, 9], "one": 7}])
def test_stored_results_read_back_the_same(outputs):
    assert JobResults.read(JobResults(outputs).stored()).outputs == outputs


def test_results_of_an_unfinished_job_are_empty():
    assert JobResults.read({}).outputs == {}
