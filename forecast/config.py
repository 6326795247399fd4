"""config.toml -> Config. Every setting has a default equal to the shipped file."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from forecast import plugins
from forecast.agreed import KINDS, Agreed, Contract, FileColumns
from forecast.errors import ConfigError
from forecast.types import DEFAULT_SOURCE, HEADLINES, FlagRules, Severity

DEFAULT_PATH = Path("config.toml")
SHIPPED = Path(__file__).with_name("config.toml")  # every setting, its default and its meaning
DIMENSIONS = (
    "component",
    "field",
    "state",
    "citizenship",
    "citizenship_group",
    "demographic",
    "authority",
    "drug",
)
HIDDEN = "********"
_LOGIN = re.compile(r"(?<=://)[^/\s?#]+@")
HeaderText = Annotated[str, Field(pattern=r"^[\x20-\x7e]*$")]
# Plain addresses of the ordinary kind, so that none can carry a second one or a header with it.
ADDRESS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]+"
MailAddress = Annotated[str, Field(max_length=254, pattern=rf"^{ADDRESS}$")]
HeadlineName = Literal["northern", "southwest", "other", "nationwide"]
MonthText = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]


def _model(name: str) -> str:
    """A model's name; ValueError if there is none so called."""
    if not plugins.MODELS.has(name):
        raise ValueError(plugins.MODELS.unknown(name))
    return name


ModelName = Annotated[str, AfterValidator(_model)]


def _dimension(name: str) -> str:
    """A dimension, or a crossing of several, "citizenship*demographic"; ValueError if not."""
    # A crossing of a dimension with itself has one cell for each member, and none beside.
    columns = name.split("*")
    if not set(columns) <= set(DIMENSIONS) or len(set(columns)) < len(columns):
        known = ", ".join(DIMENSIONS)
        raise ValueError(f"it must be one of {known}, or several different ones joined by *")
    return name


Dimension = Annotated[str, AfterValidator(_dimension)]


def without_logins(text: str) -> str:
    """Return a text in which no address names a user or a password, "https://********@host/"."""
    return _LOGIN.sub(f"{HIDDEN}@", text)


class _ConfigModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Service(_ConfigModel):
    """Where things are, and how the service runs; see docs/operations.md."""

    db: str = "bordercast.db"
    snapshot: str = "{db}-snapshot.db"
    backups: str = "backups"
    poll_at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "15:00"
    jitter_minutes: Annotated[int, Field(ge=0, le=720)] = 30
    run_minutes: Annotated[float, Field(gt=0, le=1440)] = 120.0
    retry_minutes: Annotated[float, Field(gt=0, le=1440)] = 60.0
    heartbeat: Annotated[str, Field(pattern=r"^(https?://[^/\s]+/\S*)?$")] = ""
    log: Literal["plain", "json"] = "plain"
    keep_days: Annotated[int, Field(ge=60)] = 730
    host: str = "127.0.0.1"
    names: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")], ...] = ()
    port: Annotated[int, Field(ge=0, le=65535)] = 0


class ForecastSection(_ConfigModel):
    """What is forecast, by which models, from when hindcasts are kept."""

    horizon: Annotated[int, Field(ge=1, le=36)] = 12
    models: tuple[ModelName, ...] = ("naive", "snaive", "ets", "sarima", "prophet")
    dimensions: tuple[Dimension, ...] = (
        "component",
        "field",
        "state",
        "citizenship",
        "demographic",
    )
    counted: tuple[Dimension, ...] = ("component*citizenship", "component*demographic")
    min_count: Annotated[int, Field(ge=0)] = 0
    first_cutoff: MonthText = "2018-12"

    @property
    def kept(self) -> tuple[str, ...]:
        """The dimensions that are read of a file and kept."""
        return tuple(dict.fromkeys((*self.dimensions, *self.counted)))

    def forecasts(self, dimension: str) -> bool:
        """Tell whether parts by a dimension are forecast, and not counted alone."""
        return dimension in self.dimensions or dimension not in self.counted


class Fetch(_ConfigModel):
    """Where new files come from, and where they are kept; see docs/releases.md.

    Folders lie beside the database unless they are absolute.
    """

    enabled: bool = False
    index: Annotated[str, Field(pattern=r"^(https?://[^/\s]+/\S*)?$")] = ""
    tables: Annotated[str, Field(pattern=r"^(https?://[^/\s]+/\S*)?$")] = ""
    contact: HeaderText = ""
    user_agent: HeaderText = ""
    ignore: tuple[str, ...] = ()
    inbox: str = "inbox"
    archive: str = "archive"
    quarantine: str = "quarantine"
    attempts: Annotated[int, Field(ge=1, le=10)] = 4
    back_off: Annotated[float, Field(ge=0, le=60)] = 2.0
    file_seconds: Annotated[float, Field(gt=0, le=3600)] = 120.0
    poll_seconds: Annotated[float, Field(gt=0, le=86400)] = 1800.0
    max_bytes: Annotated[int, Field(ge=1000, le=100_000_000)] = 50_000_000


def _labels(joins: dict[str, str]) -> dict[str, str]:
    """Labels joined to others, one step each; ValueError if a label is none or a chain."""
    for label in (*joins, *joins.values()):
        if not label.strip() or len(label) > 80 or not label.isprintable() or " * " in label:
            raise ValueError("a label has 1 to 80 printable characters, and no ' * '")
    # A chain would depend on the order in which labels are joined.
    chained = sorted({*joins} & {*joins.values()})
    if chained:
        raise ValueError(
            f"{chained[0]!r} is an alias and also the target of an alias; use one step"
        )
    return joins


LabelJoins = Annotated[dict[str, str], AfterValidator(_labels)]


class Labels(_ConfigModel):
    """Labels of the publisher that mean another one, by dimension; see docs/releases.md."""

    citizenship: LabelJoins = {}
    citizenship_group: LabelJoins = {}
    demographic: LabelJoins = {}
    authority: LabelJoins = {}
    state: LabelJoins = {}
    field: LabelJoins = {}
    drug: LabelJoins = {}

    @property
    def joins(self) -> dict[str, dict[str, str]]:
        """Dimension -> label -> the one it is joined to; dimensions without any left out."""
        return {name: dict(joins) for name, joins in self if joins}


class Flags(_ConfigModel):
    """When a month is flagged; see docs/flags.md."""

    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.02
    min_level: Annotated[int, Field(ge=0)] = 10
    min_change: Annotated[int, Field(ge=0)] = 25
    min_ratio: Annotated[float, Field(gt=1)] = 1.15
    budget: Annotated[float, Field(ge=0)] = 0.0

    @property
    def rules(self) -> FlagRules:
        """Hand them on as plain values."""
        return FlagRules(**self.model_dump())


StandingQuestion = Literal[
    "next month above year before",
    "next month inside the 80% range",
    "fiscal year above last",
    "next 12 months above last 12",
    "month in half a year above this month",
    "record within 12 months",
    "lowest month of 5 years within 12 months",
]


class Questions(_ConfigModel):
    """What every run is asked of every total; see docs/questions.md."""

    standing: tuple[StandingQuestion, ...] = get_args(StandingQuestion)


class Threshold(_ConfigModel):
    """A count that somebody wants to be told of once it is likely enough; see docs/notices.md."""

    series: Annotated[str, Field(min_length=1)]
    above: Annotated[int, Field(ge=0)]
    chance: Annotated[float, Field(gt=0, lt=1)] = 0.2


class Mail(_ConfigModel):
    """The way out for mail; see docs/notices.md. The password is never here."""

    enabled: bool = False
    host: HeaderText = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "local"] = "starttls"
    ca_file: str = ""
    user: HeaderText = ""
    password_file: str = ""
    sender: HeaderText = ""
    reply_to: HeaderText = ""
    operator: MailAddress | Literal[""] = ""
    answer_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    message_seconds: Annotated[float, Field(gt=0, le=3600)] = 120.0

    @property
    def address(self) -> str:
        """The bare address mail comes from."""
        return parseaddr(self.sender)[1]

    @property
    def domain(self) -> str:
        """Of the sender's address."""
        return self.address.rpartition("@")[2] or "bordercast.invalid"

    @property
    def unsubscribe(self) -> str:
        """The bare address to which a reader writes to get no more."""
        return parseaddr(self.reply_to or self.sender)[1]


class ReaderRules(_ConfigModel):
    """What of a notice is for a reader; see docs/notices.md."""

    series: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    borders: Annotated[tuple[HeadlineName, ...], Field(min_length=1)] = (
        "northern",
        "southwest",
        "other",
        "nationwide",
    )
    digest: bool = False
    digest_only: bool = False
    severity: Severity = "watch"
    outside_95: bool = False
    parts: tuple[Annotated[str, Field(min_length=1)], ...] = ()

    def wants(self, total: str) -> bool:
        """Whether a total is for the reader; `borders` chooses among CBP's, `series` among own."""
        return total in (self.series or self.borders) or not (self.series or total in HEADLINES)


class Recipient(ReaderRules):
    """Who is told by mail."""

    address: MailAddress


class Hook(ReaderRules):
    """A machine that is told by a POST; see docs/wires.md. Its address, a secret, is in a file.

    kind : a channel, as `forecast.plugins` knows them.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] = "generic"
    address_file: Annotated[str, Field(min_length=1)]
    secret_file: str = ""
    topic: str = ""


class Notices(_ConfigModel):
    """Which notices are written, and whether a person must approve them."""

    approval: Literal["hold", "auto"] = "hold"
    quiet_months: bool = False
    contact: HeaderText = ""
    attach_page: bool = False
    recipients: tuple[Recipient, ...] = ()
    hooks: tuple[Hook, ...] = ()


class SiteSection(_ConfigModel):
    """The page as files; see docs/web.md. folder : beside the database unless absolute."""

    folder: str = ""
    address: Annotated[str, Field(pattern=r"^(https?://[^\s<>\"]+)?$")] = ""


class WitnessSection(_ConfigModel):
    """Who outside is to see the record after each run; see docs/witnesses.md."""

    sign: tuple[str, ...] = ()
    public_keys: tuple[HeaderText, ...] = ()
    authority: Annotated[str, Field(pattern=r"^(https?://[^/\s]+\S*)?$")] = ""
    authority_certificates: str = ""
    repository: Annotated[str, Field(pattern=r"^([^-\s]\S*)?$")] = ""
    seconds: Annotated[float, Field(gt=0, le=600)] = 60.0


class Compute(_ConfigModel):
    """Where fits and blocks of series are computed; see docs/scaling.md."""

    engine: Literal["serial", "processes", "dask"] = "processes"
    processes: Annotated[int, Field(ge=0, le=256)] = 0
    scheduler: Annotated[str, Field(pattern=r"^((tcp|tls)://\S+:\d+)?$")] = ""

    @property
    def workers(self) -> int:
        """Worker processes; 0 in the file means one a core, two at least."""
        if self.engine == "serial":
            return 1
        return self.processes or max(os.cpu_count() or 1, 2)


class Columns(_ConfigModel, FileColumns):
    """Where a file of counts has what, where it does not say it itself; see docs/own-counts.md."""

    series: tuple[str, ...] = ()
    value: tuple[str, ...] = ()


Words = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Named = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]


# What pydantic calls the types of settings, and how they are written.
_TYPES = {
    "string": 'a text in quotes, as "x"',
    "tuple": "a list in brackets, as [1, 2]",
    "dictionary": "a section of its own",
    "integer": "a whole number",
    "boolean": "true or false",
}


def _with_name(text: str) -> str:
    """Words with one place for a name in them; ValueError if not."""
    if text.count("{}") != 1 or text.count("{") != 1 or text.count("}") != 1:
        raise ValueError("it must contain {} exactly once, as the placeholder for the name")
    return text


def _days(days: Any) -> Any:
    """From and to; ValueError if they are not two days in this order."""
    two = isinstance(days, tuple | list) and [type(day) for day in days] == [int, int]
    if not two or not 0 <= days[0] <= days[1] <= 366:
        raise ValueError("it must be two numbers of days from 0 to 366, the smaller first: [1, 28]")
    return days


def _https(address: str) -> str:
    """Return an address that hides nothing and cannot be altered on the way; ValueError if not."""
    # Over plain http anybody on the way could change the counts.
    if address and not re.fullmatch(r"https://[^/\s?#]+/[^\s#]*", address):
        raise ValueError("it must be an address such as https://example.org/counts.csv")
    if _LOGIN.search(address):
        raise ValueError("it must hold no login: the record keeps it, and pages show it")
    return address


# Fields of a source that records of 1.0 do not have.
_LATER = (
    *("table", "short", "homepage", "revises", "restates", "labels", "absent", "pattern"),
    *("overdue", "contract", "agreed"),
)


class _SourceFields(_ConfigModel):
    """What every source may set for itself, in place of the settings of all.

    forecast, flags : settings of [forecast] and [flags], those that differ.
    """

    forecast: dict[str, Any] = {}
    flags: dict[str, Any] = {}

    def words(self) -> dict[str, Any]:
        """Return what a record keeps of the source: all but its settings."""
        words = self.model_dump(mode="json", exclude={"forecast", "flags"})
        # What sources said before these were there is kept as it was, to the last byte.
        plain = type(self).model_construct().model_dump(mode="json", include=set(_LATER))
        left = {name: value for name, value in words.items() if plain.get(name, ...) != value}
        if columns := words.get("columns"):
            later = {"year": "", "round": False, "over": "", "times": 1}
            left["columns"] = {k: v for k, v in columns.items() if later.get(k, ...) != v}
        return left


class CountsSection(_SourceFields):
    """Own monthly counts, and their words; see docs/own-counts.md."""

    kind: Literal["counts"]
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    path: str = ""
    address: Annotated[str, AfterValidator(_https)] = ""
    noun: Named = "counts"
    title: Words = ""
    one: Named = "series"
    many: Named = "series"
    place: Annotated[Named, AfterValidator(_with_name)] = "for {}"
    part: Named = "part"
    parts: Named = "parts"
    publisher: Named = "the source"
    credit: Words = ""
    definition: Words = ""
    caveat: Words = ""
    total: Words = ""
    tolerance: Annotated[int, Field(ge=0)] = 0
    closed: tuple[str, ...] = ()
    year_begins: Annotated[int, Field(ge=1, le=12)] = 1
    due: Annotated[tuple[int, int], BeforeValidator(_days)] = (1, 28)
    jumps: bool = False
    columns: Columns = Columns()
    # What a publisher's source.toml says beside these; see `forecast.described`.
    short: Words = ""
    homepage: Words = ""
    revises: Words = "may still revise it"
    restates: Words = "may restate earlier months"
    labels: dict[str, str] = {}
    absent: Literal["unknown", "parts", "none"] = "unknown"
    pattern: str = ""
    overdue: Annotated[int, Field(ge=0)] = 0
    contract: Contract = Contract()
    # Kept by the record, and by nobody written.
    agreed: Agreed = Agreed()

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        nowhere = not (self.path or self.address or self.pattern)
        if nowhere or (self.path and self.address):
            raise ValueError(
                "name one place for the counts: path, a file or folder, or address, https://..."
            )
        if self.columns.part and (not self.columns.series or len(self.columns.value) > 1):
            raise ValueError(
                "columns.part is a column below columns.series, of one column of counts: name "
                'that one too, as in series = ["Region"], and at most one value'
            )
        kind = KINDS[self.contract.kind]
        months = self.columns.sum and kind.over != "sum"
        if months or (not kind.parts and (self.total or self.columns.part)):
            raise ValueError(
                f"a {self.contract.kind} is not added up: leave out "
                + (
                    f'columns.sum, write columns.over = "{kind.over}"'
                    if months
                    else "total and part"
                )
            )
        return self


class PublishedSection(_SourceFields):
    """Counts whose source comes with the program; see docs/measures.md.

    table : its `source.toml`, of a source in a folder of one's own that looks at lines.
    """

    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    table: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """Of the source."""
        return self.kind


def _form(section: Any) -> str:
    kind = section.get("kind") if isinstance(section, dict) else getattr(section, "kind", None)
    return "counts" if kind == "counts" else "published"


SourceSection = Annotated[
    Annotated[CountsSection, Tag("counts")] | Annotated[PublishedSection, Tag("published")],
    Discriminator(_form),
]


def source_section(stored: dict[str, Any]) -> SourceSection:
    """Return a section as a record keeps it."""
    adapter: TypeAdapter[SourceSection] = TypeAdapter(SourceSection)
    return adapter.validate_python(_with_tuples(stored))


def _different(sections: tuple[SourceSection, ...]) -> tuple[SourceSection, ...]:
    """Sources of different names; ValueError if two have one."""
    # The name is the key of all that the record holds of a source.
    names = [section.name for section in sections]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two sources are called {twice[0]!r}; rename one")
    return sections


class Config(_ConfigModel):
    """All settings, frozen."""

    sources: Annotated[tuple[SourceSection, ...], AfterValidator(_different)] = ()
    service: Service = Service()
    fetch: Fetch = Fetch()
    forecast: ForecastSection = ForecastSection()
    labels: Labels = Labels()
    flags: Flags = Flags()
    questions: Questions = Questions()
    thresholds: tuple[Threshold, ...] = ()
    notices: Notices = Notices()
    mail: Mail = Mail()
    site: SiteSection = SiteSection()
    witness: WitnessSection = WitnessSection()
    compute: Compute = Compute()

    def of(self, name: str) -> Config:
        """Return the settings as they are for one source, which is then the only one."""
        # What a source does not say is as it is for all.
        mine = tuple(section for section in self.sources if section.name == name)
        changed = {
            part: type(getattr(self, part)).model_validate(
                dict(getattr(self, part)) | getattr(section, part)
            )
            for section in mine
            for part in ("forecast", "flags")
            if getattr(section, part)
        }
        if not changed and mine == self.sources:
            return self
        return self.model_copy(update={"sources": mine, **changed})

    @property
    def address(self) -> str:
        """Where own counts are asked for, "" if nowhere."""
        return self._own.address if self._own else ""

    @property
    def polls(self) -> bool:
        """Whether the service asks a server for files: own counts' address says so by itself."""
        return bool(self._own.address) if self._own else self.fetch.enabled

    @property
    def _own(self) -> CountsSection | None:
        return next((source for source in self.sources if isinstance(source, CountsSection)), None)

    @property
    def tells(self) -> bool:
        """Whether notices go anywhere."""
        return self.mail.enabled or bool(self.notices.hooks)

    @property
    def one_click(self) -> str:
        """Under which address readers unsubscribe by one click; "" if nothing answers there."""
        return self.site.address if self.service.port else ""

    def digest(self) -> str:
        """sha256 of the settings that change numbers."""
        sections = {"forecast": self.forecast, "flags": self.flags}
        # Mail, folders and pages change no number, and must not make a run due.
        numbers: dict[str, Any] = {name: section.model_dump() for name, section in sections.items()}
        if not self.flags.budget:  # digests of before know none
            del numbers["flags"]["budget"]
        if self.forecast.counted == ForecastSection.model_fields["counted"].default:
            del numbers["forecast"]["counted"]
        for section in self.sources:
            if isinstance(section, CountsSection):
                numbers["total"] = section.total
                numbers |= {"jumps": True} if section.jumps else {}
                # Years that begin elsewhere: what is kept of years to date would be of others.
                begins = section.year_begins
                numbers |= {"year_begins": begins} if begins != 1 else {}
                numbers |= {"absent": section.absent} if section.absent != "unknown" else {}
                lives = [life.model_dump() for life in section.agreed.lives]
                numbers |= {"lives": lives} if lives else {}
            elif section.name != DEFAULT_SOURCE:  # they go without saying
                numbers["source"] = section.name
        packages = sorted(filter(None, map(plugins.package, self.forecast.models)))
        numbers |= {"packages": packages} if packages else {}
        if self.labels.joins:
            numbers["labels"] = self.labels.joins
        return hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()


def load(path: Path | None) -> Config:
    """Settings from this file, or ./config.toml, or the defaults.

    ConfigError names the file, the key, and what would be right.
    """
    path = path or found()
    if path is None:
        return Config()
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(str(path), "file", f"cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = f"line {line} is not UTF-8; save the file as UTF-8"
        raise ConfigError(str(path), "file", problem) from error
    return parse(text, str(path), path.parent)


def refuse_places(config: Config, db: Path, source: str) -> None:
    """Refuse files and folders of the settings that are in the way of each other or of the record.

    db : the record. source : the settings file, which is named in the ConfigError.
    """
    beside = db.absolute().parent
    copy = (beside / config.service.snapshot.replace("{db}", db.stem)).resolve()
    ours = [db.name, *(f"{db.name}{end}" for end in ("-wal", "-shm", ".lock")), "ops.db"]
    if config.service.snapshot and copy in [(beside / name).resolve() for name in ours]:
        problem = f'{copy.name} is the record\'s own file; the default is "{{db}}-snapshot.db"'
        raise ConfigError(source, "service.snapshot", problem)
    # A backup swept with the inbox, or shown with the site, is no backup.
    folders = {"site.folder": config.site.folder} if config.site.folder else {}
    folders["service.backups"] = config.service.backups
    folders |= {f"fetch.{n}": getattr(config.fetch, n) for n in ("inbox", "archive", "quarantine")}
    seen: dict[Path, str] = {}
    for key, folder in folders.items():
        place = (beside / folder).resolve()
        if beside.resolve().is_relative_to(place):
            problem = f"{folder!r} holds the record itself; name a folder of its own"
            raise ConfigError(source, key, problem)
        if place in seen:
            problem = f"{folder!r} is {seen[place]} too; name a folder of its own"
            raise ConfigError(source, key, problem)
        shown = [place for place, other in seen.items() if other == "site.folder"]
        if any(place.is_relative_to(item) for item in shown):
            raise ConfigError(source, key, f"{folder!r} is in site.folder, which others read")
        seen[place] = key


def found() -> Path | None:
    """./config.toml, None if there is none; ConfigError if this folder cannot be searched."""
    try:
        return DEFAULT_PATH if DEFAULT_PATH.exists() else None
    except OSError as error:
        problem = f"this folder cannot be read ({error.strerror}); name the file with --config"
        raise ConfigError(str(DEFAULT_PATH), "file", problem) from None


def _described(settings: dict[str, Any], beside: Path) -> dict[str, Any]:
    """Settings with each source that a folder beside them describes in full."""
    from forecast import described  # late: most settings name no source

    sections = settings.get("sources", [])
    for at, section in enumerate(sections if isinstance(sections, list) else []):
        name = section.get("kind", "") if isinstance(section, dict) else ""
        if isinstance(name, str) and name not in ("", "counts"):
            path = described.find(beside, name)
            own = {key: section[key] for key in section if key != "kind"}
            if path:
                sections[at] = described.section(path, name, own)
    return settings


def parse(text: str, source: str, beside: Path = Path()) -> Config:
    """Settings from TOML text; `source` is named in errors, sources are looked for `beside`."""
    # Settings of one source are checked as they come out beside those of all.
    within: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    try:
        config = Config.model_validate(_with_tuples(_described(tomllib.loads(text), beside)))
        for at, section in enumerate(config.sources):
            within, where = ("sources", section.name), ("sources", str(at))
            config.of(section.name)
        return config
    except ValidationError as error:
        first = error.errors()[0]
        named = [str(part) for part in first["loc"] if part not in ("counts", "published")]
        from forecast.described import line_of  # late: settings that are right need it not

        line = line_of(text, (*where, *named)) if text else 0
        raise ConfigError(source, ".".join((*within, *named)), _problem(first), line) from error
    except ValueError as error:  # also of a whole number with thousands of digits
        raise ConfigError(source, "file", f"not valid TOML: {error}") from error
    except RecursionError:
        problem = "tables or lists lie too deep in one another; settings have two levels"
        raise ConfigError(source, "file", problem) from None


def _problem(error: Mapping[str, Any]) -> str:
    """Say what is wrong with a value, one of pydantic's errors, and what would be right."""
    if error["type"] == "extra_forbidden":
        own = '; your own counts are kind = "counts"' * ("published" in error["loc"])
        return f"no such setting; see the shipped config.toml for all of them{own}"
    value = error["input"]
    wanted = str(error.get("ctx", {}).get("error", error["msg"]))
    if error["type"] == "missing":
        return "is missing"
    for type_name, words in _TYPES.items():
        wanted = wanted.replace(f"Input should be a valid {type_name}", f"it must be {words}")
    wanted = f"{wanted[:1].lower()}{wanted[1:]}"
    if isinstance(value, dict):  # a whole section, at odds with itself
        return wanted
    given = list(value) if isinstance(value, tuple) else value
    return f"{without_logins(repr(given))} is not allowed: {wanted}"


def _with_tuples(value: Any) -> Any:
    """TOML arrays as tuples, which strict frozen settings ask for."""
    if isinstance(value, dict):
        return {key: _with_tuples(item) for key, item in value.items()}
    return tuple(map(_with_tuples, value)) if isinstance(value, list) else value
