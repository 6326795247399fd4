"""What a digest covers, and what an entry of each kind states and may follow: the ledger's law.

All of it is data: the parts are in scheme2.toml, the kinds below. `ledger` writes entries by them,
`integrity` holds every entry of a record against them, so that nothing that was stated can be
restated by adding to the ledger. A kind that is added later is a line here; the lines of kinds
that records have never change.
"""

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Literal, cast

GROUPS = (
    "the record before",
    "run and files",
    "forecasts",
    "judgements",
    "flags",
    "scores",
    "notices",
    "approvals and withdrawals",
)

Of = Literal["run", "notice", "release", "entry", "wording", "dated", "record"]


@dataclass(frozen=True, slots=True)
class StatedPart:
    """What is digested together.

    sql : queries; each takes the id of whose it is, those of the record nothing; a first column
    `begun` is the JSON array of columns without reals, which follow it. group : its mark.
    bulky : compared for the newest runs only before anything is shown. since, until : the schemas
    in which it is stated. every : finds whose rows there are, each to be stated.
    """

    of: Of
    sql: tuple[str, ...]
    group: str = "run and files"
    bulky: bool = False
    since: int = 16
    until: int = 1000
    every: str = ""

    def stated_in(self, schema: int) -> bool:
        """Return whether entries of tables of this version state it."""
        return self.since <= schema <= self.until


_SCHEME = (resources.files("forecast.store") / "scheme2.toml").read_text(encoding="utf-8")
PARTS: dict[str, StatedPart] = {
    name: StatedPart(cast("Of", of), **part | {"sql": tuple(part["sql"].split(";"))})
    for of, parts in tomllib.loads(_SCHEME).items()
    for name, part in parts.items()
}

EntryKind = Literal[
    "schema",
    "accepted",
    "refused",
    "run",
    "written",
    "renewed",
    "approved",
    "rejected",
    "expired",
    "withdrawn",
    "kept",
    "worded",
    "witnessed",
    "dated",
    "undated",
    "retracted",
]


@dataclass(frozen=True, slots=True)
class EntryRule:
    """What entries of one kind state: no more and, unless `partly`, no less.

    of : what their subject is; "" where it is the record. own : parts of that subject. record :
    parts of the record, as the tables stand. partly : of these at least one.
    after : the kinds that may have stated the same subject last; None if nothing did.
    notices : those it states besides, with both parts: "new" ones, or also ones it "stops", whose
    text stays.
    """

    of: Literal["", "run", "release", "notice", "entry", "wording", "dated"]
    own: tuple[str, ...] = ()
    record: tuple[str, ...] = ()
    after: tuple[EntryKind | None, ...] = (None,)
    notices: Literal["none", "new", "stops"] = "none"
    partly: bool = False


# Rows of these bear the run that wrote them, and those of earlier programs do not.
UNSIGNED = ("judgements", "verdicts", "flags", "systemic", "episodes", "closed", "drivers")
NOTICE = ("notice", "standing")  # what it says; who decided on it, and how

RULES: dict[EntryKind, EntryRule] = {
    # The first also states what the record holds of earlier programs (OPENING). A later one
    # stands where the schema's number rises, and changes no part but "schema".
    "schema": EntryRule(
        "",
        record=(
            *("figures", "hindcasts", "questions", "unexplained", "notices", "withdrawals"),
            *("schema", "measure", "measures", "labels", "unpublished", "pastyardsticks"),
            "years",
        ),
    ),
    "accepted": EntryRule(
        "release",
        ("release", "releasemeasure", "unfinished"),
        ("figures", "measures"),
        after=(None, "refused", "schema"),
    ),
    "refused": EntryRule(
        "release",
        ("release", "releasemeasure"),
        ("figures", "measures"),
        after=(None, "refused", "schema"),
    ),
    "run": EntryRule(
        "run",
        (
            *("run", "releases", "forecasts", "quantiles", *UNSIGNED, "reports", "scores", "fits"),
            *("paths", "spans", "changes", "answers", "yardsticks", "witnesses"),
            *("runmeasure", "asked", "provisional"),
        ),
        (
            *("hindcasts", "questions", "unexplained", "notices", "unpublished"),
            *("pastyardsticks", "measures"),
        ),
        notices="new",
    ),
    "written": EntryRule("notice", NOTICE, after=("run", "withdrawn", "renewed", "schema")),
    "renewed": EntryRule("notice", NOTICE, after=("written", "schema")),
    "approved": EntryRule("notice", ("standing",), after=("written", "schema")),
    "rejected": EntryRule("notice", ("standing",), after=("written", "schema")),
    "expired": EntryRule(
        "notice", ("standing",), after=("run", "withdrawn", "written", "renewed", "schema")
    ),
    "withdrawn": EntryRule(
        "run",
        ("withdrawal",),
        ("withdrawals", "notices"),
        after=("run", "schema"),
        notices="stops",
    ),
    # A file that states no counts any more; what it is and what it said stay as they were stated.
    "retracted": EntryRule("release", ("retraction",), ("figures",), after=("accepted", "schema")),
    "kept": EntryRule(
        "", record=("measure", "measures", "labels", "unpublished", "years"), partly=True
    ),
    # What a measure is called, and the labels joined in it, change by this kind alone.
    "worded": EntryRule("wording", ("wording",), after=(None, "schema")),
    "witnessed": EntryRule(
        "entry", ("signature", "stamp", "commit"), after=(None, "witnessed", "schema"), partly=True
    ),
}

# A batch of dated statements, once, and that it was withdrawn, once.
RULES |= {
    "dated": EntryRule("dated", ("dated", "dateddays")),
    "undated": EntryRule("dated", ("undated",), after=("dated",)),
}

# What the first entry may state besides, of records that earlier programs made.
OPENING = (*RULES["run"].own, *RULES["accepted"].own, *NOTICE, "withdrawal", "wording")
PROOFS = {"signature": "signature", "time stamp": "stamp", "git": "commit"}  # witness -> its part
