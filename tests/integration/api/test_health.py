from tests.integration.api.conftest import Api


def test_health_without_user_is_ok(nobody: Api) -> None:
    response = nobody.get("/health/")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


def test_unknown_path_is_404_with_detail(nobody: Api) -> None:
    response = nobody.get("/nothing/here/")

    assert response.status_code == 404
    assert set(response.json()) == {"detail"}


def test_path_without_final_slash_is_404(nobody: Api) -> None:
    assert nobody.get("/health").status_code == 404
