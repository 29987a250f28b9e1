from datetime import timedelta
from typing import Any

import pytest

from scale.domain.times import format_time, now
from scale.models import ScaleFile
from tests.integration.api.catalogue import PRODUCT_DETAILS, PRODUCT_UPDATE
from tests.integration.api.conftest import Api
from tests.integration.api.families import Family, make_family, make_product
from tests.integration.api.shapes import PRODUCT, conform, page_of

URL = "/products/"


@pytest.fixture
def family(db: None) -> Family:
    return make_family(category="maps")


def change(file: ScaleFile, **fields: Any) -> None:
    ScaleFile.objects.filter(pk=file.pk).update(**fields)


def names(api: Api, **query: Any) -> list[str]:
    return [row["file_name"] for row in api.get(URL, **query).json()["results"]]


def test_products_list_is_by_last_change_without_sources(api: Api, family: Family) -> None:
    change(family.map, last_modified=now() + timedelta(hours=1))

    body = api.get(URL).json()

    conform(body, page_of(PRODUCT))
    assert [row["id"] for row in body["results"]] == [family.report.pk, family.map.pk]
    assert body["results"][0]["url"] == f"http://host/files/{family.report.file_path}"
    assert body["results"][0]["job_type"]["name"] == "report"
    assert body["results"][0]["is_published"] is True


def test_products_list_is_filtered_and_ordered(api: Api, family: Family) -> None:
    change(family.map, is_operational=False)

    assert names(api, order="-file_name") == ["report.html", "map.kml"]
    assert names(api, is_operational="false") == ["map.kml"]
    assert names(api, file_name="report.html") == ["report.html"]
    assert names(api, job_type_id=family.map.job_type_id) == ["map.kml"]
    assert names(api, job_type_name=["map", "report", "x"], order="id") == names(api, order="id")
    assert names(api, job_type_category="other") == []
    assert len(names(api, job_type_category=["maps", "other"])) == 2
    assert names(api, ended="PT1H") == []
    assert names(api, order=["job_type__name"]) == ["map.kml", "report.html"]


@pytest.mark.parametrize(
    "query", [{"is_operational": "x"}, {"job_type_id": "x"}, {"order": "meta_data"}]
)
def test_products_list_with_a_bad_parameter_is_400(api: Api, query: dict[str, str]) -> None:
    assert api.get(URL, **query).status_code == 400


def test_only_products_that_were_ever_published_are_shown(api: Api, family: Family) -> None:
    change(family.map, is_published=False, has_been_published=False, published=None)
    change(family.report, is_published=False, unpublished=now())

    assert names(api) == ["report.html"]
    assert api.get(f"{URL}{family.map.pk}/").status_code == 404
    assert api.get(f"{URL}updates/").json()["count"] == 1


def test_product_details_show_its_family(api: Api, family: Family) -> None:
    first = api.get(f"{URL}{family.map.pk}/").json()
    second = api.get(f"{URL}{family.report.pk}/").json()

    def ids(body: dict[str, Any]) -> list[list[int]]:
        return [[one["id"] for one in body[key]] for key in ("sources", "ancestors", "descendants")]

    conform(first, PRODUCT_DETAILS)
    conform(second, PRODUCT_DETAILS)
    assert ids(first) == [[family.scene.pk], [], [family.report.pk]]
    assert ids(second) == [[family.scene.pk, family.mask.pk], [family.map.pk], []]


def test_product_by_name_is_the_latest_published(api: Api, family: Family) -> None:
    newer = make_product("map.kml", [family.mask], family.map.workspace)
    change(newer, published=now() + timedelta(hours=1))

    assert api.get(f"{URL}map.kml/").json()["id"] == newer.pk

    change(family.map, published=now() + timedelta(hours=2))

    assert api.get(f"{URL}map.kml/").json()["id"] == family.map.pk


@pytest.mark.parametrize("key", ["999999", "nothing", "%00", "9" * 40])
def test_unknown_product_is_404(api: Api, key: str) -> None:
    assert api.send("GET", f"{URL}{key}/").status_code == 404


def test_source_is_no_product(api: Api, family: Family) -> None:
    assert api.get(f"{URL}{family.scene.pk}/").status_code == 404


def test_product_updates_tell_what_happened_last(api: Api, family: Family) -> None:
    third = make_product("x.txt", [], family.map.workspace)
    early, late = now() - timedelta(hours=2), now() - timedelta(hours=1)
    change(family.map, published=early)
    change(family.report, is_published=False, unpublished=late)
    change(third, is_deleted=True, deleted=late)

    body = api.get(f"{URL}updates/", order="id").json()

    conform(body, page_of(PRODUCT_UPDATE))
    assert [row["update"] for row in body["results"]] == [
        {"action": "PUBLISHED", "when": format_time(early)},
        {"action": "UNPUBLISHED", "when": format_time(late)},
        {"action": "DELETED", "when": format_time(late)},
    ]
    sources = [[one["id"] for one in row["source_files"]] for row in body["results"]]
    assert sources == [[family.scene.pk], [family.scene.pk, family.mask.pk], []]
