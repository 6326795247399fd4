"""The border work of METHODS 2: the engine beside its peers, and on every set we hold.

    make bench-borders

Four totals, every monthly cutoff from December 2018, 1 to 12 months ahead, nothing after the
cutoff. Peers answer with their own intervals. Then Border Patrol's sectors beside the same
peers, and the engine with its gate held still on ten sets: what the gate costs where it errs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import others, ours, scoring, sets, tables
from benchmarks.scoring import Scored
from benchmarks.sets import HeldOut, Rolling

WALK = "log random walk"
SHOWN = {
    "n": "months",
    "log_wis": "log-WIS",
    **{f"h{h}": f"h={h}" for h in scoring.LEADS},
    "raw_wis": "WIS",
    "mae": "MAE",
    **{f"cover{level}": f"{level}%" for level in (50, 80, 95)},
    "relative_mae": "rel. MAE",
}
COLUMNS, HEADS = tuple(SHOWN), tuple(SHOWN.values())
SETS: Mapping[str, Callable[[], Rolling | HeldOut]] = {
    "borders": sets.borders,
    "sectors 2004-18": lambda: sets.sectors("2003-10", "2018-12"),
    "sectors 2019-26": lambda: sets.sectors("2018-12"),
    "regions 2004-18": lambda: sets.regions("2003-10", "2018-12"),
    "regions 2019-26": lambda: sets.regions("2018-12"),
    "states 2022-25": sets.states,
    "M3, first half": lambda: sets.m3("development"),
    "M3, other half": lambda: sets.m3("other"),
    "M1": sets.m1,
    "tourism": sets.tourism,
}
REACH = (  # what METHODS 2 and 3 and issue 02 ask for: (what, lowest, highest)
    ("borders, log-WIS", 0.0, 0.2295),
    ("borders, h=1", 0.0, 0.077),
    ("borders, h=12", 0.0, 0.360),
    ("borders, relative MAE", 0.0, 0.97),
    ("borders, 80%", 0.77, 0.83),
    ("borders, 95%", 0.93, 0.97),
    ("borders, 80%, worst border low", 0.72, 0.88),
    ("borders, 80%, worst border high", 0.72, 0.88),
    ("borders, 95%, worst border low", 0.90, 0.99),
    ("borders, 95%, worst border high", 0.90, 0.99),
    ("borders, 95%, worst cutoff year", 0.85, 1.0),
    ("sectors 2019-26, log-WIS", 0.0, 0.393),
    ("sectors 2004-18, log-WIS", 0.0, 0.168),
    ("mean regret", 0.0, 0.01),
    ("worst regret", 0.0, 0.025),
    ("95 % of every set, lowest", 0.92, 0.97),
    ("95 % of every set, highest", 0.92, 0.97),
    ("borders, peers better than us", 0, 0),
    ("sectors 2019-26, peers better than us", 0, 0),
    ("tourism, MASE", 0.0, 1.45),
    ("M1, MASE", 0.0, 1.015),
)


def main() -> None:
    """Run everything, print it, and keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, help="Python of the peers' environment.")
    parser.add_argument(
        "--ask",
        nargs="*",
        default=list(others.NAMES),
        help="Peers to ask; what the others said of the same figures stands as it was kept.",
    )
    options = parser.parse_args()
    asked = options.ask if options.peers else []
    kept = tables.kept("borders") if len(asked) < len(others.NAMES) else {}
    result: dict[str, Any] = {}
    for name, work in (("borders", sets.borders()), ("sectors 2019-26", sets.sectors("2018-12"))):
        result[name] = beside_peers(name, work, options.peers, asked, kept.get(name, {}))
    result["sets"] = every_set()
    result["reach"] = reached(result)
    tables.keep("borders", result)


def beside_peers(
    name: str, work: Rolling, python: Path, asked: list[str], kept: Mapping[str, Any]
) -> dict[str, Any]:
    """One set, our engine and every peer: all cutoffs, by series, by cutoff year, by horizon.

    kept : what an earlier run found, for peers that are not asked.
    """
    said = {ours.ENGINE: ours.rolling(work), ours.LAST_VALUE: ours.last_value(work)}
    said |= others.quantiles(work, python, asked) if asked else {}
    scored = {model: scoring.score(work, quantiles) for model, quantiles in said.items()}
    lines = {model: scoring.summary(of) for model, of in scored.items()}
    first = [ours.ENGINE, ours.LAST_VALUE]
    order = first + sorted(lines.keys() - set(first), key=lambda m: lines[m]["log_wis"])
    if any(of["n"] != lines[ours.ENGINE]["n"] for of in kept.get("models", {}).values()):
        raise SystemExit(f"{name}: kept results are of other months; ask every peer")
    title = f"{name}: {len(work.names)} series, {len(work.origins)} cutoffs, 1-12 months ahead"
    cells = {m: [int(lines[m]["n"]), *(lines[m][c] for c in COLUMNS[1:])] for m in order}
    tables.show(title, ("model", *HEADS), cells)
    found = {
        "models": lines,
        "ranges": ranges(name, scored, order),
        "by_series": by_series(name, work, scored, order),
        "by_year": by_year(name, work, scored, order),
        "by_horizon": by_horizon(name, scored, order),
    }
    return tables.merged(kept, found)


def ranges(name: str, scored: Mapping[str, Scored], order: list[str]) -> dict[str, Any]:
    """What chance could have made of it."""
    if WALK not in scored:
        return {}
    found = {model: scoring.bootstrap(scored[model], scored[WALK]) for model in order}
    rows = {
        model: [
            scoring.mean(scored[model].wis),
            found[model]["log_wis"],
            scoring.mean(scored[model].wis) / scoring.mean(scored[WALK].wis),
            found[model]["ratio"],
        ]
        for model in order
    }
    title = f"{name}: 90 % ranges, bootstrap of {scoring.BLOCK}-month blocks of cutoffs"
    tables.show(title, ("model", "log-WIS", "range", "/ log random walk", "range"), rows)
    return found


def by_series(
    name: str, work: Rolling, scored: Mapping[str, Scored], order: list[str]
) -> dict[str, Any]:
    """Each series: log-WIS of every model, and our coverage."""
    parts = {
        series: {m: scoring.summary(scored[m].where(slice(row, row + 1))) for m in order}
        for row, series in enumerate(work.names)
    }
    return _by(f"{name}: by series, log-WIS", "series", parts, order)


def by_year(
    name: str, work: Rolling, scored: Mapping[str, Scored], order: list[str]
) -> dict[str, Any]:
    """Each cutoff year: log-WIS of every model, and our coverage."""
    parts = {
        str(year): {
            m: scoring.summary(scored[m].where(slice(None), work.years == year)) for m in order
        }
        for year in np.unique(work.years).tolist()
    }
    return _by(f"{name}: by year of the cutoff, log-WIS", "cutoffs", parts, order)


def by_horizon(name: str, scored: Mapping[str, Scored], order: list[str]) -> dict[str, Any]:
    """Each horizon: log-WIS of every model, and our coverage."""
    parts = {
        str(h): {
            m: scoring.summary(scored[m].where(slice(None), slice(None), slice(h - 1, h)))
            for m in order
        }
        for h in range(1, sets.H + 1)
    }
    return _by(f"{name}: by months ahead, log-WIS", "ahead", parts, order)


def _by(
    title: str, head: str, parts: Mapping[str, Mapping[str, Any]], order: list[str]
) -> dict[str, Any]:
    shown = order[:4]
    levels = ("cover50", "cover80", "cover95")
    rows = {
        part: [
            *(lines[m]["log_wis"] for m in shown),
            lines[ours.ENGINE]["relative_mae"],
            *(lines[ours.ENGINE][level] for level in levels),
        ]
        for part, lines in parts.items()
    }
    tables.show(title, (head, *shown, "our rel. MAE", "50%", "80%", "95%"), rows)
    return {
        part: {m: lines["log_wis"] for m, lines in found.items()}
        | {"our_relative_mae": found[ours.ENGINE]["relative_mae"]}
        | {f"our_{level}": found[ours.ENGINE][level] for level in levels}
        for part, found in parts.items()
    }


def every_set() -> dict[str, Any]:
    """The engine and its fixed variants on every set, and its regret against the best of them."""
    result: dict[str, Any] = {}
    for name, make in SETS.items():
        work = make()
        lines = {ours.ENGINE: line(work, None)}
        lines |= {variant: line(work, share) for variant, share in ours.FIXED.items()}
        best = min(of["score"] for variant, of in lines.items() if variant != ours.ENGINE)
        regret = max(lines[ours.ENGINE]["score"] / best - 1, 0.0)
        result[name] = {"score": measure(name, work), "variants": lines, "regret": regret}
    rows = {
        name: [
            of["score"],
            *(of["variants"][v]["score"] for v in (ours.ENGINE, *ours.FIXED)),
            f"{of['regret']:.1%}",
            *(of["variants"][ours.ENGINE][f"cover{level}"] for level in (50, 80, 95)),
        ]
        for name, of in result.items()
    }
    heads = ("set", "score", ours.ENGINE, *ours.FIXED, "regret", "50%", "80%", "95%")
    tables.show("Every set: the engine, and with its gate held still", heads, rows)
    return result


def measure(name: str, work: Rolling | HeldOut) -> str:
    """By what a set is judged; see ENGINE.md."""
    if isinstance(work, HeldOut):
        return "MASE"
    return "rel. MAE" if name.startswith("states") else "log-WIS"


def line(work: Rolling | HeldOut, share: float | None) -> dict[str, float]:
    """One variant on one set; `score` is what the set is judged by."""
    if isinstance(work, HeldOut):
        found = scoring.held_out(work, ours.held_out(work, share))
        return found | {"score": found["mase"]}
    found = scoring.summary(scoring.score(work, ours.rolling(work, share)))
    name = "relative_mae" if measure(work.name, work) == "rel. MAE" else "log_wis"
    return found | {"score": found[name]}


def reached(result: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked for, what came, and whether that is enough."""
    came = _came(result)
    found = {
        what: {"lowest": low, "highest": high, "came": came[what]}
        | {"reached": bool(low <= came[what] <= high)}
        for what, low, high in REACH
        if what in came
    }
    rows = {
        what: [[of["lowest"], of["highest"]], of["came"], "yes" if of["reached"] else "NO"]
        for what, of in found.items()
    }
    tables.show("What was to be reached", ("", "bounds", "came", "reached"), rows)
    return found


def _came(result: Mapping[str, Any]) -> dict[str, float]:
    totals, variants = result["borders"], result["sets"]
    own = totals["models"][ours.ENGINE]
    by_border = totals["by_series"].values()
    cover95 = [of["variants"][ours.ENGINE]["cover95"] for of in variants.values()]
    regret = [of["regret"] for of in variants.values()]
    return {
        "borders, log-WIS": own["log_wis"],
        "borders, h=1": own["h1"],
        "borders, h=12": own["h12"],
        "borders, relative MAE": own["relative_mae"],
        "borders, 80%": own["cover80"],
        "borders, 95%": own["cover95"],
        "borders, 80%, worst border low": min(of["our_cover80"] for of in by_border),
        "borders, 80%, worst border high": max(of["our_cover80"] for of in by_border),
        "borders, 95%, worst border low": min(of["our_cover95"] for of in by_border),
        "borders, 95%, worst border high": max(of["our_cover95"] for of in by_border),
        "borders, 95%, worst cutoff year": min(
            of["our_cover95"] for of in totals["by_year"].values()
        ),
        "sectors 2019-26, log-WIS": variants["sectors 2019-26"]["variants"][ours.ENGINE]["score"],
        "sectors 2004-18, log-WIS": variants["sectors 2004-18"]["variants"][ours.ENGINE]["score"],
        "mean regret": float(np.mean(regret)),
        "worst regret": max(regret),
        "95 % of every set, lowest": min(cover95),
        "95 % of every set, highest": max(cover95),
        "borders, peers better than us": _better(totals),
        "sectors 2019-26, peers better than us": _better(result["sectors 2019-26"]),
        "tourism, MASE": variants["tourism"]["variants"][ours.ENGINE]["score"],
        "M1, MASE": variants["M1"]["variants"][ours.ENGINE]["score"],
    }


def _better(result: Mapping[str, Any]) -> int:
    """How many peers have a lower log-WIS than the engine."""
    lines = result["models"]
    return sum(of["log_wis"] < lines[ours.ENGINE]["log_wis"] for of in lines.values())


if __name__ == "__main__":
    main()
