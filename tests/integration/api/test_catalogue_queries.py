"""Reading the catalogue is cheap: a fixed number of statements, without documents unseen."""

import itertools

import pytest

from scale.models import JobType
from tests.factories import claim, make_job, make_job_type, make_source, make_workspace
from tests.integration.api.catalogue import INTERFACE, definition
from tests.integration.api.conftest import Api
from tests.integration.api.families import make_product
from tests.integration.api.rows import fail_job
from tests.integration.api.test_queries import statements

UNSEEN = ['"interface"', '"error_mapping"', '"json_config"', '"configuration"', '"results"']
LISTS = [
    "/job-types/",
    "/job-types/status/",
    "/job-types/running/",
    "/job-types/system-failures/",
    "/recipe-types/",
    "/workspaces/",
    "/sources/",
    "/sources/updates/",
    "/products/",
    "/products/updates/",
    "/errors/",
]
numbers = itertools.count()


def add_rows(api: Api) -> None:
    workspace = make_workspace()
    source = make_source(workspace)
    product = make_product(f"a{next(numbers)}.txt", [source], workspace)
    make_product(f"b{next(numbers)}.txt", [product], workspace)
    job_type = make_job_type(interface=INTERFACE, max_tries=1)
    body = {"name": job_type.name, "version": "1", "definition": definition(job_type)}
    assert api.post("/recipe-types/", body).status_code == 201
    error = {"name": job_type.name, "title": "", "description": "", "category": "DATA"}
    assert api.post("/errors/", error).status_code == 201
    fail_job(make_job(make_job_type(max_tries=1)), "database")
    claim(make_job().executions[0].pk)


@pytest.mark.parametrize("path", LISTS)
def test_list_is_a_fixed_number_of_statements(api: Api, path: str) -> None:
    add_rows(api)
    few = statements(api, path)
    for _ in range(3):
        add_rows(api)
    many = statements(api, path)

    assert len(many) == len(few) <= 5
    assert not [sql for sql in many for column in UNSEEN if column in sql]


def test_details_are_a_fixed_number_of_statements(api: Api) -> None:
    workspace = make_workspace()
    source = make_source(workspace)
    job_types = [make_job_type(name=f"t{n}", interface=INTERFACE) for n in range(3)]
    whole = definition(job_types[0])
    whole["jobs"] += [
        whole["jobs"][0] | {"name": t.name, "job_type": {"name": t.name, "version": t.version}}
        for t in job_types[1:]
    ]
    recipe_type = api.post(
        "/recipe-types/", {"name": "r", "version": "1", "definition": whole}
    ).json()
    for _ in range(3):
        make_product("p.txt", [source], workspace)
    JobType.objects.filter(name="p").update(error_mapping={"exit_codes": {"1": "nfs", "2": "x"}})
    used = JobType.objects.get(name="p").pk
    product_url = f"/products/{source.descendant_links.get_queryset()[0].descendant_id}/"

    for path, most in [
        (f"/job-types/{used}/", 6),
        (f"/recipe-types/{recipe_type['id']}/", 3),
        (f"/workspaces/{workspace.pk}/", 2),
        (f"/sources/{source.pk}/", 3),
        (product_url, 5),
    ]:
        assert len(statements(api, path)) <= most
