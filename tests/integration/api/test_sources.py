from datetime import timedelta
from typing import Any

import pytest

from scale.domain.times import format_time, now
from scale.models import ScaleFile
from tests.factories import make_source, make_workspace
from tests.integration.api.catalogue import SOURCE, SOURCE_DETAILS, SOURCE_UPDATE
from tests.integration.api.conftest import Api
from tests.integration.api.families import make_family
from tests.integration.api.shapes import conform, page_of

URL = "/sources/"


def names(api: Api, **query: Any) -> list[str]:
    return [row["file_name"] for row in api.get(URL, **query).json()["results"]]


def test_sources_list_is_by_last_change_without_products(api: Api) -> None:
    family = make_family()
    ScaleFile.objects.filter(pk=family.scene.pk).update(last_modified=now() + timedelta(hours=1))

    body = api.get(URL).json()

    conform(body, page_of(SOURCE))
    assert [row["id"] for row in body["results"]] == [family.mask.pk, family.scene.pk]


def test_sources_list_is_filtered_and_ordered(api: Api) -> None:
    make_source(file_name="a", is_parsed=True, parsed=now(), file_size=1)
    make_source(file_name="b", file_size=3)
    make_source(file_name="c", file_size=2)

    assert names(api, order="-file_size") == ["b", "c", "a"]
    assert names(api, is_parsed="true") == ["a"]
    assert names(api, is_parsed="0", order="file_name") == ["b", "c"]
    assert names(api, file_name="c") == ["c"]
    assert names(api, ended="PT1H") == []
    assert names(api, order="workspace__name", file_name="b") == ["b"]


@pytest.mark.parametrize(
    "query", [{"is_parsed": "x"}, {"order": "meta_data"}, {"file_name": "\x00"}, {"started": "x"}]
)
def test_sources_list_with_a_bad_parameter_is_400(api: Api, query: dict[str, str]) -> None:
    assert api.get(URL, **query).status_code == 400


def test_source_details_show_every_product_that_descends_from_it(api: Api) -> None:
    family = make_family()

    scene = api.get(f"{URL}{family.scene.pk}/").json()
    mask = api.get(f"{URL}{family.mask.pk}/").json()

    conform(scene, SOURCE_DETAILS)
    assert [product["id"] for product in scene["products"]] == [family.map.pk, family.report.pk]
    assert [product["id"] for product in mask["products"]] == [family.report.pk]
    assert scene["ingests"] == []


def test_source_is_found_by_its_name(api: Api) -> None:
    source = make_source(file_name="ünï code.txt")

    assert api.get(f"{URL}ünï code.txt/").json()["id"] == source.pk


def test_digits_are_an_id_first_and_a_name_else(api: Api) -> None:
    first = make_source(file_name="a")
    second = make_source(file_name=str(first.pk))
    third = make_source(file_name="9" * 30)

    assert api.get(f"{URL}{first.pk}/").json()["file_name"] == "a"
    assert api.get(f"{URL}{'9' * 30}/").json()["id"] == third.pk
    ScaleFile.objects.filter(pk=first.pk).delete()
    assert api.get(f"{URL}{first.pk}/").json()["id"] == second.pk


def test_of_several_sources_with_a_name_the_one_not_deleted_is_meant(api: Api) -> None:
    workspace = make_workspace()
    old = make_source(workspace, file_name="a", is_deleted=True, deleted=now())
    older = make_source(workspace, file_name="b", is_deleted=True, deleted=now())
    present = make_source(workspace, file_name="a")
    newer = make_source(workspace, file_name="b", is_deleted=True, deleted=now())

    assert api.get(f"{URL}a/").json()["id"] == present.pk
    assert api.get(f"{URL}b/").json()["id"] == newer.pk
    assert api.get(f"{URL}{old.pk}/").json()["is_deleted"] is True
    assert api.get(f"{URL}{older.pk}/").status_code == 200


@pytest.mark.parametrize("key", ["999999", "9" * 5000, "nothing", "%00", "a%00b", "-1", "٣"])
def test_unknown_source_is_404(api: Api, key: str) -> None:
    response = api.send("GET", f"{URL}{key}/")

    assert response.status_code == 404
    assert set(response.json()) == {"detail"}


def test_product_is_no_source(api: Api) -> None:
    family = make_family()

    assert api.get(f"{URL}{family.map.pk}/").status_code == 404


def test_source_updates_tell_what_happened_last(api: Api) -> None:
    workspace = make_workspace()
    early, late = now() - timedelta(hours=2), now() - timedelta(hours=1)
    fresh = make_source(workspace, file_name="a")
    make_source(workspace, file_name="b", is_parsed=True, parsed=early)
    deletion = {"is_deleted": True, "deleted": late}
    make_source(workspace, file_name="c", is_parsed=True, parsed=early, **deletion)

    body = api.get(f"{URL}updates/", order="file_name").json()

    conform(body, page_of(SOURCE_UPDATE))
    assert [row["update"] for row in body["results"]] == [
        {"action": "CREATED", "when": format_time(fresh.created)},
        {"action": "PARSED", "when": format_time(early)},
        {"action": "DELETED", "when": format_time(late)},
    ]
    assert api.get(f"{URL}updates/", file_name="b").json()["count"] == 1
