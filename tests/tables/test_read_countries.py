"""Tables as statistics offices of many countries lay them out, with numbers that are known."""

from __future__ import annotations

import numpy as np
import pytest

from forecast import months
from forecast.tables.grid import ReadAs
from forecast.tables.read import table_in_bytes

FIRST, MANY = 2017 * 12, 36
COUNTS = np.random.default_rng(3).integers(100, 900, MANY).tolist()
DATES = [(FIRST + n) // 12 for n in range(MANY)], [(FIRST + n) % 12 + 1 for n in range(MANY)]
ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
ABBREVIATED = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"]


def era(year: int, month: int) -> str:
    """A month as Japan writes it; the era changed in May 2019."""
    if (year, month) < (2019, 5):
        return f"\u5e73\u6210{year - 1988}\u5e74{month}\u6708"
    number = year - 2018 if year > 2019 else "\u5143"
    return f"\u4ee4\u548c{number}\u5e74{month}\u6708"


FORMS = {
    "Dutch": ('"Perioden";"Totaal"', lambda y, m, n: f'"{y}MM{m:02}";"{n:>7}"'),
    "Korean": ("\uc6d4,\ud569\uacc4", lambda y, m, n: f"{y}.{m:02} \uc6d4,{n}"),
    "Japanese": ("\u5e74\u6708,\u7dcf\u6570", lambda y, m, n: f"{era(y, m)},{n}"),
    "short eras": ("\u5e74\u6708,n", lambda y, m, n: f"H{y - 1988}.{m},{n}"),
    "Taiwanese": ("\u5e74\u6708,\u7e3d\u8a08", lambda y, m, n: f"{y - 1911}\u5e74{m}\u6708,{n}"),
    "Polish": ("rok;miesi\u0105c;Og\u00f3\u0142em", lambda y, m, n: f"{y};{ROMAN[m - 1]};{n}"),
    "Roman with years": ("Okres;Liczba", lambda y, m, n: f"{ROMAN[m - 1]} {y};{n}"),
    "Croatian": ("Godina;Mjesec;Dolasci", lambda y, m, n: f"{y}.;{m}.;{n}"),
    "Hungarian": ("Id\u0151szak;\u00d6sszesen", lambda y, m, n: f"{y}. {m:02}.;{n}"),
    "Peruvian": ('"Mes","Llegadas"', lambda y, m, n: f'"{ABBREVIATED[m - 1]}{y % 100}","{n}"'),
    "Irish": ('"TLIST(M1)","UNIT","VALUE"', lambda y, m, n: f'"{y}{m:02}","Number","{n}"'),
    "remarks": (
        "# source: an office, and more\n#\n# year month n",
        lambda y, m, n: f"{y} {m:2} {n}",
    ),
    "of energy": (
        "MSN,YYYYMM,Value",
        lambda y, m, n: f"CL,{y}{m:02},{n}" + (f"\nCL,{y}13,{9 * n}" if m == 12 else ""),
    ),
    "Swiss": (
        "Jahr;Monat;Anzahl",
        lambda y, m, n: (f"{y};Jahrestotal;{9 * n}\n" if m == 1 else "") + f"{y};{m};{n}",
    ),
    "French": (
        '"Libell\u00e9";"Nuit\u00e9es"\n"idBank";"010599766"\n"Mise \u00e0 jour";"12/02/24 12:00"',
        lambda y, m, n: f'"{y}-{m:02}";"{n}"',
    ),
}


def read(header: str, lines: list[str], wanted: ReadAs | None = None):
    """A table's one series, first and last month, and what was said of it."""
    table = table_in_bytes("own.csv", "\n".join([header, *lines, ""]).encode(), wanted or ReadAs())
    last = int(table.counts.last[0])
    ends = months.from_index(last - table.counts.values.shape[1] + 1), months.from_index(last)
    return table.counts.values.tolist(), ends, " ".join(table.notes)


@pytest.mark.parametrize("country", FORMS)
def test_months_of_an_office_are_read(country):
    header, form = FORMS[country]
    lines = [form(y, m, n) for y, m, n in zip(*DATES, COUNTS, strict=True)]

    values, ends, _ = read(header, lines)

    assert (values, ends) == ([COUNTS], ("2017-01", "2019-12"))


def test_regions_in_roman_numerals_are_no_months():
    lines = [
        f"{y}-{m:02},{region},{n}"
        for y, m, n in zip(*DATES, COUNTS, strict=True)
        for region in ROMAN
    ]
    table = table_in_bytes(
        "own.csv", "\n".join(["mes,regi\u00f3n,n", *lines, ""]).encode(), ReadAs()
    )

    assert table.counts.names == tuple(ROMAN)


@pytest.mark.parametrize("form", ["{}", "{:.1f}", "{:.2f}"])
def test_numbers_below_0_are_read_where_there_are_several(form):
    signed = [n - 500 for n in COUNTS]
    lines = [f"{y}-{m:02},{form.format(n)}" for y, m, n in zip(*DATES, signed, strict=True)]

    values, _, said = read("month,balance", lines)

    assert values == [signed]
    assert f"{sum(n < 0 for n in signed)} of {MANY} numbers are below 0" in said


def test_one_number_below_0_is_a_slip_unless_its_column_is_named():
    slip = [*COUNTS[:9], -7, *COUNTS[10:]]
    lines = [f"{y}-{m:02},{n}" for y, m, n in zip(*DATES, slip, strict=True)]

    with pytest.raises(ValueError, match="line 11, column balance: '-7': below 0"):
        read("month,balance", lines)
    assert read("month,balance", lines, ReadAs(value=("balance",)))[0] == [slip]


def test_nines_below_0_are_missing_and_said_to_be():
    lines = [
        f"{y}-{m:02},{-999 if n % 5 == 0 else n}" for y, m, n in zip(*DATES, COUNTS, strict=True)
    ]

    values, _, said = read("month,n", lines)

    inside = [n for n in values[0] if n == n]
    assert inside == [n for n in COUNTS if n % 5]
    assert f"read as missing, not as 0: {sum(n % 5 == 0 for n in COUNTS)} -999" in said


def test_places_on_a_map_are_no_counts():
    lines = [f"{y}-{m:02},-1.5,51.2,{n}" for y, m, n in zip(*DATES, COUNTS, strict=True)]

    assert read("month,Longitude,Latitude,Long stays", lines)[0] == [COUNTS]
