"""What the peers' own cross-validation costs and says; runs in their environment.

    python -m benchmarks.speedpeers WORK.npz ANSWER.npz JOBS MODEL ...

WORK.npz is that of `benchmarks.peers`. The models, of statsforecast, are asked in one call;
"Prophet" is asked alone, series by series. The series are on the scale log1p, on which these
models score better, and on which they are scored. Written to ANSWER.npz: `quantiles` (models,
series, origins, h, probs) of log1p counts, NaN where a fit failed.

Printed are the seconds of the call alone. Not counted: start-up, imports, a first call on two
series that loads and compiles what there is to, and the making of the table.

Both cross-validations want h months after every cutoff. Where there are none yet, the last count
stands in; no fit sees it, and it is not scored.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.metadata import version
from pathlib import Path

from benchmarks.peers import LEVELS, SEASON, SEED  # first: it sets the threads

import numpy as np  # isort: skip

PROPHET = "Prophet"
SPAN = "366 days"  # of twelve months, whichever
LARGEST = 50.0  # as far as exp goes without harm

Work = dict[str, np.ndarray]
Ask = Callable[[Work, int], np.ndarray]
"""(work, jobs) -> (models, series, origins, h, probs) on log1p counts, as the models said it."""


class Failed:
    """Stands in for a fit of statsforecast that raised: NaN, to be counted."""

    alias = "Failed"

    def forecast(self, h: int, level: list[int], **others: object) -> dict[str, np.ndarray]:
        """Say why, and nothing else."""
        print(f"a fit failed: {sys.exc_info()[1]!r}", file=sys.stderr)
        names = ["mean", *(f"{side}-{one}" for side in ("lo", "hi") for one in level)]
        return {name: np.full(h, np.nan) for name in names}


def statsforecast(names: tuple[str, ...], work: Work, jobs: int) -> np.ndarray:
    """StatsForecast.cross_validation of these models in one call."""
    from statsforecast import StatsForecast, models

    asked = [getattr(models, name)(**_options(name)) for name in names]
    origins, h = work["origins"], int(work["h"])
    said = StatsForecast(models=asked, freq=1, n_jobs=jobs, fallback_model=Failed())
    frame = said.cross_validation(
        df=work["frame"], h=h, n_windows=len(origins), step_size=1, level=list(LEVELS)
    )
    # Its columns are the id, the month, the cutoff, what came, and then nine a model.
    values = frame.iloc[:, 4:].to_numpy()
    shape = (len(work["counts"]), len(origins), h, len(names), len(work["probs"]))
    return np.moveaxis(values.reshape(shape), 3, 0)


def _options(name: str) -> dict[str, int]:
    return {} if name == "Naive" else {"season_length": SEASON}


def prophet(work: Work, jobs: int) -> np.ndarray:
    """prophet.diagnostics.cross_validation of one series after the other, or of two at a time."""
    ask = partial(_prophet_of_one, origins=work["origins"], probs=work["probs"], h=int(work["h"]))
    if jobs == 1:
        return np.stack([ask(one) for one in work["frame"]])[None]
    with ProcessPoolExecutor(jobs) as pool:
        return np.stack(list(pool.map(ask, work["frame"])))[None]


def _prophet_of_one(series: object, origins: np.ndarray, probs: np.ndarray, h: int) -> np.ndarray:
    """(origins, h, probs) of one series; all NaN if any of its fits fails."""
    from prophet.diagnostics import cross_validation

    columns = [f"q{p}" for p in probs]
    np.random.seed(SEED)  # noqa: NPY002  Prophet samples from this generator
    try:
        model = _telling(probs).fit(series, seed=SEED)
        said = cross_validation(
            model,
            horizon=SPAN,
            cutoffs=[series["ds"].iloc[int(origin)] for origin in origins],
            disable_tqdm=True,
            extra_output_columns=columns,
        )
    except Exception:  # whatever a library raises costs this series alone
        traceback.print_exc()
        return np.full((len(origins), h, len(probs)), np.nan)
    return said[columns].to_numpy().reshape(len(origins), h, len(probs))


def _telling(probs: np.ndarray) -> object:
    """Prophet, telling more than one interval of the samples that it draws anyway."""
    import pandas as pd
    from prophet import Prophet

    class Telling(Prophet):
        def predict_uncertainty(self, df: object, *others: object) -> object:  # its name
            drawn = self.sample_posterior_predictive(df, *others)["yhat"]
            said = {f"q{p}": np.quantile(drawn, p, axis=1) for p in probs}
            ends = {"yhat_lower": said[f"q{probs[0]}"], "yhat_upper": said[f"q{probs[-1]}"]}
            return pd.DataFrame(said | ends)

    return Telling()


def on_log(counts: np.ndarray, more: int) -> np.ndarray:
    """log1p counts, with the last one repeated behind."""
    z = np.log1p(counts)
    return np.concatenate([z, np.repeat(z[:, -1:], more, axis=1)], axis=1)


def in_order(quantiles: np.ndarray) -> np.ndarray:
    """Ascending in probability and not below zero; NaN as a whole where any is missing."""
    known = np.isfinite(quantiles).all(axis=-1, keepdims=True)
    ordered = np.sort(np.clip(quantiles, 0, LARGEST), axis=-1)
    return np.where(known, ordered, np.nan)


def _long_frame(work: Work) -> object:
    """One table of all series, as statsforecast wants them."""
    import pandas as pd

    z = on_log(work["counts"], int(work["h"]) - 1)
    series, month = np.indices(z.shape)
    return pd.DataFrame({"unique_id": series.ravel(), "ds": month.ravel(), "y": z.ravel()})


def _frames(work: Work) -> list[object]:
    """A table a series, as Prophet wants them."""
    import pandas as pd

    z = on_log(work["counts"], int(work["h"]))
    number = int(work["first_month"]) - 1970 * 12 + np.arange(z.shape[1])
    return [pd.DataFrame({"ds": number.astype("datetime64[M]"), "y": y}) for y in z]


def main(work_path: str, answer: str, jobs: str, *names: str) -> None:
    """Ask, and tell what it took."""
    warnings.simplefilter("ignore")
    for library in ("cmdstanpy", "prophet", "prophet.plot"):
        logging.getLogger(library).disabled = True
    work = dict(np.load(work_path))
    own = names == (PROPHET,)
    ask: Ask = prophet if own else partial(statsforecast, names)
    frame = _frames if own else _long_frame

    few = work | {"counts": work["counts"][:2], "origins": work["origins"][-2:]}
    started = time.perf_counter()
    ask(few | {"frame": frame(few)}, 1)
    warm = time.perf_counter() - started

    work |= {"frame": frame(work)}
    started, cpu = time.perf_counter(), _cpu()
    quantiles = ask(work, int(jobs))
    cost = {"seconds": time.perf_counter() - started, "cpu_seconds": _cpu() - cpu}
    quantiles = in_order(quantiles)
    np.savez(Path(answer), quantiles=quantiles)
    failures = int(np.isnan(quantiles[..., 0, 0]).sum())
    release = version("prophet" if own else "statsforecast")
    print(json.dumps(cost | {"warm_seconds": warm, "failures": failures, "release": release}))


def _cpu() -> float:
    """CPU seconds of this process and of its children that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main(*sys.argv[1:])
