import socket
import threading
from collections.abc import Iterator

import pytest

from chaos.proxy import Proxy
from launcher.server import free_port


class Echo:
    """A server that answers what it is sent, and counts its connections."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.count = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            self.count += 1
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        with link:
            try:
                while data := link.recv(1000):
                    link.sendall(data)
            except OSError:
                return


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.listener.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy("127.0.0.1", echo.port) as running:
        yield running


def connect(proxy: Proxy, seconds: float = 5.0) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=seconds)


def ask(link: socket.socket, text: bytes) -> bytes:
    link.sendall(text)
    return link.recv(1000)


def test_proxy_forwards_both_ways(proxy: Proxy) -> None:
    with connect(proxy) as link:
        assert ask(link, b"hello") == b"hello"


def test_frozen_proxy_accepts_and_answers_only_when_thawed(proxy: Proxy, echo: Echo) -> None:
    with connect(proxy) as before:
        assert ask(before, b"1") == b"1"
        proxy.freeze()
        with connect(proxy, seconds=0.2) as meanwhile:
            meanwhile.sendall(b"new")
            before.settimeout(0.2)
            with pytest.raises(TimeoutError):
                ask(before, b"2")
            with pytest.raises(TimeoutError):
                meanwhile.recv(10)
            assert echo.count == 1

            proxy.thaw()

            before.settimeout(5)
            meanwhile.settimeout(5)
            assert before.recv(10) == b"2"
            assert meanwhile.recv(10) == b"new"


def test_cut_resets_connections_and_welcomes_new_ones(proxy: Proxy) -> None:
    with connect(proxy) as link:
        ask(link, b"1")

        assert proxy.cut() == 1

        with pytest.raises(ConnectionError):
            ask(link, b"2") or link.sendall(b"3")
    with connect(proxy) as again:
        assert ask(again, b"4") == b"4"


def test_refusing_proxy_is_not_there_until_it_accepts_again(proxy: Proxy) -> None:
    port = proxy.port
    proxy.refuse()

    with pytest.raises(ConnectionRefusedError):
        connect(proxy)

    proxy.accept()
    assert proxy.port == port
    with connect(proxy) as link:
        assert ask(link, b"back") == b"back"


def test_connection_is_closed_when_server_is_away() -> None:
    with Proxy("127.0.0.1", free_port()) as proxy, connect(proxy) as link:
        assert link.recv(10) == b""


def test_end_of_client_reaches_server(proxy: Proxy) -> None:
    link = connect(proxy)
    ask(link, b"1")
    link.shutdown(socket.SHUT_WR)

    assert link.recv(10) == b""
    link.close()
