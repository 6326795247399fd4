"""What the record says of a digest that somebody quoted, for tests."""

from __future__ import annotations

from typing import Any


def answer(
    scheme: int | None,
    given: int | None = None,
    subject: str = "",
    later: tuple[tuple[str, str], ...] = (),
    standing: str = "",
    run_scheme: int | None = None,
    differs: tuple[str, ...] = (),
    reworded: tuple[object, ...] = (),
) -> dict[str, Any]:
    """A row of `integrity.quoted`."""
    return locals().copy()
