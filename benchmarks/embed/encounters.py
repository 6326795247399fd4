"""Writes the embedded figures: python -m PACKAGE.build --figures DIR --cbp DIR.

DIR of figures: border_monthly.csv, field_monthly.csv, usbp_sector_monthly.csv.gz,
state_monthly.csv and vintages.csv, compact tables of published figures. DIR of cbp: the
publisher's own state files, and usbp_at_entry_at_large.csv, typed from its pages. All are
checked against each other before anything is written; the same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from forecast import months
from forecast.config import DIMENSIONS
from forecast.errors import QuarantineError
from forecast.periods import FEDERAL
from forecast.sources import catalog, checks
from forecast.sources.cbp.encounters import bundle
from forecast.types import NATIONWIDE, Counts, SeriesKey, Snapshot

if TYPE_CHECKING:
    from forecast.sources.published import LineReader

ENCOUNTERS = catalog.find("cbp_encounters")
CsvRow = Mapping[str, str]
Sums = dict[SeriesKey, dict[str, int]]

AUG = "cbp-fy23-fy26-aug"
COMPONENTS = dict(zip(("usbp", "ofo"), ENCOUNTERS.hierarchy.components, strict=True))
STATE_DIMENSIONS = ("state", "citizenship", "demographic")
STATE_FILES = {
    "cbp-fy20-fy23": "nationwide-encounters-fy20-fy23-state.csv.gz",
    "cbp-fy22-fy25": "nationwide-encounters-fy22-fy25-state.csv.gz",
    "cbp-fy23-fy26-nov": "nationwide-encounters-fy23-fy26-nov-state.csv.gz",
}
STATE_TABLE = "cbp-state.csv"
CROSSING = "citizenship*demographic"
CROSSING_TABLE = "cbp-crossing.csv"
HEAD = f"""\
# Written by benchmarks.embed.encounters; U.S. Government works, public domain. A sha256 is of the
# table, for the original file is not on record; of files that are, of original_sha256 and of the
# embedded dimensions, a line each. A file's crossing is a release of its own: most do without it.

[crossing]
crossing = "{CROSSING}"
table = "{CROSSING_TABLE}"
title = "Nationwide Encounters by citizenship and demographic"
note = "The months of all state files share one table."
"""
# Codes of the collection whose copies of the publisher's file are dated -> the file's labels.
CITIZENSHIPS = {
    "BRA": "BRAZIL",
    "CAN": "CANADA",
    "CHN": "CHINA, PEOPLES REPUBLIC OF",
    "COL": "COLOMBIA",
    "CUB": "CUBA",
    "ECU": "ECUADOR",
    "GTM": "GUATEMALA",
    "HND": "HONDURAS",
    "HTI": "HAITI",
    "IND": "INDIA",
    "MEX": "MEXICO",
    "MMR": "MYANMAR (BURMA)",
    "NIC": "NICARAGUA",
    "OOO": "OTHER",
    "PER": "PERU",
    "PHL": "PHILIPPINES",
    "ROU": "ROMANIA",
    "RUS": "RUSSIA",
    "SLV": "EL SALVADOR",
    "TUR": "TURKEY",
    "UKR": "UKRAINE",
    "VEN": "VENEZUELA",
}
DATED = (
    {
        "table": "dated-gdidata.csv",
        "publisher": "U.S. Customs and Border Protection (CBP), kept by github.com/iom/gdidata",
        "title": "Southwest encounters as CBP's file had them on three days of 2025",
        "note": "A value is known by the day of the commit that has it; it may be older.",
    },
    {
        "table": "dated-press.csv",
        "publisher": "U.S. Customs and Border Protection (CBP), as printed elsewhere",
        "title": "Counts as newspapers and releases printed them, 2017 to 2026",
        "note": "Figures carry over with their source; no text does.",
    },
)
AT_LARGE = "cbp-usbp-at-large"
AT_LARGE_FILE = "usbp_at_entry_at_large.csv"
AT_LARGE_COLUMNS = {"At Entry": "at_entry", "At Large": "at_large"}
# As the publisher's page has it: parts 59,029 and 1,665, total 60,684.
NOT_ADDING_UP = {("nationwide", "2024-08")}
SECTOR_SUM = "Component U.S. Border Patrol: the sum of its sectors."
FIGURES: Mapping[str, Mapping[str, Any]] = {
    "ohss-2024-08": {
        "publisher": "Office of Homeland Security Statistics (OHSS)",
        "title": "Encounters by month and border, as published in August 2024",
        "note": "Each value rounded to 10 by the publisher; nationwide is the sum of the rounded.",
        "rounding": 10,
        "seq": 201912100,
        "closed": list(range(2014, 2020)),
    },
    "usbp-fy2000-fy2020": {
        "publisher": "U.S. Border Patrol",
        "title": "Border Patrol counts by month and sector, FY 2000 to FY 2020",
        "note": SECTOR_SUM,
        "rounding": 1,
        "seq": 202012100,
        "closed": list(range(2000, 2021)),
    },
    "ohss-khsm-fy25m11": {
        "publisher": "Office of Homeland Security Statistics (OHSS)",
        "title": "Key Homeland Security Metrics: Border Patrol encounters by month and sector",
        "note": "Each value rounded to 10 by the publisher. " + SECTOR_SUM,
        "rounding": 10,
        "seq": 202308000,
        "closed": [2021, 2022],
    },
    AT_LARGE: {
        "publisher": "U.S. Customs and Border Protection (CBP)",
        "title": "Border Patrol encounters At Entry and At Large (arrests in the interior)",
        "note": "Typed from the tables of the pages nationwide-encounters, -fy2025 and -fy2024. "
        "Nationwide, August 2024: the parts add up to 60,694, the page's total is 60,684; kept as "
        "published.",
        "rounding": 1,
        "seq": 202610999,  # just before the August file, which stays the newest release
        "closed": [],
    },
    AUG: {
        "publisher": "U.S. Customs and Border Protection (CBP)",
        "title": "Nationwide Encounters, FY 2023 to August 2026, by area of responsibility",
        "note": "Totals from October 2025, areas and components from June 2023.",
        "rounding": 1,
        "seq": 202611000,
        "closed": [2023, 2024, 2025],
        "file_name": "nationwide-encounters-fy23-fy26-aug-aor.csv",
    },
}


def build(figures: Path, files: Path) -> dict[str, bytes]:
    """Every file of the bundle, by name.

    Raises
    ------
    DataError : a figure is missing or two sources disagree; names both.
    """
    wanted = (*DIMENSIONS, CROSSING)
    reader = cast("LineReader", ENCOUNTERS.reader())
    originals = {
        name: reader.snapshot(ENCOUNTERS, reader.table(f, (files / f).read_bytes()), wanted)
        for name, f in STATE_FILES.items()
    }
    tables = {name: _lines(sums) for name, sums in _figure_sums(figures).items()}
    tables[AT_LARGE] = _lines(_at_large_sums(files))
    state = _merged(originals, ("", *STATE_DIMENSIONS))
    _refuse_disagreement(figures, originals, state, tables[AUG])
    _refuse(AT_LARGE_FILE, _at_large_problems(files, tables[AUG]))
    texts = {f"{name}.csv": _table(lines) for name, lines in tables.items()}
    texts[STATE_TABLE] = _table(_lines(state))
    texts[CROSSING_TABLE] = _table(_lines(_merged(originals, (CROSSING,))))
    vintages = ("release", "month", "border", "encounters")
    told = [tuple(row[name] for name in vintages) for row in _read(figures / "vintages.csv")]
    texts[bundle.VINTAGES] = _csv([vintages, *sorted(told)])
    texts |= _dated_texts(figures.parent / "vintages")
    texts[bundle.PROVENANCE] = _provenance(figures, originals, texts)
    return {name: text.encode() for name, text in sorted(texts.items())}


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line: check, write beside this module, print sizes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--figures", type=Path, required=True)
    parser.add_argument("--cbp", type=Path, required=True)
    parser.add_argument("--to", type=Path, default=Path(bundle.__file__).parent)
    options = parser.parse_args(arguments)
    for name, content in build(options.figures, options.cbp).items():
        (options.to / name).write_bytes(content)
        sys.stdout.write(f"{name}: {len(content):,} bytes\n")


# ---------------------------------------------------------------- what goes in


def _figure_sums(figures: Path) -> dict[str, Sums]:
    """Source -> series, from the compact tables; totals, areas, and components as their sums."""
    sums: dict[str, Sums] = {name: defaultdict(lambda: defaultdict(int)) for name in FIGURES}
    for row in _read(figures / "border_monthly.csv"):
        if row["source"] in sums:
            for total in (row["border"], NATIONWIDE):
                _add(sums[row["source"]], SeriesKey(total), row)
    for row in _read(figures / "usbp_sector_monthly.csv.gz"):
        if row["source"] != AUG:  # given again, with its offices, below
            _add_field(sums[row["source"]], COMPONENTS["usbp"], row["sector"], row)
    for row in _read(figures / "field_monthly.csv"):
        _add_field(sums[AUG], COMPONENTS[row["component"]], row["field"], row)
    return sums


def _at_large_sums(files: Path) -> Sums:
    """Parts of the Border Patrol's count of a border, and of all borders together."""
    sums: Sums = defaultdict(lambda: defaultdict(int))
    for row in _read(files / AT_LARGE_FILE):
        for member, column in AT_LARGE_COLUMNS.items():
            key = SeriesKey(row["border"], "apprehension_type", member, COMPONENTS["usbp"])
            sums[key][row["month"]] = int(row[column])
    return sums


def _add_field(sums: Sums, component: str, field: str, row: CsvRow) -> None:
    _add(sums, SeriesKey(row["border"], "field", field, component), row)
    _add(sums, SeriesKey(row["border"], "component", component, component), row)


def _add(sums: Sums, key: SeriesKey, row: CsvRow) -> None:
    sums[key][row["month"]] += int(row["encounters"])


def _merged(originals: Mapping[str, Snapshot], dimensions: Sequence[str]) -> Sums:
    """The state files in one: a later file repeats the closed years of an earlier to the unit."""
    merged: Sums = defaultdict(dict)
    for snapshot in sorted(originals.values(), key=lambda s: s.release.seq):
        for key, by_month in snapshot.counts.items():
            if key.dimension in dimensions:
                merged[key].update(by_month)
    return merged


def _dated_texts(folder: Path) -> dict[str, str]:
    """What counts were on dated days: of each day, source and series a line for months in a row."""
    said: dict[str, dict[tuple[str, ...], dict[str, str]]] = {
        entry["table"]: defaultdict(dict) for entry in DATED
    }
    for row in _read(folder / "gdidata.csv"):
        dimension = row["dimension"].replace("+", "*")
        *parts, last = row["member"].split("|")
        by_half = dimension in ENCOUNTERS.hierarchy.by_component
        component = last if dimension == "component" else ""
        if dimension == "field":
            component = COMPONENTS["ofo" if last.endswith("Office") else "usbp"]
        label = CITIZENSHIPS[last] if dimension.endswith("citizenship") else last
        key = (row["border"], dimension, component if by_half else "", " * ".join([*parts, label]))
        of = said[DATED[0]["table"]][row["known_by"], row["source"], *key]
        of[row["month"]] = row["encounters"]
    for row in _read(folder / "press.csv"):
        # A day that is known by its month alone is at the latest that month's end.
        day = row["known_by"] if len(row["known_by"]) > 7 else months.end(row["known_by"])
        half = COMPONENTS.get(row["agency"], "")
        key = (row["border"], "component" if half else "", half, half)
        of = said[DATED[1]["table"]][str(day), row["source"], *key]
        of[row["month"]] = row["encounters_as_published"]
    head = ("known_by", "source", "border", "dimension", "component", "member", "months", "counts")
    texts = {}
    for name, series in said.items():
        rows = []
        for key, by_month in sorted(series.items()):
            runs: list[list[str]] = []
            for month, count in sorted(by_month.items()):
                if runs and month == months.shift(runs[-1][0], len(runs[-1]) - 1):
                    runs[-1].append(count)
                else:
                    runs.append([month, count])
            rows += [(*key, first, " ".join(counts)) for first, *counts in runs]
        texts[name] = _csv([head, *rows])
    return texts


# ---------------------------------------------------------------- what must agree


def _refuse_disagreement(
    figures: Path, originals: Mapping[str, Snapshot], state: Counts, aug: Sums
) -> None:
    """CBP's files against each other, and the compact tables against the files."""
    for name, one in originals.items():
        others = [other for other in originals.values() if other is not one]
        _refuse(name, checks.problems(ENCOUNTERS, one, others))
    _refuse("border_monthly.csv", _total_problems(figures, state))
    _refuse("state_monthly.csv", _state_problems(figures, state))
    _refuse("field_monthly.csv", _field_problems(figures, aug))
    _refuse("usbp_sector_monthly.csv.gz", _sector_problems(figures, aug))


def _refuse(name: str, problems: Iterable[str]) -> None:
    found = list(problems)
    if found:
        raise QuarantineError(name, found)


def _total_problems(figures: Path, state: Counts) -> list[str]:
    return [
        f"{row['border']} {row['month']} is {row['encounters']}, the state files say otherwise"
        for row in _read(figures / "border_monthly.csv")
        if row["source"] in STATE_FILES
        and state[SeriesKey(row["border"])].get(row["month"]) != int(row["encounters"])
    ]


def _state_problems(figures: Path, state: Counts) -> list[str]:
    """Both ways: every row is in the files, and every count of the files is a row."""
    stated = {
        (row["border"], row["state"], row["month"]): int(row["encounters"])
        for row in _read(figures / "state_monthly.csv")
    }
    found = {
        (key.total, key.member, month): count
        for key, by_month in state.items()
        if key.dimension == "state"
        for month, count in by_month.items()
        if count
    }
    return [f"{key} differs from the state files" for key, _ in stated.items() ^ found.items()]


def _field_problems(figures: Path, aug: Sums) -> list[str]:
    """Areas add up to the border's total in every month, the closed ones included."""
    areas: dict[tuple[str, str], int] = defaultdict(int)
    for key, by_month in aug.items():
        if key.dimension == "field":
            for month, count in by_month.items():
                areas[key.total, month] += count
    return [
        f"{row['border']} {row['month']} is {row['encounters']}, its areas {areas[place]}"
        for row in _read(figures / "border_monthly.csv")
        if (place := (row["border"], row["month"])) in areas
        and areas[place] != int(row["encounters"])
    ]


def _sector_problems(figures: Path, aug: Sums) -> list[str]:
    """The sectors' long table gives the same source a second time."""
    known = {(key.total, key.member): by_month for key, by_month in aug.items()}
    problems = []
    for row in _read(figures / "usbp_sector_monthly.csv.gz"):
        by_month = known.get((row["border"], row["sector"]), {})
        if row["source"] == AUG and by_month.get(row["month"]) != int(row["encounters"]):
            problems.append(f"{row['sector']} {row['month']} differs from field_monthly.csv")
    return problems


def _at_large_problems(files: Path, aug: Sums) -> list[str]:
    """Parts add up to the total of the page, and it is that of the file by area."""
    patrol = {
        key.total: by_month
        for key, by_month in aug.items()
        if (key.dimension, key.member) == ("component", COMPONENTS["usbp"])
    }
    problems = []
    for row in _read(files / AT_LARGE_FILE):
        total, parts = int(row["usbp_total"]), int(row["at_large"]) + int(row["at_entry"])
        place = row["border"], row["month"]
        if parts != total and place not in NOT_ADDING_UP:
            problems.append(f"{place} has {parts} in its parts, {total} in all")
        if row["border"] in patrol and patrol[row["border"]][row["month"]] != total:
            problems.append(f"{place} is {total}, the file by area says otherwise")
    return problems


# ---------------------------------------------------------------- what comes out


def _lines(sums: Counts) -> Sums:
    """Series in sorted order, each over the whole span of its scope, 0 where nothing was said."""
    spans: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for key, by_month in sums.items():
        # A scope of one border may end earlier than another's by chance: a month without rows.
        spans[key.dimension, key.component].update(by_month)
    lines = {}
    for key, by_month in sorted(sums.items()):
        span = spans[key.dimension, key.component]
        covered = months.between(min(span), max(span))
        lines[key] = {month: by_month.get(month, 0) for month in covered}
    return lines


def _table(lines: Counts) -> str:
    rows = [
        (
            *(key.total, key.dimension, key.component, key.member),
            min(by_month),
            " ".join(map(str, by_month.values())),
        )
        for key, by_month in lines.items()
    ]
    return _csv([("border", "dimension", "component", "member", "first_month", "counts"), *rows])


def _provenance(figures: Path, originals: Mapping[str, Snapshot], texts: Mapping[str, str]) -> str:
    sources = [_figure_entry(name, texts[f"{name}.csv"]) for name in FIGURES]
    sources += [_file_entry(name, snapshot) for name, snapshot in originals.items()]
    seen = {row["release"]: row["first_seen_by"] for row in _read(figures / "vintages.csv")}
    vintages = [
        _vintage_entry(name, lines, seen[name])
        for name, lines in bundle.by_release(texts[bundle.VINTAGES]).items()
    ]
    parts = _toml("source", sources), _toml("vintage", vintages), _toml("dated", DATED)
    return HEAD + "".join(parts)


def _figure_entry(name: str, table: str) -> dict[str, Any]:
    stated = {month for by_month in bundle.parse(table).values() for month in by_month}
    return {
        "source": name,
        "sha256": bundle.digest(table.splitlines()),
        "table": f"{name}.csv",
        "first_month": min(stated),
        "data_through": max(stated),
        "rows": {},
        **FIGURES[name],
    }


def _file_entry(name: str, snapshot: Snapshot) -> dict[str, Any]:
    release = snapshot.release
    return {
        "source": name,
        "publisher": "U.S. Customs and Border Protection (CBP)",
        "title": "Nationwide Encounters by state",
        "note": "The authority is left out; the months of all state files share one table.",
        "file_name": release.file_name,
        # Not the file's own: the original says more than is embedded, so it is another release.
        "sha256": bundle.digest([release.sha256, *STATE_DIMENSIONS]),
        "crossing_sha256": bundle.digest([release.sha256, CROSSING]),
        "original_sha256": release.sha256,
        "table": STATE_TABLE,
        "first_month": min(coverage.first_month for coverage in snapshot.coverage),
        "data_through": release.data_through,
        "rounding": release.rounding,
        "seq": release.seq,
        "rows": {str(year): lines for year, lines in snapshot.rows.items()},
        "closed": sorted(snapshot.closed),
    }


def _vintage_entry(name: str, lines: Sequence[str], seen: str) -> dict[str, Any]:
    """A vintage is placed by its last month; a preliminary figure just before the month's file."""
    through = max(line.split(",")[1] for line in lines)
    seq = FEDERAL.year(through) * 10**5 + FEDERAL.nth(through) * 10**3
    by_day = len(seen) == len("2025-03-31")
    return {
        "source": name,
        "sha256": bundle.digest(lines),
        "data_through": through,
        "seq": seq - name.endswith("-prelim"),
        "first_seen_at": seen if by_day else months.end(seen).isoformat(),
        "first_seen_precision": "day" if by_day else "month",
    }


def _toml(table: str, entries: Iterable[Mapping[str, Any]]) -> str:
    """An array of tables, ascending by seq; texts, integers, lists and one level of mappings."""
    blocks = []
    for entry in sorted(entries, key=lambda entry: int(entry.get("seq", 0))):
        # What a release has unless it says otherwise is not written.
        said = {key: value for key, value in entry.items() if value not in ({}, [], 1)}
        lines = [f"{key} = {_toml_value(value)}" for key, value in said.items()]
        blocks.append("\n".join([f"\n[[{table}]]", *lines, ""]))
    return "".join(blocks)


def _toml_value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {count}' for key, count in value.items()) + "}"
    return json.dumps(value)  # texts, integers and their lists are written alike in both


def _csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _read(path: Path) -> list[dict[str, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
