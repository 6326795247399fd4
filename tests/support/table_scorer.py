"""Scores how tables are read against what they should give, following what the reader asks for.

`python -m tests.support.table_scorer FOLDER` prints a line a file, with the words of each refusal.
FOLDER has the files and truth.jsonl, a line a file: expect (read, ask or refuse), also, options,
series, first, last, values.
"""

from __future__ import annotations

import json
import re
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from forecast import months
from forecast.engine import anyseries
from forecast.errors import BordercastError
from forecast.tables.grid import ReadAs
from forecast.tables.read import TableRead, read_table

STEPS = 5  # questions in a row that are answered
GOOD = ("right", "asked well", "refused well")
_OPTION = re.compile(
    r"--(series|month|value|sheet|decimal|dates|fiscal-start) ('[^']*'|\"[^\"]*\"|[\w.-]+)"
    r"|--(sum)\b"
)


@dataclass(frozen=True)
class Score:
    """What came of a file: a verdict, the words that were printed, the options that were added."""

    file: str
    verdict: str
    words: str
    options: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def real_tables() -> Path | None:
    """The folder of real tables beside a checkout, if there is one."""
    folders = [parent / "shared" / "data" / "real" for parent in Path(__file__).resolve().parents]
    return next((folder for folder in folders if (folder / "truth.jsonl").exists()), None)


def truths(folder: Path) -> Iterator[dict[str, Any]]:
    """What each file of a folder should give."""
    for line in (folder / "truth.jsonl").read_text().splitlines():
        yield json.loads(line)


def score(path: Path, truth: Mapping[str, Any]) -> Score:
    """Read a file, answer what it asks as it says, and judge what comes of it."""
    wanted, words = ReadAs(), ""
    for _ in range(STEPS):
        read, message = attempt(path, wanted)
        words = words or message
        step = wanted if read or is_traceback(message) else answered(wanted, message, truth)
        if step == wanted:
            break
        wanted = step
    options = tuple(options_of(wanted))
    if is_traceback(message):
        return Score(path.name, "traceback", message, options)
    verdict = judged(truth, read, options, message)
    if verdict in GOOD and truth["options"]:
        verdict, message = told(path, truth, verdict, message)
    shown = words if message in ("", words) else f"{words}\n  then: {message}"
    if read is not None and verdict == "wrong":
        shown = f"{mismatches(truth, read)} {words}"
    notes = (*read.notes, *read.warnings) if read else ()
    return Score(path.name, verdict, shown, options, notes)


def told(path: Path, truth: Mapping[str, Any], verdict: str, message: str) -> tuple[str, str]:
    """The same verdict, unless the options that settle a file do not."""
    read, words = attempt(path, from_options(truth["options"]))
    if is_traceback(words):
        return "traceback", words
    if read is not None and (missed := mismatches(truth, read)):
        return "wrong", f"with {truth['options']}: {missed}"
    if read is None and truth["values"] and "refuse" not in allowed(truth):
        return "refused badly", words
    return verdict, message


def is_traceback(message: str) -> bool:
    """Whether the reader failed instead of refusing."""
    return message.startswith("Traceback")


def judged(
    truth: Mapping[str, Any], read: TableRead | None, options: tuple[str, ...], last: str
) -> str:
    """A verdict: right, asked well, refused well, refused badly or wrong."""
    if read is not None:
        if truth["expect"] == "refuse" and not {"read", "ask"} & allowed(truth):
            return "wrong"
        if mismatches(truth, read):
            return "wrong"
        if "--sum True" in options and "--sum" not in truth["options"]:
            return "refused badly"
        return "asked well" if options else "right"
    refusable = "refuse" in {truth["expect"], *allowed(truth)}
    if refusable and helps(last):
        return "refused well"
    return "refused badly"


def allowed(truth: Mapping[str, Any]) -> set[str]:
    """Other outcomes that a sensible reader could have."""
    return {word.split(":")[0].strip() for word in truth["also"]}


def helps(message: str) -> bool:
    """Whether a refusal names the column, the word, the line or the option that settles it."""
    return re.search(r"'[^']+'|\"[^\"]+\"|--\w+|lines? \d+|\d+ months", message) is not None


def mismatches(truth: Mapping[str, Any], read: TableRead) -> str:
    """What a reading has otherwise than it should, "" if nothing."""
    counts = read.counts
    width = counts.values.shape[1]
    problems = []
    for want in truth["values"]:
        index = months.to_index(want["month"])
        names = named(list(counts.names), want["series"])
        at = {row: index - int(counts.last[row]) + width - 1 for row in names}
        here = [counts.values[row, c] for row, c in at.items() if 0 <= c < width]
        if not any(np.isclose(value, want["value"]) for value in here):
            problems.append(f"{want['series']} {want['month']}: {here[:3]}, not {want['value']}")
    known = np.isfinite(counts.values)
    firsts = counts.last - width + 1 + np.argmax(known, axis=1)
    if truth["first"] and int(firsts.min()) != months.to_index(truth["first"]):
        problems.append(f"first {months.from_index(int(firsts.min()))}, not {truth['first']}")
    if truth["last"] and int(counts.last.max()) != months.to_index(truth["last"]):
        problems.append(f"last {months.from_index(int(counts.last.max()))}, not {truth['last']}")
    return "; ".join(problems)


def named(names: list[str], wanted: str) -> list[int]:
    """The series that a name means: exactly, or by its words; any if none is called so."""
    plain = [_words(name) for name in names]
    exact = [at for at, name in enumerate(plain) if name == _words(wanted)]
    has = [at for at, name in enumerate(plain) if set(_words(wanted)) <= set(name)]
    return exact or has or [*range(len(names))]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def attempt(path: Path, wanted: ReadAs) -> tuple[TableRead | None, str]:
    """What is read, or the words of the refusal; a traceback where the reader fails."""
    try:
        read = read_table(path, wanted)
        anyseries.long_enough(read.counts)
        return read, ""
    except BordercastError as error:
        return None, str(error)
    except Exception:
        return None, traceback.format_exc()


def answered(wanted: ReadAs, message: str, truth: Mapping[str, Any]) -> ReadAs:
    """The same with what a message says to add; of a list of choices the one that is wanted."""
    offered: dict[str, list[str]] = {}
    cut = message.split(" or --")[0] if "--" in message.split(" or --")[0] else message
    for option, text in _options(cut):
        offered.setdefault(option, []).append(text)
    wish: dict[str, list[str]] = {}
    for option, text in _options(truth["options"]):
        wish.setdefault(option, []).append(text)
    if "--sum" in offered and "--sum" not in wish and truth["options"] is not None:
        # A user who is told to add up what must not be added up gets wrong numbers.
        offered["--sum"] = ["blindly"]
    chosen = {
        option: wish[option] if option in wish and wish[option][0] in message else texts
        for option, texts in offered.items()
    }
    return with_options(wanted, chosen)


def _options(text: str) -> list[tuple[str, str]]:
    return [
        ("--" + (match[1] or match[3]), (match[2] or "").strip("'\""))
        for match in _OPTION.finditer(text)
    ]


def with_options(wanted: ReadAs, chosen: Mapping[str, list[str]]) -> ReadAs:
    """The same with these options of a command line."""
    changes: dict[str, Any] = {}
    for option, texts in chosen.items():
        name = option.removeprefix("--").replace("-", "_")
        if name in ("series", "value"):
            if not getattr(wanted, name):
                changes[name] = tuple(dict.fromkeys(texts))
        elif name == "sum":
            changes["sums"] = True
        elif name == "decimal":
            changes[name] = {"point": ".", "comma": ","}[texts[0]]
        elif name == "fiscal_start":
            changes[name] = int(texts[0]) if texts[0].isdigit() else 10
        else:
            changes[name] = texts[0]
    return replace(wanted, **changes)


def from_options(text: str) -> ReadAs:
    """Options as a command line has them."""
    chosen: dict[str, list[str]] = {}
    for option, value in _options(text):
        chosen.setdefault(option, []).append(value)
    return with_options(ReadAs(), chosen)


def options_of(wanted: ReadAs) -> Iterator[str]:
    """The options that differ from none."""
    for name in ("series", "month", "value", "sheet", "decimal", "dates", "fiscal_start", "sums"):
        value = getattr(wanted, name)
        for one in value if isinstance(value, tuple) else [value] if value else []:
            yield f"--{'sum' if name == 'sums' else name} {one}"


def main(folder: Path) -> None:
    """Print a line a file, and how many of each verdict."""
    verdicts: Counter[str] = Counter()
    for truth in truths(folder):
        result = score(folder / truth["file"], truth)
        verdicts[result.verdict] += 1
        print(f"{result.file}: {result.verdict} {' '.join(result.options)}")
        if result.words:
            print(f"  {result.words[-1500:]}")
        for note in result.notes[:1] if "-v" not in sys.argv else result.notes:
            print(f"    . {note[:200]}")
    print(dict(verdicts))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
