"""The publisher's page, or the address of own counts -> files in the archive -> the record.

    page -> links to files, by the pattern of their names -> ask for each, oldest release first
    -> archive -> checks

The page is the only source of addresses; none is ever made up. Own counts have one address. A file
that was seen before is asked for only if it has changed. When the publisher blocks us, we leave
him alone for hours.
"""

import hashlib
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import httpx

from forecast.config import Config
from forecast.context import Context
from forecast.errors import ConfigError
from forecast.files import content_sha256
from forecast.sources import catalog
from forecast.sources.source import Source
from forecast.store import connect, measures, ops, queries
from forecast.store.ops import Link, Poll, PollAnswer, PollOutcome
from forecast.tables import markup
from forecast.words import printable
from jobs.arrivals import archive, inbox, listing
from jobs.arrivals.arrival import IngestResult
from jobs.arrivals.http import Reply, client, get

LOCK = "fetch.lock"
POLL_AGAIN = timedelta(hours=12)  # so that a service that restarts often leaves the publisher alone
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(hours=6), timedelta(hours=24)
_WORST_FIRST: tuple[PollOutcome, ...] = (
    "blocked",
    "unreachable",
    "unrecognized",
    "replaced",
    "new",
    "unchanged",
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a poll found, and what became of it.

    asked : False if the publisher was left alone because of an earlier block.
    """

    poll: Poll
    answers: tuple[PollAnswer, ...]
    taken: tuple[IngestResult, ...]
    asked: bool = True


def poll(context: Context, now: datetime, force: bool = False) -> Fetched:
    """Look at the page and bring every new file into the archive; the record is not touched."""
    refuse_anonymous(context.config)
    context.path.parent.mkdir(parents=True, exist_ok=True)
    with connect.locked(context.path.with_name(LOCK), connect.LOCK_WAIT):
        with ops.writing(context.path) as db:
            last, known = ops.last_poll(db), ops.links(db)
            (poll_id,) = queries.column(db, "next_poll_id")
        previous = last[1] if last else None
        if previous and not force and too_soon(previous, now):
            return Fetched(previous, (), (), asked=False)
        visit = _Visit(context.path, context.config, context.source, poll_id, now, known)
        answers = visit.answers()
        finished = now + timedelta(seconds=time.monotonic() - visit.began)
        done = _poll(now, finished, previous, answers, visit.pause)
        changed = (link for url, link in visit.links.items() if known.get(url) != link)
        with ops.writing(context.path) as db:
            ops.save_poll(db, poll_id, done, answers, changed)
    return Fetched(done, tuple(answers), ())


def poll_needed(path: Path, now: datetime) -> bool:
    """Return whether the last poll, if there was one, lies far enough back."""
    if not ops.ops_path(path).exists():
        return True
    with ops.reading(path) as connection:
        last = ops.last_poll(connection)
    if last is None:
        return True
    age = now - datetime.fromisoformat(last[1].started_at)
    return not timedelta(0) <= age < POLL_AGAIN


def pause_of_block(now: datetime, since: str) -> timedelta:
    """How long to leave alone a page that has blocked us since then: as long again, in bounds."""
    waited = now - datetime.fromisoformat(since)
    return min(max(waited, SHORTEST_PAUSE), LONGEST_PAUSE)


def too_soon(previous: Poll, now: datetime) -> bool:
    """Return whether the pause that a poll gave still lasts."""
    began = datetime.fromisoformat(previous.started_at)
    if previous.not_before is None or began > now:
        return False  # the clock was ahead then, and so is the pause it gave
    # Older programs recorded whatever a server asked for, also the year 9999.
    return now < min(datetime.fromisoformat(previous.not_before), began + LONGEST_PAUSE)


def awaited(path: Path, source: Source) -> str:
    """What a run should wait for: the sibling (AOR or state file) of a file the last poll brought.

    "" if there is nothing to wait for. The patience is one poll: the next one ends it, whatever
    it finds, and a file that came another way is not waited for.
    """
    if not ops.ops_path(path).exists():
        return ""
    with ops.reading(path) as db:
        last = ops.last_poll(db)
        fresh = {d.sha256 for d in ops.downloads(db) if last and d.poll_id == last[0]}
    with closing(connect.read(path)) as connection:
        measures.scope_to(connection, source.name)
        newest = queries.rows(connection, "newest_files")
    names = [catalog.parse_name(row["file_name"], source) for row in newest]
    missing = set(source.publisher.siblings) - {name.layout for name in names if name}
    if len(missing) != 1 or not any(row["sha256"] in fresh for row in newest):
        return ""
    through = newest[0]["data_through"]
    return f"the {missing.pop()} file of {through}; the next poll is the last one waited for"


class _Visit:
    """One look at the page and at what it links to; holds what is to be remembered of it."""

    def __init__(
        self,
        path: Path,
        config: Config,
        source: Source,
        poll_id: int,
        now: datetime,
        known: Mapping[str, Link],
    ) -> None:
        self.path, self.settings, self.poll_id = path, config.fetch, poll_id
        self.archive = archive.folders(path, config).archive
        self.index = page_of(config, source)
        self.address, self.source = config.address, source
        self.today = now.date().isoformat()
        self.known, self.links = known, dict(known)
        self.began = time.monotonic()
        self.deadline = self.began + config.fetch.poll_seconds
        self.pause = 0.0  # seconds the server asked to be left alone

    def answers(self) -> list[PollAnswer]:
        """Ask for the page, then for each file on it, until one is blocked or time is up."""
        with client(self.settings) as http:
            if self.address:
                self.links.setdefault(self.address, Link(self.address))
                return [self._file(http, self.address)]
            page = self._page(http)
            if page.outcome in ("blocked", "unreachable"):
                return [page]
            listed = [(url, link) for url, link in self.links.items() if link.listed]
            replies = [page]
            replies += (  # also of a page that has not changed
                PollAnswer(url, "unrecognized", link.unrecognized)
                for url, link in listed
                if link.unrecognized
            )
            files = (url for url, _ in listed if listing.is_file(url, self.index, self.source))
            for url in sorted(files, key=lambda url: listing.order(url, self.source)):
                replies.append(self._file(http, url))
                if replies[-1].outcome == "blocked":
                    return replies
            if self.settings.tables:
                replies += self._tables(http, self.settings.tables)
        return replies

    def _page(self, http: httpx.Client) -> PollAnswer:
        """Ask for the page, and remember what it links to."""
        index, ignored = self.index, self.settings.ignore
        reply = self._get(http, self.links.get(index, Link(index)))
        if reply.outcome == "unchanged":
            # It is as before, but this program or the settings may understand more of it.
            for url, link in list(self.links.items()):
                unwanted = listing.base_name(url) in ignored
                if link.unrecognized and (unwanted or listing.is_file(url, index, self.source)):
                    self.links[url] = replace(link, listed=not unwanted, unrecognized="")
        if reply.outcome != "content":
            return PollAnswer(index, reply.outcome, reply.detail)
        files, unrecognized = listing.read(reply.content, index, self.source, ignored)
        if not files and not unrecognized:
            detail = "the page links to no file: a block page, or the page has changed"
            return PollAnswer(index, "blocked", detail)
        self.links = {
            url: replace(link, listed=False, unrecognized="") for url, link in self.links.items()
        }
        for url in files:
            self.links[url] = replace(self.links.get(url, Link(url)), listed=True)
        for url, why in unrecognized.items():
            self.links[url] = Link(url, listed=True, unrecognized=why)
        digest = hashlib.sha256(reply.content).hexdigest()
        self.links[index] = Link(index, True, reply.etag, reply.last_modified, digest)
        return PollAnswer(index, "unchanged")

    def _tables(self, http: httpx.Client, address: str) -> Iterator[PollAnswer]:
        """Yield the page whose table is taken as well, and those of other years it links to."""

        def others(urls: Iterable[str]) -> Iterator[str]:
            # The page that lists the files may have such a name, and is none.
            for url in urls:
                if url != self.index and listing.is_table_page(url, address, self.source):
                    yield url

        asked = [address, *others(self.known)]
        for url in asked:  # grows by what the first page links to
            if time.monotonic() >= self.deadline:
                yield PollAnswer(url, "unreachable", "no time left in this poll")
                continue
            reply = self._get(http, self.links.get(url, Link(url)))
            if reply.outcome != "content":
                yield PollAnswer(url, reply.outcome, reply.detail)
                if reply.outcome == "blocked":
                    return
                continue
            if url == address:
                links = others(listing.links(reply.content, address))
                asked += [other for other in links if other not in asked]
            page = markup.without_rest(reply.content)
            if page:
                self.links.setdefault(url, Link(url))
                yield self._content(url, replace(reply, content=page), listing.table_name(url))
            else:
                detail = "a page without a table: a block page, or the page has changed"
                yield PollAnswer(url, "unreachable", detail)

    def _file(self, http: httpx.Client, url: str) -> PollAnswer:
        if time.monotonic() >= self.deadline:
            return PollAnswer(url, "unreachable", "no time left in this poll")
        reply = self._get(http, self.links[url])
        if reply.outcome != "content":
            return PollAnswer(url, reply.outcome, reply.detail)
        if reply.content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
            return PollAnswer(url, "blocked", "a web page instead of the file")
        return self._content(url, reply, self._name(url))

    def _name(self, url: str) -> str:
        """Under which a file is kept; an address of own counts may end in anything."""
        base = listing.base_name(url)
        if url == self.address and not re.fullmatch(r"\w[\w.-]{0,150}", base, re.ASCII):
            return self.source.name
        return inbox.file_name(Path(base))

    def _content(self, url: str, reply: Reply, name: str) -> PollAnswer:
        """Keep a content that is new, before the poll ends: killed, it is not asked for again."""
        sha256 = content_sha256(BytesIO(reply.content))
        before = self.links[url].sha256
        link = Link(url, True, reply.etag, reply.last_modified, sha256)
        self.links[url] = link
        if before == sha256:
            return PollAnswer(url, "unchanged")
        # The file first: a link that is remembered without its file would never be asked for again.
        archive.keep_bytes(self.archive, sha256, name, reply.content)
        with ops.writing(self.path) as db:
            download = ops.Download(url, sha256, name, self.today, self.poll_id)
            ops.save_download(db, download, link)
        if before:
            return PollAnswer(url, "replaced", f"content was {before[:12]}, is {sha256[:12]}")
        return PollAnswer(url, "new", sha256)

    def _get(self, http: httpx.Client, link: Link) -> Reply:
        left = max(self.deadline - time.monotonic(), 0.001)
        limits: dict[str, float] = {"file_seconds": min(self.settings.file_seconds, left)}
        if link.url in (self.index, self.settings.tables):
            limits["max_bytes"] = min(self.settings.max_bytes, listing.PAGE_BYTES)
        reply = get(http, link, self.settings.model_copy(update=limits))
        self.pause = max(self.pause, reply.pause or 0.0)
        return reply


def page_of(config: Config, source: Source) -> str:
    """The page that links to the files: the settings', or the source's own; or the one file."""
    return config.address or config.fetch.index or source.publisher.index


def _poll(
    now: datetime,
    finished: datetime,
    previous: Poll | None,
    answers: list[PollAnswer],
    asked: float,
) -> Poll:
    """Return what a poll came to; asked : seconds the server wants to be left alone."""
    counts = {o: n for o in _WORST_FIRST if (n := sum(a.outcome == o for a in answers))}
    outcome = next(iter(counts))
    detail = ", ".join(f"{n} {o}" for o, n in counts.items())
    if outcome in ("blocked", "unreachable", "unrecognized"):  # and the first of the worst
        worst = next(a for a in answers if a.outcome == outcome)
        detail += f"; {printable(worst.url)}: {worst.detail}"
    since, pause = None, timedelta(seconds=asked)
    if outcome == "blocked":
        since = (previous.blocked_since if previous else None) or ops.text(now)
        pause = max(pause, pause_of_block(now, since))
    return Poll(
        started_at=ops.text(now),
        finished_at=ops.text(finished),
        outcome=outcome,
        detail=detail,
        blocked_since=since,
        not_before=ops.text(now + pause) if pause else None,
    )


def refuse_anonymous(config: Config) -> None:
    """ConfigError if the publisher could not tell who asks; own counts are asked of one's own."""
    settings = config.fetch
    if not config.address and not settings.contact and not settings.user_agent:
        by = "an e-mail address or a web page by which the publisher can reach you"
        raise ConfigError("config.toml", "fetch.contact", f"is empty; give {by}")
