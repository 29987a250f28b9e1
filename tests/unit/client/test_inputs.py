from pathlib import Path
from typing import Any

import httpx
import pytest

from client.errors import ExitCode, Problem
from client.inputs import input_data, read_inputs, uploader
from tests.unit.client.conftest import Server, page
from tests.unit.client.samples import job_type

DECLARED: list[dict[str, Any]] = job_type()["interface"]["input_data"]


def refuse(path: Path) -> int:
    raise AssertionError(path)


def test_words_become_the_entries_of_their_types() -> None:
    given = read_inputs(["csv=@12", "label=@not a=file", "more=@3", "more=@4"], DECLARED)

    assert input_data(given, refuse) == [
        {"name": "csv", "file_id": 12},
        {"name": "label", "value": "@not a=file"},
        {"name": "more", "file_ids": [3, 4]},
    ]


def test_path_is_uploaded_once_however_often_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.touch()
    uploaded: list[Path] = []

    def upload(path: Path) -> int:
        uploaded.append(path)
        return 7

    given = read_inputs([f"csv=@{file}", f"more=@{tmp_path}/./a.csv", "more=@3"], DECLARED)

    assert input_data(given, upload) == [
        {"name": "csv", "file_id": 7},
        {"name": "more", "file_ids": [7, 3]},
    ]
    assert uploaded == [file]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "Give the required input csv"),
        (["csv"], "not of the form name=value"),
        (["csv=@1", "labels=x"], "no input 'labels'; the inputs are: csv, label, more"),
        (["csv=@1", "csv=@2"], "given twice"),
        (["csv=12"], "takes a file: csv=@ID or csv=@PATH"),
        (["csv=@"], "takes a file"),
        (["csv=@/no/such/file"], "no file '/no/such/file'"),
        (["csv=@/"], "no file '/'"),
    ],
)
def test_words_that_do_not_fit_are_explained(words: list[str], sentence: str) -> None:
    with pytest.raises(Problem) as caught:
        read_inputs(words, DECLARED)

    assert sentence in str(caught.value)
    assert caught.value.code == ExitCode.USAGE


def test_upload_without_a_workspace_is_refused_before_anything_is_sent(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").touch()
    given = read_inputs([f"csv=@{tmp_path}/a.csv"], DECLARED)

    with pytest.raises(Problem, match="--workspace"):
        uploader(server.session().rest, None, given)

    assert server.requests == []


def test_upload_sends_the_file_to_the_workspace(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n")
    server.on("GET /workspaces/", page({"id": 5, "name": "raw"}))
    server.on("POST /sources/", {"id": 77})
    given = read_inputs([f"csv=@{tmp_path}/a.csv"], DECLARED)

    upload = uploader(server.session().rest, "raw", given)

    assert upload(tmp_path / "a.csv") == 77
    sent = server.requests[-1].content
    assert b'filename="a.csv"' in sent
    assert b"x,y\n" in sent
    assert b'name="workspace_id"\r\n\r\n5' in sent


def test_upload_of_a_name_that_exists_tells_its_id(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    server.on("GET /workspaces/5/", {"id": 5, "name": "raw"})
    server.on("POST /sources/", httpx.Response(400, json={"detail": "file_name: taken"}))
    server.on("GET /sources/", page({"id": 12, "file_name": "a.csv"}))
    given = read_inputs([f"csv=@{tmp_path}/a.csv"], DECLARED)

    with pytest.raises(Problem, match=r"taken\. The file 12 has that name") as caught:
        uploader(server.session().rest, "5", given)(tmp_path / "a.csv")

    assert caught.value.code == ExitCode.REFUSED
