"""A server on loopback that answers as a broken or hostile cluster would: byte for byte what a table says."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

Talk = Callable[[socket.socket], None]
"""What is done with a connection once its request was read."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: `GET`, the path with its query, the lines of the head, the body."""

    method: str
    path: str
    head: str
    body: bytes


Answers = Callable[[Request], bytes | Talk]


def http(body: object, status: int = 200, *headers: str, product: bool = True) -> bytes:
    """An answer in due form. body: bytes, or what becomes JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", "Content-Type: application/json", *headers]
    lines += ["X-Elastic-Product: Elasticsearch"] if product else []
    return "\r\n".join([*lines, "", ""]).encode() + content


def dripping(first: bytes) -> Talk:
    """Something at once, and then a byte now and again for ever."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(first)
        while True:
            time.sleep(0.05)
            connection.sendall(b" ")

    return talk


def endless(first: bytes, block: bytes = b" " * 65_536) -> Talk:
    """As fast as it is read, without an end."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(block)

    return talk


def bomb() -> bytes:
    """A small body that unpacks to 256 MiB."""
    block = gzip.compress(b" " * (1024 * 1024), 1)
    return http(gzip.compress(b"[") + block * 256, 200, "Content-Encoding: gzip")


@contextmanager
def serving(answers: Answers) -> Iterator[tuple[str, list[Request]]]:
    """The server's address, and what it was asked so far."""
    asked: list[Request] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=handle, args=[connection], daemon=True).start()

        def handle(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                request = _request(connection)
                asked.append(request)
                answer = answers(request)
                if isinstance(answer, bytes):
                    connection.sendall(answer)
                else:
                    answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", asked
        finally:
            server.shutdown(socket.SHUT_RDWR)


def _request(connection: socket.socket) -> Request:
    with connection.makefile("rb") as file:
        method, path, _ = file.readline().decode().split()
        head = "".join(iter(lambda: file.readline().decode(), "\r\n"))
        length = next(
            (int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length")), 0
        )
        return Request(method, path, head, file.read(length))
