"""Where an analyst's table may come from: a file, a folder, an address, standard input."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from forecast.config import Fetch
from forecast.errors import DataError
from forecast.store.ops import Link
from forecast.tables import read
from forecast.tables.grid import ReadAs
from jobs.arrivals import http

STDIN = "-"
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_HOSTS = 3  # that an address may lead to, one after the other, as a published Google Sheet does
# A Google Sheet as people copy its address, and what gives its first or named sheet as CSV.
_SHEET = re.compile(r"(https://docs\.google\.com/spreadsheets/d/(?:e/)?[\w-]+)/(\w+)(.*)")


def is_address(where: str) -> bool:
    """Whether a name is an address on the web."""
    return _ADDRESS.match(where) is not None


def read_source(where: Path | str, wanted: ReadAs, settings: Fetch) -> read.TableRead:
    """Read a table wherever it is; errors as `tables.read.read_table`, and for an address.

    where : a file, a folder of files that are parts of one table, https://..., or "-".
    """
    name = str(where)
    if name == STDIN:
        return read.read_table(None, wanted)
    if not is_address(name):
        return read.read_table(Path(where), wanted)
    url = csv_address(name)
    with http.client(settings) as client:
        for _ in range(_HOSTS):
            # Also where it is led to: the last host decides what is read.
            if not url.startswith("https://"):
                raise DataError(f"{url}: not an https address, so anybody on the way can change it")
            reply = http.get(client, Link(url), settings)
            if not reply.elsewhere:
                break
            url = reply.elsewhere
    if reply.outcome != "content":
        raise DataError(f"{name}: {reply.detail}; download the file and give its name")
    address = urlsplit(url)
    return read.table_in_bytes(Path(address.path).name or address.netloc, reply.content, wanted)


def csv_address(address: str) -> str:
    """The address of a Google Sheet's CSV, for that of its page; any other as it is."""
    match = _SHEET.fullmatch(address)
    if not match or "csv" in match[3]:
        return address
    sheet = re.search(r"gid=(\d+)", match[3])
    what = "pub?output=csv" if match[2].startswith("pub") else "export?format=csv"
    return f"{match[1]}/{what}" + (f"&gid={sheet[1]}" if sheet else "")
