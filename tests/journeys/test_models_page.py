"""docs/models.md: the model written there keeps the contract, scores as shown, and runs."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from forecast import plugins
from forecast.context import Context
from jobs import monthly
from models import offered
from models.base import Panel
from tests.support import running_service
from tests.support.databases import rows
from tests.support.panels import perturbed

PAGE = (Path(__file__).parents[2] / "docs" / "models.md").read_text("utf-8")
MODULE, SCORES, GOLDEN = re.findall(r"```python\n(.+?)```", PAGE, re.S)


@pytest.fixture(scope="module")
def shape(tmp_path_factory):
    """The page's module, where the page says it goes."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "yearshape.py").write_text(MODULE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(offered, "__path__", [*offered.__path__, str(folder)])
        plugins._ours.cache_clear()

        yield plugins.MODELS.load("yearshape")
        sys.modules.pop("models.offered.yearshape")
    plugins._ours.cache_clear()


def test_it_has_a_path_exactly_where_there_are_enough_months(shape, ragged: Panel):
    origins = np.array([11, 12, 42, 43, 89])
    values = shape().paths(ragged, origins, 14).values

    old_enough = origins - ragged.start[:, None] + 1 >= shape.min_months
    assert np.array_equal(old_enough, np.isfinite(values).all(axis=2))


def test_nothing_after_a_cutoff_moves_its_path(shape, ragged: Panel):
    origins = np.array([60])
    before = shape().paths(ragged, origins, 14).values
    after = shape().paths(perturbed(ragged, 60), origins, 14).values

    assert np.array_equal(before, after, equal_nan=True)


def test_it_scores_as_the_page_shows(shape, published, tmp_path, monkeypatch):
    (tmp_path / "bordercast.db").symlink_to(published)
    monkeypatch.chdir(tmp_path)
    said = io.StringIO()

    with contextlib.redirect_stdout(said):
        exec(SCORES, {})

    assert len(said.getvalue().splitlines()) == 4
    assert all(f"    {line}" in PAGE.splitlines() for line in said.getvalue().splitlines())


def test_its_golden_numbers_hold(shape):
    names: dict[str, object] = {}
    exec(GOLDEN, names)

    names["test_it_equals_what_paper_says"]()  # type: ignore[operator]


@pytest.mark.slow
def test_a_run_forecasts_and_scores_it(shape, tmp_path):
    path = tmp_path / "bordercast.db"
    running_service.drop(path, "2023-12")
    settings = running_service.settings()
    chosen = settings.forecast.model_copy(update={"models": ("naive", "yearshape")})

    monthly.run(
        Context.open(path, settings.model_copy(update={"forecast": chosen})), with_bundle=False
    )

    scored = rows(path, "select distinct model from scorecard order by 1")
    assert [model for (model,) in scored] == ["bordercast", "naive", "yearshape"]
