"""What differs between two folders of answers: words, numbers and digests, each apart."""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

NUMBER = re.compile(r"[-+\u2212]?\d[\d.,:]*(?:e[-+]?\d+)?|\bnan\b", re.IGNORECASE)
MANY = 3_000  # lines on both sides between which no likeness is looked for

Change = tuple[tuple[str, ...], tuple[str, ...]]  # lines before, and now


def texts(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in folder.rglob("*.txt")}


class Differences:
    """What differs, by kind of answer; each change of a line once, with the texts that share it."""

    def __init__(self) -> None:
        self.words: dict[Change, list[str]] = defaultdict(list)
        self.numbers: dict[Change, list[str]] = defaultdict(list)
        self.by_kind: dict[str, Counter[str]] = defaultdict(Counter)
        self.count = self.digests = 0

    def look(self, name: str, before: Path, now: Path) -> None:
        """Compare all texts of a record."""
        old, new = texts(before), texts(now)
        for text in sorted(old.keys() | new.keys()):
            self.count += 1
            kind = f"{name} {text.partition('/')[0]}"
            if text not in old or text not in new:
                self.by_kind[kind]["gone" if text in old else "new"] += 1
            elif (then := old[text].read_bytes()) != (today := new[text].read_bytes()):
                if kind.endswith(" digests"):
                    self.digests += 1
                else:
                    self._add(kind, f"{name}/{text}", then.decode(), today.decode())

    def _add(self, kind: str, place: str, then: str, today: str) -> None:
        worded = False
        for change in changes(then.splitlines(), today.splitlines()):
            of_words = skeleton(change[0]) != skeleton(change[1])
            (self.words if of_words else self.numbers)[change].append(place)
            worded |= of_words
        self.by_kind[kind]["in words" if worded else "in numbers"] += 1


def show(before: Path, now: Path, names: list[str], base: str, most: int) -> int:
    """Print the differences; 1 if there are any besides digests."""
    found = Differences()
    for name in names:
        found.look(name, before / name, now / name)
    if found.by_kind:
        differ = sum(map(Counter.total, found.by_kind.values()))
        print(f"{differ} of {found.count} texts differ from {base}:")
        for kind, how in found.by_kind.items():
            print(f"    {kind:<24}" + ", ".join(f"{n} {what}" for what, n in how.items()))
        _print("words", found.words, most)
        _print("numbers", found.numbers, most)
    else:
        print(f"the same: {found.count} texts of {len(names)} records, as of {base}")
    if found.digests:
        print(f"digests differ in {found.digests} texts: .same/today/*/digests has them")
    return int(bool(found.by_kind))


def skeleton(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Lines without their numbers, and without the room that numbers take in a table."""
    return tuple(re.sub(r"[\s─━-]+", " ", NUMBER.sub("#", line)).strip() for line in lines)


def changes(before: list[str], now: list[str]) -> Iterator[Change]:
    """Each run of lines that differs; lines with other numbers only are changes of their own."""
    if len(before) == len(now):
        yield from _line_by_line(before, now)
        return
    both = zip(before, now, strict=False)
    start = next((at for at, (a, b) in enumerate(both) if a != b), min(len(before), len(now)))
    before, now = before[start:], now[start:]
    while before and now and before[-1] == now[-1]:
        before, now = before[:-1], now[:-1]
    if len(before) * len(now) > MANY * MANY:
        lost, gained = Counter(before) - Counter(now), Counter(now) - Counter(before)
        yield tuple(lost.elements())[:20], tuple(gained.elements())[:20]
        return
    bare = [skeleton(tuple(lines)) for lines in (before, now)]
    for tag, a, b, c, d in difflib.SequenceMatcher(None, *bare, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from _line_by_line(before[a:b], now[c:d])
        else:
            yield tuple(before[a:b]), tuple(now[c:d])


def _line_by_line(before: list[str], now: list[str]) -> Iterator[Change]:
    yield from (((a,), (b,)) for a, b in zip(before, now, strict=True) if a != b)


def _print(what: str, found: dict[Change, list[str]], most: int) -> None:
    if not found:
        return
    print(f"\n== {what}: {len(found)} changes")
    printed = 0
    for (old, new), where in sorted(found.items(), key=lambda each: -len(set(each[1]))):
        if printed > most:
            print(f"... and more; --lines {most * 5} prints more")
            return
        files = sorted(set(where))
        print(f"@@ {files[0]}" + (f" and {len(files) - 1} more" if len(files) > 1 else ""))
        at = max(_parting(old[0], new[0]) - 80, 0) if len(old) == len(new) == 1 else 0
        lines = [*(f"-{line[at:]}" for line in old), *(f"+{line[at:]}" for line in new)]
        print("\n".join(line[:400] for line in lines))
        printed += len(lines) + 1


def _parting(old: str, new: str) -> int:
    """Where two lines begin to differ, if they are long; a short one is shown from its start."""
    if max(len(old), len(new)) < 400:
        return 0
    both = enumerate(zip(old, new, strict=False))
    return next((at for at, (a, b) in both if a != b), min(len(old), len(new)))
