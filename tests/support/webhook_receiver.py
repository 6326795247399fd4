"""A server that takes what webhooks post, and answers as told."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support import webhook_rules


class Receiver:
    """A server that keeps what it takes; answers : of the next requests, then 200.

    service : whose published rules it holds a request to, with 400 for what breaks them.
    """

    def __init__(self, *answers: tuple[int, dict[str, str]], service: str = "") -> None:
        self.answers, self.taken, self.service = list(answers), [], service
        self.paths: list[str] = []

    @contextmanager
    def serving(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                code, extra = receiver.answers.pop(0) if receiver.answers else (200, {})
                problem = receiver.service and webhook_rules.refused(
                    receiver.service, dict(self.headers), body
                )
                code = 400 if problem else code
                receiver.taken.append((dict(self.headers), body, code))
                receiver.paths.append(self.path)
                self.send_response(code)
                for name, value in extra.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(problem.encode())

            def log_message(self, *_):
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}/"
            server.shutdown()
