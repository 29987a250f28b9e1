import json
from pathlib import Path

import pytest

from client.access import Access, clean_url, config_file, find_access, is_loopback, store
from client.errors import ExitCode, Problem


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path / "config")}


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"url": "http://127.0.0.1:9", "token": "of-run"}))
    return path


def keep(home: dict[str, str]) -> None:
    store(Access("http://a.test", "of-file"), config_file(home))


def test_store_keeps_the_token_for_its_owner_only(home: dict[str, str]) -> None:
    path = config_file(home)
    keep(home)
    path.chmod(0o644)
    store(Access("http://a.test", "new"), path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]
    assert find_access(home) == Access("http://a.test", "new")


def test_environment_wins_over_the_stored_login(home: dict[str, str]) -> None:
    keep(home)

    found = find_access(home | {"SCALE_URL": "http://b.test/", "SCALE_TOKEN": "of-env"})

    assert found == Access("http://b.test", "of-env")


def test_stored_token_goes_to_no_other_server(home: dict[str, str], run_file: Path) -> None:
    keep(home)

    found = find_access(home | {"SCALE_URL": "http://b.test"}, run_file)

    assert found == Access("http://b.test", None)


@pytest.mark.parametrize("url", ["http://a.test", "http://a.test/"])
def test_stored_token_serves_the_same_server_named_by_the_environment(
    home: dict[str, str], url: str
) -> None:
    keep(home)

    assert find_access(home | {"SCALE_URL": url}) == Access("http://a.test", "of-file")


def test_token_of_the_environment_serves_the_stored_server(home: dict[str, str]) -> None:
    keep(home)

    assert find_access(home | {"SCALE_TOKEN": "t"}) == Access("http://a.test", "t")


def test_running_clone_is_used_when_nothing_else_is_known(
    home: dict[str, str], run_file: Path
) -> None:
    assert find_access(home, run_file) == Access("http://127.0.0.1:9", "of-run")

    keep(home)

    assert find_access(home, run_file) == Access("http://a.test", "of-file")


def test_no_server_known_asks_to_sign_in(home: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(Problem, match="scale login") as caught:
        find_access(home, tmp_path / "none.json")

    assert caught.value.code == ExitCode.NOT_ALLOWED


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', '{"url": 5}', '{"token": "t"}'])
def test_unreadable_login_is_named(home: dict[str, str], text: str) -> None:
    path = config_file(home)
    path.parent.mkdir(parents=True)
    path.write_text(text)

    with pytest.raises(Problem, match=r"config\.json cannot be read") as caught:
        find_access(home)

    assert caught.value.code == ExitCode.USAGE


@pytest.mark.parametrize(
    ("text", "url"),
    [("http://a.test/", "http://a.test"), (" https://a.test/scale/ ", "https://a.test/scale")],
)
def test_address_loses_its_final_slash(text: str, url: str) -> None:
    assert clean_url(text) == url


@pytest.mark.parametrize(
    "text",
    ["", "a.test", "localhost:8000", "ftp://a.test", "http://", "http://u:p@a.test",
     "http://a.test/?x=1", "http://a.test/#x", "http://a.test:port"],
)  # fmt: skip
def test_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Problem) as caught:
        clean_url(text)

    assert caught.value.code == ExitCode.USAGE


def test_access_hides_its_token() -> None:
    assert "secret" not in repr(Access("http://a.test", "secret"))


def test_relative_config_home_is_ignored() -> None:
    assert config_file({"XDG_CONFIG_HOME": "here"}) == Path.home() / ".config/scale/config.json"


@pytest.mark.parametrize(
    ("url", "expected"),
    [("http://127.0.0.1:8", True), ("http://localhost", True), ("http://[::1]:8", True),
     ("http://127.example.org", False), ("http://a.test", False)],
)  # fmt: skip
def test_loopback_is_told_from_the_network(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected
