import httpx
import pytest

from client.errors import ExitCode, Problem
from client.rest import Rest
from tests.unit.client.conftest import Server, page


@pytest.fixture
def rest(server: Server) -> Rest:
    return server.session().rest


def away() -> httpx.Response:
    return httpx.Response(503, json={"detail": "The database is away."})


def test_request_carries_the_token(server: Server, rest: Rest) -> None:
    server.on("GET /version/", {"version": "1"})

    assert rest.get("/version/") == {"version": "1"}
    assert server.requests[0].headers["Authorization"] == "Token secret-token"


def test_list_reads_all_pages_with_the_filters_of_the_first(server: Server, rest: Rest) -> None:
    following = "http://elsewhere.test/other/?page=2&page_size=1000&status=FAILED"
    server.on("GET /jobs/", page(1, 2, following=following, count=3), page(3, count=3))

    listing = rest.list("/jobs/", status="FAILED", job_type_id=[])

    assert (listing.count, list(listing.rows)) == (3, [1, 2, 3])
    first, second = (request.url for request in server.requests)
    assert dict(first.params) == {"status": "FAILED", "page_size": "1000"}
    assert str(second) == "http://scale.test/jobs/?page=2&page_size=1000&status=FAILED"


def test_list_with_a_limit_asks_for_no_more(server: Server, rest: Rest) -> None:
    server.on("GET /jobs/", page(1, 2, following="http://scale.test/jobs/?page=2", count=9))

    assert list(rest.list("/jobs/", limit=2).rows) == [1, 2]
    assert [request.url.params["page_size"] for request in server.requests] == ["2"]


def test_read_outlasts_a_short_outage(server: Server, rest: Rest) -> None:
    server.on("GET /version/", httpx.ConnectError("refused"), away(), {"version": "1"})

    assert rest.get("/version/") == {"version": "1"}
    assert server.pauses == [0.3, 1.0]


def test_read_gives_up_when_the_server_stays_away(server: Server, rest: Rest) -> None:
    server.on("GET /version/", httpx.ConnectError("Connection refused"))

    with pytest.raises(Problem, match="cannot be reached: Connection refused") as caught:
        rest.get("/version/")

    assert caught.value.code == ExitCode.AWAY
    assert len(server.requests) == 4


def test_read_waits_as_long_as_the_server_asks_within_reason(server: Server, rest: Rest) -> None:
    busy = [httpx.Response(503, headers={"Retry-After": text}) for text in ("2", "900", "x")]
    server.on("GET /version/", *busy, {"version": "1"})

    rest.get("/version/")

    assert server.pauses == [2.0, 5.0, 2.0]


@pytest.mark.parametrize("failure", [httpx.ReadTimeout(""), httpx.RemoteProtocolError("gone")])
def test_write_that_may_have_arrived_is_not_sent_again(
    server: Server, rest: Rest, failure: httpx.HTTPError
) -> None:
    server.on("POST /queue/new-job/", failure)

    with pytest.raises(Problem, match="did not answer") as caught:
        rest.post("/queue/new-job/", json={})

    assert caught.value.code == ExitCode.AWAY
    assert len(server.requests) == 1


def test_write_answered_with_503_is_not_sent_again(server: Server, rest: Rest) -> None:
    server.on("POST /queue/new-job/", away())

    with pytest.raises(Problem, match="The database is away") as caught:
        rest.post("/queue/new-job/", json={})

    assert caught.value.code == ExitCode.AWAY
    assert len(server.requests) == 1


def test_write_that_never_arrived_is_sent_again(server: Server, rest: Rest) -> None:
    server.on("POST /queue/new-job/", httpx.ConnectTimeout(""), {"id": 1})

    assert rest.post("/queue/new-job/", json={}) == {"id": 1}


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, 3), (404, 3), (405, 3), (413, 3), (401, 5), (403, 5), (429, 5), (500, 4), (504, 4)],
)
def test_refusal_becomes_an_exit_code_and_the_servers_detail(
    server: Server, rest: Rest, status: int, code: int
) -> None:
    server.on("GET /jobs/1/", httpx.Response(status, json={"detail": "No: because"}))

    with pytest.raises(Problem, match="No: because") as caught:
        rest.get("/jobs/1/")

    assert caught.value.code == code


def test_redirect_is_not_followed_with_the_token(server: Server, rest: Rest) -> None:
    server.on("GET /jobs/", httpx.Response(301, headers={"Location": "https://other.test/jobs/"}))

    with pytest.raises(Problem, match=r"points to https://other\.test") as caught:
        rest.get("/jobs/")

    assert caught.value.code == ExitCode.REFUSED
    assert len(server.requests) == 1


@pytest.mark.parametrize("text", ["<html>", "[]", "5", ""])
def test_answer_that_is_no_object_is_no_scale(server: Server, rest: Rest, text: str) -> None:
    server.on("GET /version/", httpx.Response(200, text=text))

    with pytest.raises(Problem, match="does not answer as a Scale server does"):
        rest.get("/version/")


@pytest.mark.parametrize("text", ["<html>", "[]", '{"error": 1}', '"x"'])
def test_refusal_without_detail_names_the_status(server: Server, rest: Rest, text: str) -> None:
    server.on("GET /version/", httpx.Response(404, text=text))

    with pytest.raises(Problem, match="answered 404 Not Found"):
        rest.get("/version/")
