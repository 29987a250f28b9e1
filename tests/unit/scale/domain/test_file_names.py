from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scale.domain.file_names import (
    check_bare_name,
    check_relative_path,
    check_tag,
    product_path,
    product_uuid,
    safe_component,
    source_uuid,
)
from scale.errors import InvalidInput

TODAY = date(2026, 1, 2)


def path_of(file_path="/out/a.tif", **changed):
    given_values = {
        "job_type": ("my type", "1.0"),
        "recipe_type": None,
        "source_date": date(2015, 3, 4),
        "today": TODAY,
        "job_exe_id": 42,
        "output_dir": "/out",
        "file_path": file_path,
    }
    return product_path(**(given_values | changed))


@pytest.mark.parametrize("name", ["a", "a.tif", ".hidden", "...", "a b", "ü\U0001f600", "x" * 255])
def test_bare_name_is_returned(name):
    assert check_bare_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "/", "a\\b", "a\nb", "a\0b", "\x7f", "\x85", "\ud800"],
)
def test_name_that_is_not_bare_is_refused(name):
    with pytest.raises(InvalidInput, match=r"^name: expected a bare file name"):
        check_bare_name(name, "name")


@pytest.mark.parametrize("name", ["x" * 256, "ü" * 128])
def test_name_longer_than_a_file_system_takes_is_refused(name):
    with pytest.raises(InvalidInput, match=r"^name: expected at most 255 bytes"):
        check_bare_name(name, "name")
    with pytest.raises(InvalidInput, match=r"^p: expected at most 255 bytes"):
        check_relative_path(f"a/{name}/b", "p")


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("a", "a"),
        ("a/b.tif", "a/b.tif"),
        ("./a//b/./c/", "a/b/c"),
        ("a/...", "a/..."),
        ("a b/ü", "a b/ü"),
        ("x" * 255 + "/" + "y" * 255, "x" * 255 + "/" + "y" * 255),
    ],
)
def test_relative_path_is_returned_normalised(path, normal):
    assert check_relative_path(path) == normal


@pytest.mark.parametrize(
    "path",
    ["", ".", "./", "/", "/a", "//a", "..", "../a", "a/..", "a/../b", "a\nb", "a/\0", "a/\ud800"],
)
def test_path_that_may_leave_its_directory_is_refused(path):
    with pytest.raises(InvalidInput, match=r"^p: expected "):
        check_relative_path(path, "p")


@given(path=st.text(st.sampled_from("./ab\\\n\0")))
def test_accepted_path_stays_below_its_directory(path):
    try:
        normal = check_relative_path(path)
    except InvalidInput:
        return

    assert check_relative_path(normal) == normal
    for part in normal.split("/"):
        assert part not in {"", ".", ".."}


@pytest.mark.parametrize("tag", ["a", "Full Motion-Video_1", " "])
def test_tag_is_returned(tag):
    assert check_tag(tag) == tag


@pytest.mark.parametrize("tag", ["", "a,b", "a\n", "ü", "a/b", "a."])
def test_tag_with_other_characters_is_refused(tag):
    with pytest.raises(InvalidInput, match=r"^data_type: expected letters"):
        check_tag(tag)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("my job type", "my_job_type"),
        ("1.0-beta_2", "1.0-beta_2"),
        ("a/../b", "a..b"),
        ("tab\tnew\nline", "tabnewline"),
        ("ünï", "ünï"),
        ("", "_"),
        (".", "_"),
        ("..", "_"),
        ("/ /", "_"),
        ("???", "_"),
    ],
)
def test_safe_component_replaces_spaces_and_drops_the_unsafe(text, safe):
    assert safe_component(text) == safe


@given(text=st.text())
def test_safe_component_of_any_text_is_one_bare_name(text):
    assert check_bare_name(safe_component(text)) == safe_component(safe_component(text))


def test_product_path_of_a_job():
    assert path_of() == "jobs/my_type/1.0/2015/03/04/job_exe_42/a.tif"


def test_product_path_of_a_recipe_job_begins_with_the_recipe_type():
    assert path_of(recipe_type=("my recipe", "v/2")) == (
        "recipes/my_recipe/v2/jobs/my_type/1.0/2015/03/04/job_exe_42/a.tif"
    )


def test_product_path_without_source_time_says_so_and_takes_today():
    assert path_of(source_date=None) == (
        "jobs/my_type/1.0/unknown_source_data_time/2026/01/02/job_exe_42/a.tif"
    )


@pytest.mark.parametrize("day", [date(33, 1, 5), datetime(33, 1, 5, 23, 59, tzinfo=UTC)])
def test_product_path_takes_a_date_or_an_instant_of_any_year(day):
    assert "/0033/01/05/" in path_of(source_date=day)


@pytest.mark.parametrize(
    ("file_path", "end"),
    [
        ("/out/sub/dir/a.tif", "sub/dir/a.tif"),
        ("/out//sub/./a.tif", "sub/a.tif"),
        ("/out/sub/../a.tif", "a.tif"),
        ("/elsewhere/sub/a.tif", "a.tif"),
        ("/out/../etc/passwd", "passwd"),
        ("/output/a.tif", "a.tif"),
        ("//out/a.tif", "a.tif"),
        ("/out/a b\\c", "a b\\c"),
    ],
)
def test_product_path_ends_below_the_output_directory(file_path, end):
    assert path_of(file_path).split("/job_exe_42/")[1] == end
    assert path_of(file_path, output_dir="/out/") == path_of(file_path)


@given(file_path=st.text(st.sampled_from("./ao"), min_size=1).map("/out/a/{}z".format))
def test_product_path_of_any_file_stays_inside_the_workspace(file_path):
    path = path_of(file_path)

    assert check_relative_path(path) == path


def test_source_uuid_is_the_md5_of_the_file_name():
    assert source_uuid("abc") == "900150983cd24fb0d6963f7d28e17f72"
    assert source_uuid("ü") != source_uuid("u")


def test_product_uuid_does_not_depend_on_the_order_of_the_inputs():
    inputs = [source_uuid("a"), source_uuid("b")]

    assert product_uuid(1, "x", inputs) == product_uuid(1, "x", reversed(inputs))
    assert len(product_uuid(1, "x", [])) == 32


def test_product_uuid_tells_types_names_and_inputs_apart():
    a, b = source_uuid("a"), source_uuid("b")
    calls = [(1, "x", [a]), (1, "x", [b]), (1, "x", [a, b]), (1, "y", [a]), (2, "x", [a])]

    assert len({product_uuid(*call) for call in calls}) == len(calls)
    assert product_uuid(1, "2x", [a]) != product_uuid(12, "x", [a])
