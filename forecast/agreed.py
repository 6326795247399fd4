"""What the operator and a record's deliveries have agreed on: the contract, and what was answered.

The contract stands in the settings; what was answered later is kept with the measure's words.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

QuantityKind = Literal["flow", "stock", "rate", "money"]
LifeKind = Literal["renamed", "merged", "shut", "ended"]


@dataclass(frozen=True)
class QuantityTraits:
    """What counts of a kind become when they are put together, and what is said of it.

    over : months, or the days and weeks of one, are added up; or the last of them stands for all,
        or their mean. Only of what is added up there are years, chances of spans, and questions.
    parts : whether series add up to a total. said : on pages and in mails. words : those of a title
        or a header that tell the kind, a pattern.
    """

    over: Literal["sum", "last", "mean"]
    parts: bool
    words: str
    said: str = ""


class FileColumns(BaseModel):
    """Which columns a file of anybody's has, and how its cells are read.

    over : what a month is of several counts of a stock or a rate. times : what decimals are
    multiplied by to be whole.
    """

    month: str = ""
    year: str = ""
    part: str = ""
    sheet: str = ""
    decimal: Literal["", "point", "comma"] = ""
    dates: Literal["", "mdy", "dmy"] = ""
    sum: bool = False
    round: bool = False
    over: Literal["", "last", "mean"] = ""
    times: Literal[1, 10, 100, 1000] = 1


# The first kind whose words a header has is taken; a flow where none has.
KINDS: dict[QuantityKind, QuantityTraits] = {
    "rate": QuantityTraits(
        "mean",
        False,
        r"%|rate|share|percent\w*|per (1,?000|100,?000|capita|day)|average|mean|index|ratio",
        "The numbers are rates; months are not added up.",
    ),
    "stock": QuantityTraits(
        "last",
        True,
        r"waiting (list|time)s?|waiting|backlog|pending|in custody|detained|population"
        r"|on (the )?(list|file|roll)|inventory|stock|occupancy|occupied|beds|enrol\w+|caseload"
        r"|unemployed|outstanding|balance|membership|at (month|period) end",
        "Each month says what there was then; months are not added up.",
    ),
    "money": QuantityTraits(
        "sum",
        True,
        r"usd|eur|gbp|chf|dollars?|euros?|pounds sterling|[$€£]|turnover|revenue|costs?",
    ),
    "flow": QuantityTraits("sum", True, ""),
}


def kind_of(words: str) -> QuantityKind:
    """Tell what kind of quantity words are of; a flow where they do not say."""
    plain = words.lower()
    found = (k for k, of in KINDS.items() if re.search(rf"(?<!\w)({of.words})(?!\w)", plain))
    return next(found, "flow")


def with_kind(caveat: str, kind: QuantityKind) -> str:
    """Return what a count is not, and whether its months add up if they do not."""
    return f"{caveat} {KINDS[kind].said}".strip()


class _AgreedModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Contract(_AgreedModel):
    """What each delivery is held against.

    kind : flow, what happened in a month; stock, what there was at its end or on average; rate;
    money. header : the file's words for its columns of names and of counts. restates : how many
    months back a delivery may change what was said without being held.
    """

    kind: QuantityKind = "flow"
    header: tuple[str, ...] = ()
    restates: Annotated[int, Field(ge=0)] = 3


class Life(_AgreedModel):
    """What a person confirmed of a series: since which month, and which other one it has become.

    at : the moment, UTC, ISO 8601.
    """

    what: LifeKind
    series: str
    month: str
    other: str = ""
    at: str = ""


class Agreed(_AgreedModel):
    """What deliveries and answers have added to a contract.

    header : the words of the last delivery. names : a file's name -> the record's. times : what
    files' numbers are multiplied by. unfinished : whether last months come unfinished, None where
    nobody was asked. uncounted :
    months whose zeros nobody counted.
    """

    header: tuple[str, ...] = ()
    names: dict[str, str] = {}
    times: float = 1.0
    unfinished: bool | None = None
    uncounted: tuple[str, ...] = ()
    lives: tuple[Life, ...] = ()
