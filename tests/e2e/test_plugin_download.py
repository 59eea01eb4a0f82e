# SPDX-License-Identifier: Apache-2.0
"""`plugin install --url`: from a TLS server on loopback, through redirects, by the program itself."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.simulator import pki
from tests.simulator.archives import GOOD, tar_gz
from tests.simulator.commands import Command, Ran, Settings, our_program
from tests.simulator.plugin_programs import program
from tests.simulator.tls_names import SERVER

PACKAGE = tar_gz(GOOD)
Serve = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """A server of pages; `seen` has the paths asked for, with their Authorization header if there was one."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self.pages: dict[str, Serve] = {}
        self.seen: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.seen.append(self.path + (self.headers["Authorization"] or ""))
                site.pages[self.path.partition("?")[0]](self)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.scheme = "https" if context else "http"

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.server.server_port}{path}"


def content(data: bytes, status: int = 200, length: int | None = None) -> Serve:
    def serve(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(data) if length is None else length))
        handler.end_headers()
        handler.wfile.write(data)

    return serve


def redirect(location: str, status: int = 302) -> Serve:
    def serve(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Location", location)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return serve


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[tuple[Site, Site, Site]]:
    """Two sites that speak TLS, and one that does not."""
    (tmp_path / "server.pem").write_bytes(SERVER.pem() + SERVER.key_pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    found = (Site(context), Site(context), Site(None))
    threads = [threading.Thread(target=site.server.serve_forever, args=(0.01,)) for site in found]
    for thread in threads:
        thread.start()
    yield found
    for site, thread in zip(found, threads, strict=True):
        site.server.shutdown()
        site.server.server_close()
        thread.join()


@pytest.fixture
def ours(tmp_path: Path) -> Command:
    """Our program, which believes the authority of the sites."""
    (tmp_path / "root.pem").write_bytes(SERVER.root_pem())
    (tmp_path / "temporary").mkdir()
    return our_program(Settings(tmp_path)).with_environment(
        SSL_CERT_FILE=str(tmp_path / "root.pem"), TMPDIR=str(tmp_path / "temporary")
    )


def install(ours: Command, url: str, checksum: str = sha256(PACKAGE).hexdigest()) -> Ran:
    return ours("plugin", "install", "--url", url, "--sha256sum", checksum)


def assert_nothing_left(tmp_path: Path) -> None:
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not list((tmp_path / "libexec").glob("plugins/*"))


def test_package_is_downloaded_through_redirects(
    sites: tuple[Site, Site, Site], ours: Command, tmp_path: Path
) -> None:
    """PLG-008; attack 168: another https origin is fine, an upper-case checksum too; a query is not shown."""
    first, second, _ = sites
    first.pages = {"/a": redirect("/b", 301), "/b": redirect(second.url("/plugin.tar.gz?token=secret"), 307)}
    second.pages = {"/plugin.tar.gz": content(PACKAGE)}
    ran = install(ours, first.url("/a?key=hidden"), sha256(PACKAGE).hexdigest().upper())
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        f"Downloading plugin from {first.url('/a')}",
        "Download completed",
        "Successfully installed plugin demo, version 1.0.0",
    ]
    assert second.seen == ["/plugin.tar.gz?token=secret"]
    assert list((tmp_path / "temporary").iterdir()) == []
    assert "demo" in ours.done("plugin", "ls").out


def test_single_executable_is_named_by_its_url(sites: tuple[Site, Site, Site], ours: Command) -> None:
    """PLG-006, PLG-010: what was downloaded has no mode of its own, so it counts as executable."""
    sites[0].pages = {"/v1/notation-demo": content(program())}
    ran = install(ours, sites[0].url("/v1/notation-demo?x=y"), sha256(program()).hexdigest())
    assert (ran.code, ran.err) == (0, "")


def test_other_content_is_not_installed(
    sites: tuple[Site, Site, Site], ours: Command, tmp_path: Path
) -> None:
    """Attack 168; PLG-008: the checksum of another file; nothing is unpacked or run."""
    sites[0].pages = {"/p": content(PACKAGE)}
    ran = install(ours, sites[0].url("/p"), "0" * 64)
    assert ran.code == 1
    assert f"plugin SHA-256 checksum does not match user input. Expecting {'0' * 64}" in ran.err
    assert_nothing_left(tmp_path)


def test_redirect_to_plain_http_is_not_followed(
    sites: tuple[Site, Site, Site], ours: Command, tmp_path: Path
) -> None:
    """Attack 168; R-31: also on the same host, also after others."""
    first, _, plain = sites
    plain.pages = {"/p": content(PACKAGE)}
    first.pages = {"/a": redirect("/b"), "/b": redirect(plain.url("/p"))}
    ran = install(ours, first.url("/a"))
    assert ran.code == 1
    assert f"redirected to plain http, at {plain.url('')}" in ran.err
    assert plain.seen == []
    assert_nothing_left(tmp_path)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (content(b"no", 404), "https response bad status: 404 Not Found"),
        (content(b"no", 201), "https response bad status: 201"),
        (content(PACKAGE, length=len(PACKAGE) + 10), "the answer ended early"),
        (content(b"", length=256 << 20), "https response reached the 256 MiB size limit"),
        (redirect("/p"), "redirected more than 5 times"),
        (redirect("file:///etc/passwd"), "redirected to an unusable place"),
        (redirect("https://user:secret@127.0.0.1/"), "redirected to an unusable place"),
    ],
    ids=["missing", "other status", "cut off", "too large", "loop", "file", "user information"],
)
def test_answer_that_is_no_package(
    page: Serve, said: str, sites: tuple[Site, Site, Site], ours: Command, tmp_path: Path
) -> None:
    """PLG-007, PLG-008; attack 168: status 200, complete, below 256 MiB; one error, nothing left."""
    sites[0].pages = {"/p": page}
    ran = install(ours, sites[0].url("/p"))
    assert ran.code == 1
    assert ran.err.startswith(f"Error: failed to download plugin from URL {sites[0].url('/p')} with error: ")
    assert said in ran.err
    assert "secret" not in ran.err
    assert_nothing_left(tmp_path)


def test_server_of_another_name_is_not_believed(
    sites: tuple[Site, Site, Site], ours: Command, tmp_path: Path
) -> None:
    """PLG-008, SEC-002: TLS is checked, whatever the checksum says."""
    sites[0].pages = {"/p": content(PACKAGE)}
    strangers = ours.with_environment(SSL_CERT_FILE=str(tmp_path / "other.pem"))
    (tmp_path / "other.pem").write_bytes(pki.make_chain("EC-256", 2, subject="other").root_pem())
    ran = install(strangers, sites[0].url("/p"))
    assert ran.code == 1
    assert "TLS: " in ran.err
    assert sites[0].seen == []
