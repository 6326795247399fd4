"""Doors of an analyst's table: how addresses are told and turned into those of files."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import trustme

from forecast import months
from forecast.config import Fetch
from forecast.errors import DataError
from forecast.tables.grid import ReadAs
from jobs.arrivals import table

SHEET = "https://docs.google.com/spreadsheets/d/1aB-c_9"
PUBLISHED = "https://docs.google.com/spreadsheets/d/e/2PACX-1v"


@pytest.mark.parametrize(
    ("address", "csv"),
    [
        (f"{SHEET}/edit#gid=42", f"{SHEET}/export?format=csv&gid=42"),
        (f"{SHEET}/edit?usp=sharing", f"{SHEET}/export?format=csv"),
        (f"{PUBLISHED}/pubhtml?gid=7&single=true", f"{PUBLISHED}/pub?output=csv&gid=7"),
        (f"{PUBLISHED}/pub?output=csv", f"{PUBLISHED}/pub?output=csv"),
        ("https://example.org/a/edit.csv", "https://example.org/a/edit.csv"),
    ],
)
def test_a_sheets_page_is_asked_for_as_csv(address, csv):
    assert table.csv_address(address) == csv


@pytest.mark.parametrize(
    ("where", "address"),
    [("https://x.org/a.csv", True), ("HTTP://x", True), ("a.csv", False), ("-", False)],
)
def test_an_address_is_told_from_a_file(where, address):
    assert table.is_address(where) == address


COUNTS = {months.from_index(2020 * 12 + at): 100 + 7 * at for at in range(30)}
PATIENCE = Fetch(attempts=1, file_seconds=20)


class _Shelf(BaseHTTPRequestHandler):
    """A table at any path, by way of another host's name at /moved.csv."""

    def do_GET(self) -> None:
        port = self.server.server_address[1]
        self.send_response(302 if self.path == "/moved.csv" else 200)
        if self.path == "/moved.csv":
            self.send_header("Location", f"https://127.0.0.1:{port}/visits.csv")
        self.end_headers()
        rows = "".join(f"{month},{count}\n" for month, count in COUNTS.items())
        self.wfile.write(f"month,visits\n{rows}".encode())

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""


@pytest.fixture
def shelf(tmp_path, monkeypatch) -> Iterator[str]:
    """The address of a server whose certificate is of an authority that we are told of."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    server = HTTPServer(("127.0.0.1", 0), _Shelf)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"https://localhost:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("path", ["visits.csv", "moved.csv"])
def test_a_table_is_read_over_tls_also_where_it_has_moved(shelf, path):
    read = table.read_source(f"{shelf}/{path}", ReadAs(), PATIENCE)

    assert read.counts.values.tolist() == [[float(count) for count in COUNTS.values()]]
    assert read.notes[0].startswith("months in column 'month'; counts in column 'visits'")


def test_a_server_whose_certificate_nobody_vouches_for_is_not_read(shelf, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")

    with pytest.raises(DataError, match=r"visits\.csv: .*CERTIFICATE_VERIFY_FAILED.*download"):
        table.read_source(f"{shelf}/visits.csv", ReadAs(), PATIENCE)


def test_an_address_without_tls_is_not_asked(shelf):
    plain = shelf.replace("https", "http")

    with pytest.raises(DataError, match="not an https address"):
        table.read_source(f"{plain}/visits.csv", ReadAs(), PATIENCE)
