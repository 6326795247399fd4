"""Our pages as HTML, and what templates are told; Datasette's pages are told the same."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from forecast.desk.dictionary.views import VIEWS
from forecast.desk.site.answers import TEMPLATES
from forecast.desk.site.limits import QueryLimits
from forecast.desk.site.markup import coded
from forecast.desk.site.metadata import DATABASE
from forecast.desk.site.pictures import FAN_KEY, HISTORY_KEY
from forecast.desk.site.static import STYLE_VERSION
from forecast.desk.wording import CREDIT, MINUS, NAMES, measure, month_words
from forecast.records import HEADLINES

if TYPE_CHECKING:
    from jinja2 import Environment

    from forecast.desk.site.edition import Edition
    from forecast.desk.site.status import PageStatus

_AMOUNT = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")


def render(template: str, edition: Edition, here: str, shown: Any) -> str:
    """A page of an edition; here : its path."""
    told_all = {**told(edition.status(), here), "edition": edition, "page": shown}
    return _environment().get_template(template).render(told_all)


def equip(environment: Environment) -> None:
    """What our templates use beside Jinja's own."""
    environment.filters["coded"] = coded
    environment.tests["amount"] = lambda shown: _AMOUNT.fullmatch(str(shown)) is not None


def told(status: PageStatus, here: str) -> dict[str, Any]:
    """What every page is told; here : its path."""
    return {
        "status": status,
        "here": here,
        "borders": [(name, NAMES[name]) for name in HEADLINES],
        "db_name": DATABASE,
        "seconds": f"{QueryLimits().statement_seconds:g}",
        "style": STYLE_VERSION,
        "credit": CREDIT,
        "measure": measure(),
        "fan_key": FAN_KEY,
        "history_key": HISTORY_KEY,
        "month_words": month_words,
        "count": _count,
        "signed": _signed,
        "described_views": VIEWS,
    }


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(loader=FileSystemLoader(str(TEMPLATES)), autoescape=True)
    equip(environment)
    return environment


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _signed(number: int) -> str:
    sign = MINUS if number < 0 else "+" if number > 0 else ""
    return f"{sign}{abs(number):,}"
