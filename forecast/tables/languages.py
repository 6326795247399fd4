"""Months' names in the world's languages, as Unicode's CLDR has them -> English.

One word may be two months: listopad is October in Croatian, November in Czech and Polish. The
language is that in which most names of a line or column are months; where two fit as well and
do not say the same, the reader asks.
"""

import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

import numpy as np

from forecast.errors import DataError
from forecast.tables import dates
from forecast.tables.sheet import TOP, Sheet
from forecast.tables.words import LANGUAGES, says

# Countries that have names of their own beside their language's: J\u00e4nner, setiembre.
_COUNTRIES = (
    *("ar_DZ", "ar_MA", "ar_SY", "bn_IN", "bs_Cyrl", "de_AT", "es_419", "es_PE", "fr_CA", "fr_MA"),
    *("az_Cyrl", "sr_Latn_ME", "uz_Cyrl"),
)
_ROMAN = "la"  # as offices of Poland and Hungary number months
_NUMERALS = "i ii iii iv v vi vii viii ix x xi xii"
_OFFICES = {
    _ROMAN: {n: at for at, n in enumerate(_NUMERALS.split(), 1)},
    "de": {"mrz": 3, "feber": 2},
    "es": {"set": 9},
    "pt": {"set": 9, "fev": 2, "abr": 4},
}  # not in CLDR
_ENGLISH = "en"
_LEAST = 6  # different months: fewer may be names of anything
_MOST = 48  # different words in a line of months, sums and names beside them
_CELL = re.compile(
    r"(?P<before>\d{1,4}(?:[-/. ,]+|[\u5e74\ub144] ?|(?=[^\W\d\u6708\uc6d4])))?"
    r"(?P<name>\d\d?[\u6708\uc6d4]|(?:th\u00e1ng|thg) \d\d?|[^\d\s/,'\u2019()*\u2020-]+)"
    r"(?P<after>(?: del?\b| ?\u0e1e\.?\u0e28\.?)?[-/. ,'\u2019]*\d{2,4})?"
    r"(?P<sign>[ *\u2020()\w]{0,4})",
    re.IGNORECASE,
)
_AROUND = " -/.,'\u2019\u5e74\ub144"


def in_english(sheet: Sheet, where: Any) -> tuple[dict[int, str], str]:
    """Months of a line or column in English, by their cells, and a note; {} if they are no others.

    DataError if they are months of two languages, which do not mean the same.
    """
    codes = np.unique(sheet.grid[where])
    cells = {code: sheet.labels[code] for code in codes[:2000].tolist()}
    named = {
        code: match
        for code, cell in cells.items()
        if isinstance(cell, str) and len(cell) < 40 and (match := _CELL.fullmatch(cell))
    }
    word = {code: match["name"].casefold().rstrip(".") for code, match in named.items()}
    if not _LEAST <= len(set(word.values())) <= _MOST or len(named) < len(codes) / 4:
        return {}, ""
    language = _language(sheet.name, set(word.values()))
    if language == _ROMAN and not _numbers_months(sheet, where, named.values()):
        return {}, ""
    months = {} if language == _ENGLISH else _names().get(language, {})
    texts = {
        code: _written(match, months[word[code]], language)
        for code, match in named.items()
        if word[code] in months
    }
    return texts, f"names of months are read in {_called(language)}" if texts else ""


def _numbers_months(sheet: Sheet, where: Any, named: Collection[re.Match[str]]) -> bool:
    """Whether Roman numerals of a line or column are months: regions are numbered so as well."""
    top = np.unique(sheet.grid[where][: TOP if isinstance(where[0], slice) else 0]).tolist()
    return any(of["before"] or of["after"] for of in named) or any(
        says(str(sheet.labels[code]), "month") for code in top
    )


def _written(match: re.Match[str], number: int, language: str) -> str:
    """A month in English, with the year and the sign that stand beside it."""
    after = (match["after"] or "").strip(_AROUND)
    year = re.sub(r"^(del?|\u0e1e\.?\u0e28\.?) ?", "", after).strip(_AROUND)
    # In Thailand 67 is 2567 of the Buddhist era; none of ours is as late.
    year = f"25{year}" if language == "th" and len(year) == 2 and int(year) > 42 else year
    parts = ((match["before"] or "").strip(_AROUND), dates.FULL[number - 1].capitalize(), year)
    return " ".join(filter(None, parts)) + match["sign"].strip()


def _language(file: str, words: Collection[str]) -> str:
    """The language in which most of these words are months, six or more; "" if there is none."""
    fitting = {
        language: {word: months[word] for word in sorted(words) if word in months}
        for language, months in _names().items()
    }
    most = max(map(len, fitting.values()))
    best = {language: read for language, read in fitting.items() if len(read) == most}
    first = next(iter(best))
    if most < _LEAST or len(set(best[first].values())) < _LEAST:
        return ""
    if _ENGLISH in best:
        return _ENGLISH
    for other, read in best.items():
        for word, number in best[first].items():
            if read.get(word) != number:
                raise DataError(
                    f"{file}: {word!r} is a month in {_called(first)}, and not the same in "
                    f"{_called(other)}; write months as 2024-01"
                )
    return first


@cache
def _names() -> Mapping[str, Mapping[str, int]]:
    """Language -> month's name in small letters -> its number."""
    from babel import Locale  # late: most files are in English, and its data take a while

    by_language: dict[str, dict[str, int]] = {_ROMAN: _OFFICES[_ROMAN]}
    for locale in (*LANGUAGES, *_COUNTRIES):
        months = Locale.parse(locale).months
        language = locale if locale in LANGUAGES else locale.split("_")[0]
        by_language.setdefault(language, dict(_OFFICES.get(language, {})))
        for use in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[use][width].items():
                    by_language[language].setdefault(name.casefold().rstrip("."), number)
    return by_language


def _called(language: str) -> str:
    from babel import Locale

    return str(Locale.parse(language).english_name) if language != _ROMAN else "Roman numerals"
