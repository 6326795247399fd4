"""What a person says of a notice, and what stands around its sections, for tests."""

from __future__ import annotations

from forecast.store.notices import FRAME


def word(by: str, user: str, content: str) -> dict[str, str]:
    """A person's word about a notice."""
    return {"by": by, "user": user, "content": content}


def framed(*texts: str) -> dict[str, str]:
    """What stands before and after the sections."""
    return dict(zip(FRAME, texts, strict=True))
