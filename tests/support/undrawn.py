"""Pictures as what they are drawn from: the library that draws is told to name its plot instead."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
import vl_convert
from PIL import Image


def named(spec: Any) -> str:
    """A plot's digest, whatever the order of its keys; numbers to 9 digits."""
    found = spec if isinstance(spec, str) else json.dumps(_plain(spec), sort_keys=True)
    return hashlib.sha256(found.encode()).hexdigest()[:12]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [*map(_plain, value)]
    return float(f"{value:.9g}") if isinstance(value, float) else value


def _svg(spec: Any, **_: Any) -> str:
    return f'<svg width="640" height="360"><desc>plot {named(spec)}</desc></svg>'


def _png(spec: Any, **_: Any) -> bytes:
    """One dot, whose color is what it is of."""
    out = io.BytesIO()
    Image.new("RGB", (1, 1), f"#{named(spec)[:6]}").save(out, "PNG")
    return out.getvalue()


def drawn_from(file: Path) -> str:
    """What such a picture would be drawn from, whichever library wrote the file."""
    with Image.open(file) as image:
        return "drawn from {:02x}{:02x}{:02x}".format(*image.convert("RGB").getpixel((0, 0)))


def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every picture say what it would be drawn from, which takes no time."""
    monkeypatch.setattr(vl_convert, "vegalite_to_svg", _svg)
    monkeypatch.setattr(vl_convert, "vegalite_to_png", _png)
    monkeypatch.setattr(vl_convert, "svg_to_png", _png)
    monkeypatch.setattr(vl_convert, "svg_to_pdf", _png)
