from scale.domain.builtin_errors import BUILTIN_ERRORS, ErrorCategory


def test_table_holds_the_errors_of_the_contract():
    assert {(error.name, error.title, str(error.category)) for error in BUILTIN_ERRORS} == {
        ("unknown", "Unknown", "SYSTEM"),
        ("database", "Database", "SYSTEM"),
        ("database-operation", "Database Operation", "SYSTEM"),
        ("filesystem-io", "Filesystem IO", "SYSTEM"),
        ("nfs", "NFS", "SYSTEM"),
        ("task-launch", "Task Launch", "SYSTEM"),
        ("docker-task-launch", "Docker Task Launch", "SYSTEM"),
        ("node-lost", "Node Lost", "SYSTEM"),
        ("timeout", "Timeout", "ALGORITHM"),
        ("algorithm-unknown", "Algorithm Failure", "ALGORITHM"),
        ("scheduler-lost", "Lost By Scheduler", "SYSTEM"),
        ("mesos-lost", "Lost By Mesos", "SYSTEM"),
    }


def test_every_error_fits_its_columns_and_says_something():
    for error in BUILTIN_ERRORS:
        assert len(error.name) <= 50
        assert len(error.title) <= 50
        assert 0 < len(error.description) <= 250
        assert error.category in ErrorCategory
