"""A process that answers as `jobs.web.children` does, in a moment: it does what it is asked.

Standard library only. /slow never answers, /die ends, /large gives a megabyte, and anything else
says what was asked and by which process.
"""

from __future__ import annotations

import json
import os
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    def address_string(self) -> str:
        return "the page"

    def do_GET(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(size).decode()
        if self.path == "/slow":
            time.sleep(600)
        if self.path == "/die":
            os._exit(1)
        said = {
            "asked": f"{self.command} {self.path}",
            "host": self.headers.get_all("Host"),
            "scheme": self.headers["X-Forwarded-Proto"],
            "body": body,
            "pid": os.getpid(),
            "told": sys.argv[1:],
            "secret": os.environ.get("BORDERCAST_MAIL_PASSWORD"),
        }
        answer = b"x" * 1_000_000 if self.path == "/large" else json.dumps(said).encode()
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def die_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os._exit(0)


if __name__ == "__main__":
    copy, place, _ = sys.argv[1:]
    if not Path(copy).exists():
        sys.exit(1)
    threading.Thread(target=die_with_parent, daemon=True).start()
    found = os.stat(copy)
    with Server(place, Handler) as server:
        identity = [found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size]
        line = json.dumps({"ready": identity})
        print(line, flush=True)
        server.serve_forever()
