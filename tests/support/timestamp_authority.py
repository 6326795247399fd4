"""A time-stamp authority: `openssl ts` behind a small server, with certificates of our own."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

YEAR = timedelta(days=365)
CONFIG = """
[tsa]
default_tsa = own
[own]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
"""


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(subject, key, issuer, issuer_key, until, extensions) -> x509.Certificate:
    made = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - 3 * YEAR)
        .not_valid_after(until)
    )
    for extension in extensions:
        made = made.add_extension(extension, critical=True)
    return made.sign(issuer_key, hashes.SHA256())


def make(folder: Path, expired: bool = False) -> Path:
    """A root, and an authority's key and certificate; returns the root's PEM file."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    root = _certificate(
        "Root", root_key, "Root", root_key, now + YEAR, [x509.BasicConstraints(True, None)]
    )
    own = _certificate(
        "Authority",
        key,
        "Root",
        root_key,
        now - timedelta(days=9) if expired else now + YEAR,
        [x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])],
    )
    (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (folder / "own.pem").write_bytes(own.public_bytes(Encoding.PEM))
    (folder / "own.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIG)
    return folder / "root.pem"


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of the authority made in a folder."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (folder / "ask.tsq").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            command = "openssl ts -reply -config tsa.cnf -queryfile ask.tsq -inkey own.key"
            done = subprocess.run(
                [*command.split(), "-signer", "own.pem", "-out", "answer.tsr"],
                cwd=folder,
                capture_output=True,
                check=False,
            )
            self.send_response(500 if done.returncode else 200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            if not done.returncode:
                self.wfile.write((folder / "answer.tsr").read_bytes())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
