"""How good chances were: each kind of standing question beside two yardsticks, and by chance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from forecast.desk.answered import of_rows
from forecast.desk.asking import SKILL
from forecast.judge.questions import INSIDE, ChanceScores
from forecast.types import Row

if TYPE_CHECKING:
    from rich.console import RenderableType

BINS = ((0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01))


@dataclass(frozen=True)
class Bin:
    """Chances from `low` to below `high`. given : their mean; came : share that came true."""

    low: float
    high: float
    n: int
    given: float
    came: float


@dataclass(frozen=True)
class KindScore:
    """How good the chances of one kind of question were, on one basis."""

    kind: str
    basis: str
    record: ChanceScores
    bins: tuple[Bin, ...]

    @property
    def skilled(self) -> bool:
        """Whether its chances are worth more than the base rate."""
        return self.kind != INSIDE and self.record.skill >= SKILL

    @property
    def verdict(self) -> str:
        """The same in words."""
        if self.kind == INSIDE:
            return "no skill to be had; it checks the interval"
        if not self.skilled:
            return "hardly better than a coin"
        if self.record.beaten:
            return "better than base rate and coin, but a last value is better still"
        return f"{self.record.skill:.0%} better than base rate and coin"

    @property
    def as_json(self) -> dict[str, Any]:
        """For programs."""
        record = self.record
        return {
            "kind": self.kind,
            "basis": self.basis,
            "n": record.n,
            "brier": record.brier,
            "base_rate_brier": record.base_brier,
            "last_value_brier": record.last_brier,
            "log_score": record.log,
            "base_rate_log_score": record.base_log,
            "skill": record.skill,
            "reliability": [vars(interval) for interval in self.bins],
        }


def by_kind(rows: Iterable[Row]) -> list[KindScore]:
    """Scores of resolved rows of `standing_questions`, issued ones and hindcasts apart."""
    ordered = sorted(rows, key=_place)
    return [
        KindScore(kind, basis, of_rows(members), tuple(_bins(members)))
        for (basis, kind), group in groupby(ordered, key=_place)
        if (members := list(group))
    ]


def fullest(kinds: Sequence[KindScore]) -> list[KindScore]:
    """The kinds of the basis that more questions were resolved on; one picture shows one basis."""
    by_basis = {kind.basis: [k for k in kinds if k.basis == kind.basis] for kind in kinds}
    return max(by_basis.values(), key=lambda kinds: sum(k.record.n for k in kinds), default=[])


def _place(row: Row) -> tuple[str, str]:
    return row["basis"], row["kind"]


def _bins(rows: Sequence[Row]) -> Iterator[Bin]:
    for low, high in BINS:
        inside = [row for row in rows if low <= row["chance"] < high]
        if inside:
            given = sum(row["chance"] for row in inside) / len(inside)
            came = sum(row["outcome"] for row in inside) / len(inside)
            yield Bin(low, min(high, 1.0), len(inside), given, came)


def tables(scores: Sequence[KindScore], name: str) -> Iterator[RenderableType]:
    """What is printed, from top to bottom."""
    if not scores:
        yield "No standing question is resolved yet."
        return
    from forecast.desk.terminal.tables import titled

    yield titled(name, ", chances given to standing questions; smaller scores are better")
    for basis, group in groupby(scores, key=lambda kind: kind.basis):
        kinds = list(group)
        yield _scores(kinds, basis)
        yield from (
            f"{kind.kind}: {kind.verdict}."
            for kind in kinds
            if not kind.skilled or kind.record.beaten
        )
        yield titled("\nReliability", ": of the chances given, how many came true")
        yield _reliability(kinds, basis)


def _scores(kinds: Sequence[KindScore], basis: str) -> RenderableType:
    from forecast.desk.terminal.tables import plain_table

    heads = ("n", "Brier", "base rate", "last value", "log score", "base rate", "better by")
    table = plain_table(basis, *heads)
    for kind in kinds:
        record = kind.record
        numbers = (record.brier, record.base_brier, record.last_brier, record.log, record.base_log)
        better = f"{record.skill:.0%}" if kind.skilled and not record.beaten else "-"
        table.add_row(kind.kind, f"{record.n:,}", *map(score, numbers), better)
    return table


def score(number: float | None) -> str:
    """A score, or a dash where there is none."""
    return "-" if number is None else f"{number:.3f}"


def _reliability(kinds: Sequence[KindScore], basis: str) -> RenderableType:
    from forecast.desk.terminal.tables import plain_table

    table = plain_table(basis, "given", "n", "mean chance", "came true")
    for kind in kinds:
        for part in kind.bins:
            given = f"{part.low:.0%}-{part.high:.0%}"
            table.add_row(kind.kind, given, f"{part.n:,}", f"{part.given:.0%}", f"{part.came:.0%}")
    return table
