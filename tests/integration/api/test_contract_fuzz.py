"""The live API answers as its schema says: no 5xx, no undocumented status, no other shape."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from scale.services.access import create_token, create_user
from scale.wsgi import application
from tests.factories import claim, make_job, make_node
from tests.integration.api.rows import complete_file_job, fail_job, make_file_job
from tests.recipe_factories import make_recipe

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Keep requests from closing the connection that the test's transaction lives on."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def headers(db: None, one_connection: None) -> dict[str, str]:
    """Return an administrator's credentials, with rows of every kind behind the API."""
    make_job()
    fail_job(make_job())
    claim(make_job().executions[0].pk, node=make_node())
    complete_file_job(make_file_job())
    make_recipe({"a": [], "b": ["a"]})
    key = create_token(create_user(name="fuzz", role="administrator"))
    return {"Authorization": f"Token {key}"}


schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
schema.app = application


@schema.parametrize()
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_operation_answers_as_described(case: Any, headers: dict[str, str]) -> None:
    case.call_and_validate(headers=headers, checks=CHECKS)
