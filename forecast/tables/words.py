"""What months, years and sums are called in headers and cells, in whatever language: one table."""

import re
import unicodedata
from functools import cache

LANGUAGES = (
    *("af", "am", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en"),
    *("es", "et", "eu", "fi", "fil", "fr", "ga", "gl", "he", "hi", "hr", "hu", "hy", "id", "is"),
    *("it", "ja", "ka", "kk", "km", "ko", "lt", "lv", "mk", "mn", "ms", "nb", "nl", "nn", "pl"),
    *("pt", "ro", "ru", "sk", "sl", "sq", "sr", "sr_Latn", "sv", "sw", "ta", "te", "th", "tr"),
    *("uk", "ur", "uz", "vi", "zh"),
)
# Beside what Unicode's CLDR calls them in every language.
_SHORT = {
    "month": "months mo mon mth mm period kalendermonat mois maanden",
    "year": "years yr yrs yyyy fy ffy sfy cy be jahre annee ejercicio",
    "quarter": "qtr q trim trimestre quartal",
    "week": "wk kw weekday woche semana semaine",
    "day": "days dom weekday date",
}
_WHEN = "date period time fecha datum data periode perioden periodo month mo mes monat mois ds"
_NUMBERED = "no num number nr code cod of the b e abbr abbv name"
_TOTALS = (
    "total totals totale totali totaal totalt totales sum sums summe summen suma somme gesamt "
    "insgesamt jahrestotal jahressumme ensemble all razem ogółem ukupno toplam celkem spolu skupaj "
    "yhteensä összesen kokku kopā iš viso итого всего усього всичко вкупно σύνολο alt "
    "\u5408\u8a08 \u8a08 \u5408\u8ba1 \u7e3d\u8a08 \u603b\u8ba1 \u7dcf\u6570 "
    "\ud569\uacc4 \uacc4 \ucd1d\uacc4 subtotal subtotals"
)
_MEANS = "average averages avg mean median min minimum max maximum annual ytd change"
_BESIDE = (
    "grand annual yearly quarterly sub fiscal calendar year years monthly overall months general "
    "anual année count counts to date año ano i jahres fy sfy ffy cy"
)


def plain_words(text: str) -> list[str]:
    """The words of a header or text, in small letters without accents: n\u00famMes as num, mes."""
    apart = re.sub(r"(?<=[^\W\d_])(?=[A-Z][a-z])", " ", text)
    folded = unicodedata.normalize("NFKD", apart.casefold().replace("\u00f1", "n"))
    return re.findall(r"[^\W\d_]+", "".join(c for c in folded if not unicodedata.combining(c)))


_ALL_TOTALS, _ALL_MEANS, _ALL_BESIDE, _MAY_BE_MONTHS, _PART_OF = (
    frozenset(plain_words(text)) for text in (_TOTALS, _MEANS, _BESIDE, _WHEN, _NUMBERED)
)


@cache
def words_for(unit: str) -> frozenset[str]:
    """What "month" or "year" is in every language, in small letters without accents."""
    from babel.units import format_unit  # late: most headers are in English

    units = (format_unit(1, f"duration-{unit}", locale=language) for language in LANGUAGES)
    return frozenset(word for text in units for word in plain_words(text))


def says(header: str, unit: str, *, anywhere: bool = False) -> bool:
    """Whether a header is called a month or a year: Calendar Year, ANIO_FISCAL, month no.

    anywhere : whether any word of it may say so, not only the first and the last.
    """
    named = re.split(r"[ _]of[ _]", header)[0].replace(".", "")  # day of the month
    words = [word for word in plain_words(named) if word not in _PART_OF]
    looked = words if anywhere else [*words[:1], *words[-1:]]
    if any(word in _SHORT[unit].split() or word == unit for word in looked):
        return True
    known = words_for(unit)
    return any(
        word in known or (anywhere and any(len(w) > 4 and word.startswith(w) for w in known))
        for word in looked
    )


def says_when(header: str) -> bool:
    """Whether a header may be one of months: Month, Date, Time period."""
    return not _MAY_BE_MONTHS.isdisjoint(plain_words(header))


def is_total(text: str) -> bool:
    """Whether a text is what a sum of parts is called: Total, Grand total, insgesamt."""
    words = {*plain_words(text)}
    return bool(words & _ALL_TOTALS) and words <= _ALL_TOTALS | _ALL_BESIDE


def is_summary(text: str) -> bool:
    """Whether it is what a sum or mean of months is called; years are left out before."""
    words = {*plain_words(text)}
    every = _ALL_TOTALS | _ALL_MEANS
    summed = bool(words & every) or words >= {"to", "date"}
    return summed and words <= every | _ALL_BESIDE


def ends_in_total(text: str) -> bool:
    """Whether it is the sum of what it names: East Total, clinic subtotal."""
    return bool({*plain_words(text)[-1:]} & _ALL_TOTALS) and not text.rstrip(" :")[-1:].isdigit()
