import mimetypes
from collections.abc import Iterator
from typing import Any

import pytest
from example_jobs import EXAMPLES, JOB_TYPES, load

from scale.domain.builtin_errors import ErrorCategory
from scale.domain.definition import definition_faults, definition_warnings, parse_definition
from scale.domain.error_mapping import parse_error_mapping
from scale.domain.interface import parse_interface

# The fields of POST /job-types/ and POST /recipe-types/ (contract 2.4, 2.7).
JOB_TYPE_FIELDS = {
    *("name", "version", "title", "description", "category", "author_name", "author_url"),
    *("icon_code", "docker_image", "docker_privileged", "is_operational", "is_paused", "is_active"),
    *("priority", "max_scheduled", "timeout", "max_tries", "cpus_required", "mem_required"),
    *("disk_out_const_required", "disk_out_mult_required"),
    *("interface", "error_mapping", "trigger_rule"),
}
RECIPE_TYPE_FIELDS = {"name", "version", "title", "description", "definition", "trigger_rule"}
PROGRAMS = {
    "places-to-geojson": "places_to_geojson.py",
    "geojson-to-kml": "geojson_to_kml.py",
    "draw-map": "draw_map.py",
    "places-report": "report.py",
    "sleep": "sleep.py",
    "echo": "echo.py",
}


def texts(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        for value in document.values():
            yield from texts(value)
    elif isinstance(document, list):
        for value in document:
            yield from texts(value)
    elif isinstance(document, str):
        yield document


def test_every_program_has_a_job_type() -> None:
    assert sorted(PROGRAMS) == JOB_TYPES


@pytest.mark.parametrize("name", JOB_TYPES)
def test_job_type_is_what_the_contract_takes(name: str) -> None:
    document = load(f"job-types/{name}.json")

    assert set(document) <= JOB_TYPE_FIELDS
    assert document["name"] == name
    assert len(document["title"]) <= 50
    assert document["timeout"] > 0
    assert document["max_tries"] > 0
    parse_interface(document["interface"])
    parse_error_mapping(document["error_mapping"], {error["name"] for error in load("errors.json")})


@pytest.mark.parametrize(("name", "program"), PROGRAMS.items())
def test_job_type_has_its_tokens_in_the_command_only(name: str, program: str) -> None:
    document = load(f"job-types/{name}.json")

    command = document["interface"].pop("command")

    assert command == f"@PYTHON@ @EXAMPLES@/{program}"
    assert (EXAMPLES / program).is_file()
    assert not any("@" in text for text in texts(document))


def test_errors_can_be_posted() -> None:
    errors = load("errors.json")

    assert len({error["name"] for error in errors}) == len(errors)
    for error in errors:
        assert set(error) == {"name", "title", "description", "category"}
        assert max(len(error["name"]), len(error["title"])) <= 50
        assert len(error["description"]) <= 250
        assert error["category"] in {ErrorCategory.ALGORITHM, ErrorCategory.DATA}


def test_recipe_type_fits_its_job_types_without_a_warning() -> None:
    document = load("recipe-types/places-report.json")
    interfaces = {
        (job_type["name"], job_type["version"]): parse_interface(job_type["interface"])
        for job_type in (load(f"job-types/{name}.json") for name in JOB_TYPES)
    }

    definition = parse_definition(document["definition"])

    assert set(document) <= RECIPE_TYPE_FIELDS
    assert definition_faults(definition, interfaces) == []
    assert definition_warnings(definition, interfaces) == []


def test_recipe_input_takes_what_a_csv_upload_is_called() -> None:
    (csv, *_) = load("recipe-types/places-report.json")["definition"]["input_data"]

    assert csv["media_types"] == [mimetypes.guess_type("places.csv")[0]]


def test_errors_are_just_those_the_job_types_name() -> None:
    mapped = {
        error
        for name in JOB_TYPES
        for error in load(f"job-types/{name}.json")["error_mapping"]["exit_codes"].values()
    }

    assert mapped == {error["name"] for error in load("errors.json")}
