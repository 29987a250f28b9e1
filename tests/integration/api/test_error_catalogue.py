from typing import Any

import pytest

from scale.domain.builtin_errors import BUILTIN_ERRORS
from scale.models import Error
from tests.integration.api.catalogue import everything
from tests.integration.api.conftest import Api
from tests.integration.api.shapes import ERROR, conform, page_of

URL = "/errors/"
NEW = {"name": "bad-input", "title": "Bad", "description": "Damaged.", "category": "DATA"}


def test_errors_list_has_the_built_in_ones(api: Api) -> None:
    body = api.get(URL).json()

    conform(body, page_of(ERROR))
    assert [row["name"] for row in body["results"]] == [error.name for error in BUILTIN_ERRORS]
    assert all(row["is_builtin"] for row in body["results"])


def test_errors_list_is_ordered_and_cut_by_time(api: Api) -> None:
    api.post(URL, NEW)
    when = Error.objects.get(name="bad-input").last_modified.isoformat()

    ordered = api.get(URL, order=["category", "-name"]).json()["results"]
    recent = api.get(URL, started=when).json()["results"]

    keys = [(row["category"], row["name"]) for row in ordered]
    assert keys == sorted(sorted(keys, reverse=True), key=lambda key: key[0])
    assert [row["name"] for row in recent] == ["bad-input"]


def test_create_error_answers_it_with_location(api: Api) -> None:
    response = api.post(URL, NEW)

    body = response.json()
    assert response.status_code == 201
    conform(body, ERROR)
    assert body.items() >= NEW.items()
    assert body["is_builtin"] is False
    assert response["Location"] == f"http://testserver/errors/{body['id']}/"
    assert api.get(response["Location"].removeprefix("http://testserver")).json() == body


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 51}, "name"),
        ({"name": 5}, "name"),
        ({"name": "timeout"}, "name"),
        ({"title": None}, "title"),
        ({"title": "x" * 51}, "title"),
        ({"description": None}, "description"),
        ({"description": "x" * 251}, "description"),
        ({"category": None}, "category"),
        ({"category": "SYSTEM"}, "category"),
        ({"category": "data"}, "category"),
    ],
)
def test_create_error_refused_names_the_field_and_changes_nothing(
    api: Api, change: dict[str, Any], field: str
) -> None:
    before = everything()

    response = api.post(URL, NEW | change)

    assert response.status_code == 400
    assert response.json()["detail"].startswith(f"{field}: ")
    assert everything() == before


def test_edit_error_changes_what_is_given(api: Api) -> None:
    error = api.post(URL, NEW).json()

    response = api.patch(f"{URL}{error['id']}/", {"title": "Worse", "category": "ALGORITHM"})

    body = response.json()
    assert response.status_code == 200
    conform(body, ERROR)
    stamp = {"last_modified": body["last_modified"]}
    assert body == error | {"title": "Worse", "category": "ALGORITHM"} | stamp
    assert body["last_modified"] >= error["last_modified"]


def test_edit_error_keeps_old_values_for_empty_ones_and_ignores_its_name(api: Api) -> None:
    error = api.post(URL, NEW).json()
    changes = {"title": "", "description": None, "category": "", "name": "x", "is_builtin": True}

    body = api.patch(f"{URL}{error['id']}/", changes).json()

    assert body | {"last_modified": error["last_modified"]} == error


@pytest.mark.parametrize(
    "changes", [{"category": "SYSTEM"}, {"category": "OTHER"}, {"title": "x" * 51}]
)
def test_edit_error_refused_changes_nothing(api: Api, changes: dict[str, Any]) -> None:
    error_id = api.post(URL, NEW).json()["id"]
    before = everything()

    assert api.patch(f"{URL}{error_id}/", changes).status_code == 400

    assert everything() == before


def test_system_error_cannot_be_edited(api: Api) -> None:
    before = everything()

    assert api.patch(f"{URL}1/", {"title": "Mine"}).status_code == 400

    assert everything() == before


def test_built_in_error_of_another_category_can_be_edited(api: Api) -> None:
    timeout = Error.objects.get(name="timeout")

    assert api.patch(f"{URL}{timeout.pk}/", {"title": "Too Slow"}).status_code == 200


def test_unknown_error_is_404(api: Api) -> None:
    assert api.get(f"{URL}999999/").status_code == 404
    assert api.patch(f"{URL}999999/", {"title": "x"}).status_code == 404
