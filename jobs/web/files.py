"""The files of a site, served while a run may be replacing them."""

from __future__ import annotations

import mimetypes
import os
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Receive, Scope, Send

# Not every machine's tables have them, and no browser may guess.
mimetypes.add_type("application/atom+xml", ".atom")
mimetypes.add_type("text/calendar", ".ics")
mimetypes.add_type("application/ld+json", ".jsonld")


class SiteFiles(StaticFiles):
    """Starlette's static files, each answer of one file whatever is put in its place meanwhile.

    Starlette takes a file's length by its name and opens it by its name later. If a run has put a
    longer file there in between, the connection breaks.
    """

    def file_response(
        self, full_path: Any, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The answer of the file that lies there now."""
        try:
            response = _OpenFile(full_path, status_code)
        except FileNotFoundError as error:
            raise HTTPException(404) from error
        if self.is_not_modified(response.headers, Headers(scope=scope)):
            response.file.close()
            return NotModifiedResponse(response.headers)
        return response


class _OpenFile(FileResponse):
    """An answer of a file that is open already."""

    def __init__(self, path: Any, status_code: int) -> None:
        self.file = open(path, "rb")  # noqa: SIM115 - closed once it is sent
        super().__init__(path, status_code, stat_result=os.fstat(self.file.fileno()))
        self.path = f"/dev/fd/{self.file.fileno()}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self.file:
            await super().__call__(scope, receive, send)
