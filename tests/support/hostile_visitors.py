"""Visitors who mean harm, all at once, and one who only reads the first page."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import quote

PATIENCE = 60.0  # seconds after which a request is said to hang
MONTHS = [
    f"/border/{border}/{year}-{month}"
    for border in ("northern", "southwest", "other", "nationwide")
    for year in ("2024", "2025")
    for month in ("00", "13", "19", "99", "1", "xx", "010", "%D9%A1%D9%A2")
]
_DEAF = (
    "with recursive c(n) as (select 1 union all select n + 1 from c limit 10000) select sum(instr("
    "replace(hex(zeroblob(240000)), '00', 'a') || n, "
    "replace(hex(zeroblob(110000)), '00', 'a') || 'b')) from c"
)
_BOMBS = {
    "time, in one step": _DEAF,
    "time, in many": "with recursive c(n) as (select 1 union all select n + 1 from c) "
    "select max(n) from c",
    "memory, in rows": "select hex(zeroblob(248000)) from series_months limit 500",
    "memory, in a sort": "with recursive c(n) as (select 1 union all select n + 1 from c) "
    "select n, hex(randomblob(200000)) as x from c order by x",
}
BOMBS = [
    *(f"/bordercast.{form}?sql={quote(s)}" for s in _BOMBS.values() for form in ("json", "csv")),
    *(f"/bordercast?sql={quote(sql)}" for sql in _BOMBS.values()),
    *(f"/bordercast/{view}.csv?_stream={n}&_size=1" for view in ("series_vintages", "what_moved")
      for n in range(4)),
]  # fmt: skip


@dataclass
class Seen:
    """What visitors saw. answers : (target, status, seconds, start of the answer)."""

    answers: list[tuple[bytes, int, float, bytes]] = field(default_factory=list)

    @property
    def longest(self) -> float:
        """The longest life of a request, in seconds."""
        return max(seconds for _, _, seconds, _ in self.answers)

    def count(self, status: int) -> int:
        """How many answers had this status."""
        return sum(one == status for _, one, _, _ in self.answers)

    def failed(self) -> list[tuple[bytes, int, bytes]]:
        """Answers of 5xx, but for those of tables and queries that say when to come again."""
        return [
            (target, status, head[:300])
            for target, status, _, head in self.answers
            if status >= 500
            and not (
                status == 503 and target.startswith(b"/bordercast") and b"retry-after:" in head
            )
        ]


async def ask(port: int, target: bytes, seen: Seen, method: bytes = b"GET") -> None:
    """Ask for something on a connection of its own; status 0 where it was cut off."""
    began = time.monotonic()
    answer = b""
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            head = b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            writer.write(method + b" " + target + head)
            while chunk := await reader.read(1 << 16):
                answer = (answer + chunk)[:4096]
            writer.close()
    except OSError:
        pass  # cut off
    status = int(answer[9:12]) if answer[9:12].isdigit() else 0
    seen.answers.append((target, status, time.monotonic() - began, answer))


async def at_once(port: int, paths: Iterable[str], seen: Seen) -> None:
    """Ask for all of them at the same moment."""
    await asyncio.gather(*(ask(port, path.encode(), seen) for path in paths))


async def silent(port: int, begin: bytes, then: bytes, stop: asyncio.Event) -> None:
    """Hold a connection without a whole request, anew whenever it is closed; never read."""
    while not stop.is_set():
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(begin)
            while not writer.transport.is_closing() and not stop.is_set():
                writer.write(then)
                await asyncio.sleep(0.2)
            writer.close()
        except OSError:
            await asyncio.sleep(0.05)


async def reader(port: int, seen: Seen, stop: asyncio.Event) -> None:
    """Look at the first page ten times a second."""
    while not stop.is_set():
        await ask(port, b"/", seen)
        await asyncio.sleep(0.1)


async def fuzz(port: int, targets: Iterable[bytes], seen: Seen, at_a_time: int = 6) -> None:
    """Ask for many addresses, a few at a time."""
    left = iter(targets)

    async def one_after_another() -> None:
        for target in left:
            await ask(port, target, seen, b"HEAD" if len(target) % 7 == 0 else b"GET")

    await asyncio.gather(*(one_after_another() for _ in range(at_a_time)))


async def while_read(port: int, attack: Callable[[], Awaitable[None]], pages: Seen) -> None:
    """Do this while somebody reads the first page, and until a second afterwards."""
    stop = asyncio.Event()
    reading = asyncio.create_task(reader(port, pages, stop))
    await attack()
    await asyncio.sleep(1)
    stop.set()
    await reading


_PATHS = (
    "/", "/border/northern", "/border/northern/2025-01", "/border/other/2026-08", "/reading",
    "/bordercast", "/bordercast/latest_forecasts", "/bordercast/series", "/bordercast/runs",
    "/bordercast/runs/1", "/bordercast/series/1", "/bordercast/year_ahead", "/bordercast/releases",
    "/bordercast/what_moved", "/bordercast/drivers_of_a_flag", "/static/page.css", "/robots.txt",
    "/-/charts/x/fan-northern-full", "/bordercast/forecasts/1,2,3", "/_internal", "/-/databases",
    "/bordercast/notices/1", "/bordercast/-/x", "/bordercast/sqlite_master",
)  # fmt: skip
_ENDINGS = ("", ".json", ".csv", ".blob", ".db", ".svg", "/", "//", ".json.csv", "~2E", "%2Ejson",
            "%00", "%0A", "%FF", "/..%2f..%2fetc%2fpasswd", "-abcdef", "?", ";x")  # fmt: skip
_NAMES = (
    "_size", "_next", "_sort", "_sort_desc", "_where", "_filter_column", "_filter_op",
    "_filter_value", "_shape", "_json", "_labels", "_label", "_facet", "_facet_size", "_facet_date",
    "_facet_array", "_search", "_trace", "_ttl", "_stream", "_dl", "_col", "_nocol", "_nl",
    "_json_infinity", "_timelimit", "_through", "sql", "_hide_sql", "_blob_column", "_blob_hash",
    "_nocount", "_extra", "border", "border__exact", "month__in", "encounters__gt",
    "month__date", "member__arraycontains", "x__like", "_sort_by_desc", "", "id__", "__exact",
)  # fmt: skip
_VALUES = (
    "", "x", "1", "-1", "0", "max", "all", "\u00b2", "9" * 30, "1e999", "nan", "[", "[1,2]", "null",
    '{"table":"runs","column":"id","value":"1"}', "{", '"', "'", "%", "%25", "\x00", "\n", "\udce9",
    "northern", "2025-13", "objects", "arrays", "object", "arrayfirst", "month", "border", "rowid",
    "select 1", "select :a, :b", "select", "select * from runs; select 1", "select x'ff' as b",
    "select 1/0, null, 1e999", "select count(*) from series", "with", "explain select 1", "~",
    "~00", "a" * 5000, "\u202e", "\U0001f600", "select 1 as \"\"", "select 1 as a, 2 as a", "1,2,3",
    ",",
)  # fmt: skip


def addresses(count: int, seed: int = 11) -> list[bytes]:
    """Addresses made of what this page and Datasette know, and of what nobody expects."""
    chance = random.Random(seed)
    return [_address(chance) for _ in range(count)]


def _address(chance: random.Random) -> bytes:
    path = chance.choice(_PATHS) + (chance.choice(_ENDINGS) if chance.random() < 0.6 else "")
    if chance.random() < 0.15:
        at = chance.randrange(len(path) + 1)
        path = path[:at] + quote(bytes([chance.randrange(256)])) + path[at:]
    pairs = [
        f"{quote(chance.choice(_NAMES))}={quote(chance.choice(_VALUES), errors='surrogateescape')}"
        for _ in range(chance.choice((0, 1, 1, 2, 3)))
    ]
    if chance.random() < 0.05:
        pairs.append(quote(bytes(chance.randrange(256) for _ in range(8))))
    return (path + ("?" if pairs else "") + "&".join(pairs)).encode()
