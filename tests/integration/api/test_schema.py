import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.http import HttpResponse
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.validation import validate_schema

from tests.integration.api.conftest import Api


@pytest.fixture(scope="module")
def schema() -> Any:
    GENERATOR_STATS.reset()
    made = SchemaGenerator().get_schema(request=None, public=True)
    assert not GENERATOR_STATS
    return made


def operations(schema: Any) -> list[tuple[str, str, Any]]:
    return [
        (path, method, operation)
        for path, item in schema["paths"].items()
        for method, operation in item.items()
    ]


def test_schema_is_valid_openapi(schema: Any) -> None:
    validate_schema(schema)


def test_every_operation_has_summary_tag_and_a_name_of_its_own(schema: Any) -> None:
    names = []
    for path, method, operation in operations(schema):
        assert operation.get("summary"), (path, method)
        assert operation["tags"], (path, method)
        names.append(operation["operationId"])

    assert len(names) == len(set(names)) > 15


def test_every_operation_but_health_needs_the_token(schema: Any) -> None:
    for path, method, operation in operations(schema):
        if path != "/health/":
            assert {"token": []} in operation["security"], (path, method)
            assert {"401", "403"} <= set(operation["responses"]), (path, method)


def test_schema_and_its_pages_are_served(api: Api) -> None:
    assert b"openapi: 3" in api.get("/schema/").content
    for page in ("swagger", "redoc"):
        content = api.get(f"/schema/{page}/").content
        assert b"/static/drf_spectacular_sidecar/" in content
        assert b"cdn" not in content


@pytest.mark.parametrize(
    ("accept", "reader"),
    [
        ("*/*", yaml.safe_load),
        ("application/yaml", yaml.safe_load),
        ("application/json", json.loads),
        ("application/vnd.oai.openapi+json; indent=2", json.loads),
    ],
)
def test_schema_is_written_once_per_format(
    api: Api,
    schema: Any,
    monkeypatch: pytest.MonkeyPatch,
    accept: str,
    reader: Callable[[bytes], Any],
) -> None:
    def get() -> HttpResponse:
        return api._client.get("/schema/", headers={"accept": accept})

    first = get()
    for renderer in (OpenApiYamlRenderer, OpenApiJsonRenderer):
        monkeypatch.setattr(renderer, "render", None)
    again = get()

    assert again.content == first.content
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert reader(first.content)["paths"].keys() == schema["paths"].keys()


def test_schema_in_a_format_that_is_not_known_is_406(api: Api) -> None:
    response = api._client.get("/schema/", headers={"accept": "text/csv"})

    assert response.status_code == 406
    assert set(response.json()) == {"detail"}


@pytest.mark.parametrize("path", ["/schema/", "/schema/swagger/", "/schema/redoc/"])
def test_schema_without_user_is_401(nobody: Api, path: str) -> None:
    response = nobody.get(path)

    assert response.status_code == 401
    assert set(response.json()) == {"detail"}
