"""Panels for tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.base import Panel


def make_panel(z: np.ndarray, family: list[str] | None = None) -> Panel:
    """A panel that ends in August 2026, one family unless told."""
    return Panel(
        z=z,
        last=np.full(len(z), 2026 * 12 + 7),
        family=np.array(family or ["all"] * len(z)),
        names=tuple(f"series {i}" for i in range(len(z))),
        events=((),) * len(z),
    )


def perturbed(panel: Panel, after: int) -> Panel:
    """The panel with another future: every column after `after` is different."""
    z = panel.z.copy()
    z[:, after + 1 :] = z[:, after + 1 :][:, ::-1] * 0.5 + 3
    return replace(panel, z=z)
