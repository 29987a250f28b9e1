import importlib
import pkgutil

from api.errors import STATUSES, handle
from scale.errors import ScaleError
from tests.architecture.source import SERVED


def subclasses(kind):
    """Return all classes below one, however deep."""
    return [deep for child in kind.__subclasses__() for deep in [child, *subclasses(child)]]


def all_errors():
    for package in SERVED:
        path = importlib.import_module(package).__path__
        for found in pkgutil.walk_packages(path, f"{package}."):
            if "migrations" not in found.name and not found.name.endswith("__main__"):
                importlib.import_module(found.name)
    return [error for error in subclasses(ScaleError) if error.__module__.split(".")[0] in SERVED]


def test_every_error_has_a_code_of_its_own():
    errors = all_errors()

    assert errors
    assert all("code" in vars(error) for error in errors)
    assert len({error.code for error in [ScaleError, *errors]}) == len(errors) + 1


def test_every_error_has_a_status():
    unmapped = [error for error in all_errors() if not issubclass(error, tuple(STATUSES))]

    assert unmapped == []


def test_every_status_is_one_of_a_client_fault():
    for error, status in STATUSES.items():
        response = handle(error("because"), {})

        assert response is not None
        assert response.status_code == status
        assert 400 <= status < 500
        assert response.data == {"detail": "because"}
