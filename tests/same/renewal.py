"""Hashes of answers and the reasons why they changed: what `make same RENEW=1` reads and keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def committed(text: str) -> dict[str, tuple[str, str]]:
    """ "RECORD KIND" -> its hash in the file, and why it changed last."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    every = ([*line.split(" ", 3), ""] for line in lines)
    return {f"{record} {kind}": (value, why) for record, kind, value, why, *_ in every}


def reasons(changed: Sequence[str], text: str | None) -> dict[str, str]:
    """ "RECORD KIND" -> why it changed, by lines of a text or as asked for; "" where none says.

    text : lines "KIND reason" or "RECORD KIND reason"; None asks, once a kind.
    """
    said: dict[str, str] = {}
    if text is None:
        for kind in sorted({key.split()[1] for key in changed}):
            of = ", ".join(key.split()[0] for key in changed if key.split()[1] == kind)
            said[kind] = input(f"Why did {kind} change (of {of})? ").strip()
    for line in (text or "").splitlines():
        whole = next((key for key in changed if line.startswith(f"{key} ")), line.partition(" ")[0])
        said[whole] = line.removeprefix(whole).strip()
    return {key: said.get(key) or said.get(key.split()[1], "") for key in changed}


def renewed(
    before: Mapping[str, tuple[str, str]], found: Mapping[str, str], why: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """Hashes of today with their reasons: new ones of what changed, those of before elsewhere."""
    return {
        key: (value, why.get(key) or before.get(key, ("", ""))[1]) for key, value in found.items()
    }


def changed_kinds(
    before: Mapping[str, tuple[str, str]], found: Mapping[str, str], names: Sequence[str]
) -> list[str]:
    """Which kinds of answers of some records are others than before, new or gone."""
    known = {key: value for key, (value, _) in before.items() if key.split()[0] in names}
    return sorted(key for key in known.keys() | found.keys() if known.get(key) != found.get(key))
