# ruff: noqa: E501, RUF005, SIM905
"""Tables in the forms in which offices publish them, made up, each with what it should give.

The counts are the same everywhere; the forms are those of statistics offices, health departments,
courts, police, tourism boards and transit agencies. A test reads each and answers its questions.
"""

from __future__ import annotations

import io
import json
import zlib
from calendar import month_abbr, month_name, monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from xlsxwriter import Workbook

MONTHS = list(range(2015 * 12, 2022 * 12 + 12))
YEARS = range(2015, 2023)
GERMAN = (
    "Januar Februar M\u00e4rz April Mai Juni Juli August September Oktober November Dezember"
).split()
SPANISH = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()
PORTUGUESE = "Jan Fev Mar Abr Mai Jun Jul Ago Set Out Nov Dez".split()
BRAZILIAN = (
    "janeiro fevereiro mar\u00e7o abril maio junho julho agosto setembro outubro novembro dezembro"
).split()
FRENCH = "janv. f\u00e9vr. mars avr. mai juin juil. ao\u00fbt sept. oct. nov. d\u00e9c.".split()
POLISH = (
    "stycze\u0144 luty marzec kwiecie\u0144 maj czerwiec lipiec sierpie\u0144 wrzesie\u0144 "
    "pa\u017adziernik listopad grudzie\u0144"
).split()
RUSSIAN = (
    "\u042f\u043d\u0432\u0430\u0440\u044c \u0424\u0435\u0432\u0440\u0430\u043b\u044c \u041c\u0430\u0440\u0442 "
    "\u0410\u043f\u0440\u0435\u043b\u044c \u041c\u0430\u0439 \u0418\u044e\u043d\u044c \u0418\u044e\u043b\u044c "
    "\u0410\u0432\u0433\u0443\u0441\u0442 \u0421\u0435\u043d\u0442\u044f\u0431\u0440\u044c "
    "\u041e\u043a\u0442\u044f\u0431\u0440\u044c \u041d\u043e\u044f\u0431\u0440\u044c "
    "\u0414\u0435\u043a\u0430\u0431\u0440\u044c"
).split()
TURKISH = (
    "Ocak \u015eubat Mart Nisan May\u0131s Haziran Temmuz A\u011fustos Eyl\u00fcl Ekim "
    "Kas\u0131m Aral\u0131k"
).split()


def _count(name: str, month: int) -> int:
    level = {"North": 900, "South": 4_300, "East": 210, "West": 15_800}.get(name, 1_200)
    return (
        level + (zlib.crc32(f"{name}{month}".encode()) % (level // 2)) + (month % 12) * level // 60
    )


SERIES = ("North", "South", "East")
DATA = {name: {m: _count(name, m) for m in MONTHS} for name in SERIES}
N, S, E = (DATA[name] for name in SERIES)


class Case(NamedTuple):
    """A file and what it should give, as `table_scorer` takes it."""

    file: str
    content: bytes
    truth: Mapping[str, Any]


def iso(m: int) -> str:
    return f"{m // 12}-{m % 12 + 1:02}"


def abbr(m: int) -> str:
    return month_abbr[m % 12 + 1]


def full(m: int) -> str:
    return month_name[m % 12 + 1]


def truth(
    expect: str = "read",
    values: Mapping[str, Mapping[int, float]] | None = None,
    options: str = "",
    also: Sequence[str] = (),
    months: Sequence[int] = MONTHS,
) -> dict[str, Any]:
    rows = [
        {"series": name, "month": iso(m), "value": counts[m]}
        for name, counts in (values or {}).items()
        for m in (months[0], months[len(months) // 2], months[-1])
    ]
    ends = {"first": iso(months[0]), "last": iso(months[-1])} if rows else {"first": "", "last": ""}
    return {"expect": expect, "values": rows, "options": options, "also": list(also), **ends}


ALL = truth(values=DATA)
ONE = truth(values={"": N})
REFUSED = truth("refuse")


def text(rows: Iterable[Sequence[object]], separator: str = ",", encoding: str = "utf-8") -> bytes:
    def cell(value: object) -> str:
        shown = "" if value is None else str(value)
        return f'"{shown}"' if separator in shown or '"' in shown else shown

    return "".join(separator.join(map(cell, row)) + "\n" for row in rows).encode(encoding)


def book(sheets: Mapping[str, Iterable[Sequence[object]]], merged: Sequence[str] = ()) -> bytes:
    out = io.BytesIO()
    with Workbook(out) as workbook:
        day = workbook.add_format({"num_format": "mmm-yy"})
        for title, rows in sheets.items():
            sheet = workbook.add_worksheet(title)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(at, column, cell, day)
                    elif cell is not None:
                        sheet.write(at, column, cell)
            for place in merged:
                sheet.merge_range(place, None) if False else None
    return out.getvalue()


CASES: dict[str, Callable[[], tuple[str, bytes, Mapping[str, Any]]]] = {}


def case(make: Callable[[], tuple[str, bytes, Mapping[str, Any]]]) -> Callable[[], Any]:
    CASES[make.__name__] = make
    return make


@case
def cdc_wonder():
    rows = [["Notes", "Month", "Month Code", "Deaths", "Population", "Crude Rate"]]
    for y in YEARS:
        for n in range(1, 13):
            m = y * 12 + n - 1
            rows.append(
                [
                    "",
                    f"{month_abbr[n]}., {y}",
                    f"{y}/{n:02}",
                    N[m],
                    "Not Applicable",
                    "Not Applicable",
                ]
            )
    rows += [
        ["Total", "", "", sum(N.values()), "Not Applicable", "Not Applicable"],
        ["---"],
        ["Dataset: Provisional Mortality"],
        ["Query Parameters:"],
        ["Group By: Month"],
        ["---"],
        ["Suggested Citation: Centers for Disease Control, see www.cdc.gov, 2022."],
    ]
    return "wonder.txt", text(rows, "\t"), ONE


@case
def cdc_wonder_by_state():
    rows = [["Notes", "State", "State Code", "Year", "Year Code", "Month", "Month Code", "Deaths"]]
    for at, (name, counts) in enumerate(DATA.items()):
        for y in YEARS:
            for n in range(1, 13):
                rows.append(
                    [
                        "",
                        name,
                        f"{at + 1:02}",
                        y,
                        y,
                        f"{month_abbr[n]}., {y}",
                        f"{y}/{n:02}",
                        counts[y * 12 + n - 1],
                    ]
                )
            rows.append(
                [
                    "Total",
                    name,
                    f"{at + 1:02}",
                    y,
                    y,
                    "",
                    "",
                    sum(counts[y * 12 + k] for k in range(12)),
                ]
            )
    return (
        "wonder-states.txt",
        text(rows + [["---"], ["Caveats: 1. Data are provisional."]], "\t"),
        ALL,
    )


@case
def genesis():
    rows = [
        ["GENESIS-Tabelle: 12612-0002"],
        ["Lebendgeborene: Deutschland, Monate, Geschlecht"],
        [],
        ["", "", "North", "South", "Insgesamt"],
        ["", "", "Anzahl", "Anzahl", "Anzahl"],
    ]
    rows += [[m // 12, GERMAN[m % 12], N[m], S[m], N[m] + S[m]] for m in MONTHS]
    rows += [[2023, GERMAN[n], "...", "...", "..."] for n in range(3)]
    rows += [
        ["__________"],
        ["(C)opyright Statistisches Bundesamt (Destatis), 2022"],
        ["Stand: 26.10.2022 / 12:07:03"],
    ]
    return "12612-0002.csv", text(rows, ";", "latin-1"), truth(values={"North": N, "South": S})


@case
def genesis_flat():
    rows = [
        [
            "statistics_code",
            "time_label",
            "time",
            "2_variable_attribute_code",
            "2_variable_attribute_label",
            "value",
            "value_unit",
        ]
    ]
    rows += [
        ["12612", "Monat", f"{iso(m)}", f"R{at}", name, c[m], "Anzahl"]
        for at, (name, c) in enumerate(DATA.items())
        for m in MONTHS
    ]
    return "flat.csv", text(rows, ";"), ALL


@case
def genesis_years_over_months():
    rows = [
        ["Ank\u00fcnfte in Beherbergungsbetrieben"],
        ["", "", *(m // 12 for m in MONTHS)],
        ["", "", *(GERMAN[m % 12] for m in MONTHS)],
    ]
    rows += [[f"{at:02}", name, *c.values()] for at, (name, c) in enumerate(DATA.items(), 1)]
    return "ankuenfte.csv", text(rows, ";", "latin-1"), ALL


@case
def austria():
    names = ["J\u00e4nner", "Feber", *GERMAN[2:]]
    rows = [["Monat", "Bundesland", "Gestorbene"]]
    rows += [[f"{names[m % 12]} {m // 12}", name, c[m]] for name, c in DATA.items() for m in MONTHS]
    return "gestorbene.csv", text(rows, ";", "latin-1"), truth(values=DATA, also=["refuse"])


@case
def austria_codes():
    rows = [["C-MONAT-0", "C-B00-0", "F-ISIS-1"]]
    rows += [
        [f"MONAT-{m // 12}{m % 12 + 1:02}", f"B00-{at}", c[m]]
        for at, c in enumerate(DATA.values())
        for m in MONTHS
    ]
    return "OGD_gest.csv", text(rows, ";"), truth("refuse", also=["ask", "read"])


@case
def ons():
    rows = [
        ["Title", "Overseas visits"],
        ["CDID", "GMAA"],
        ["Source dataset ID", "OTT"],
        ["PreUnit", ""],
        ["Unit", "Thousands"],
        ["Release date", "14-12-2022"],
        ["Next release", "To be announced"],
        ["Important notes", ""],
    ]
    rows += [[y, sum(N[y * 12 + k] for k in range(12))] for y in YEARS]
    rows += [
        [f"{y} Q{q}", sum(N[y * 12 + q * 3 - 3 + k] for k in range(3))]
        for y in YEARS
        for q in range(1, 5)
    ]
    rows += [[f"{m // 12} {abbr(m).upper()}", N[m]] for m in MONTHS]
    return "series-141222.csv", text(rows), ONE


@case
def eurostat_tsv():
    flags = {5: " p", 7: " b", 9: " e", 11: " bep"}
    rows = [["freq,unit,geo\\TIME_PERIOD", *(f"{iso(m)} " for m in MONTHS)]]
    for geo, c in zip(("AT", "BE", "CZ"), DATA.values(), strict=True):
        rows.append(
            [
                f"M,NR,{geo}",
                *(
                    ": " if at == 3 else f"{c[m]}{flags.get(at, ' ')}"
                    for at, m in enumerate(MONTHS)
                ),
            ]
        )
    return "tour_occ.tsv", text(rows, "\t"), truth(values={"M,NR,AT": N, "M,NR,CZ": E})


@case
def eurostat_tsv_old():
    rows = [["unit,nace_r2,geo\\time", *(f"{m // 12}M{m % 12 + 1:02} " for m in reversed(MONTHS))]]
    rows += [
        [
            f"NR,I551,{geo}",
            *(": c" if at == 3 else f"{c[m]} " for at, m in enumerate(reversed(MONTHS))),
        ]
        for geo, c in zip(("AT", "BE", "CZ"), DATA.values(), strict=True)
    ]
    return "tour.tsv", text(rows, "\t"), truth(values={"AT": N, "CZ": E})


@case
def eurostat_sdmx_csv():
    rows = [
        [
            "DATAFLOW",
            "LAST UPDATE",
            "freq",
            "c_resid",
            "unit",
            "geo",
            "TIME_PERIOD",
            "OBS_VALUE",
            "OBS_FLAG",
        ]
    ]
    rows += [
        [
            "ESTAT:TOUR(1.0)",
            "06/12/22 23:00:00",
            "M",
            "TOTAL",
            "NR",
            geo,
            iso(m),
            c[m],
            "p" if m > MONTHS[-4] else "",
        ]
        for geo, c in zip(("AT", "BE", "CZ"), DATA.values(), strict=True)
        for m in MONTHS
    ]
    return "estat_linear.csv", text(rows), truth(values={"AT": N, "BE": S})


@case
def statcan():
    rows = [
        [
            "REF_DATE",
            "GEO",
            "DGUID",
            "Sex",
            "UOM",
            "UOM_ID",
            "SCALAR_FACTOR",
            "SCALAR_ID",
            "VECTOR",
            "COORDINATE",
            "VALUE",
            "STATUS",
            "SYMBOL",
            "TERMINATED",
            "DECIMALS",
        ]
    ]
    for m in MONTHS:
        for g, (name, c) in enumerate(DATA.items(), 1):
            for x, (sex, share) in enumerate((("Both sexes", 1), ("Males", 2)), 1):
                rows.append(
                    [
                        iso(m),
                        name,
                        f"2016A00{g}",
                        sex,
                        "Number",
                        223,
                        "units",
                        0,
                        f"v{g}{x}",
                        f"{g}.{x}",
                        c[m] // share,
                        "",
                        "",
                        "",
                        0,
                    ]
                )
    return (
        "13100768.csv",
        text(rows),
        truth(values={"North / Both sexes": N, "East / Both sexes": E}),
    )


@case
def bls_wide():
    rows = [
        ["Series Id:", "CEU0500000001"],
        ["Not Seasonally Adjusted"],
        ["Series Title:", "Employees"],
        ["Years:", "2015 to 2022"],
        [],
        ["Year", *month_abbr[1:], "Annual"],
    ]
    rows += [
        [y, *(N[y * 12 + k] for k in range(12)), sum(N[y * 12 + k] for k in range(12)) // 12]
        for y in YEARS
    ]
    return "SeriesReport.csv", text(rows), ONE


@case
def bls_flat():
    rows = [["series_id        ", "year", "period", "       value", "footnote_codes"]]
    for sid, c in (("LAU01", N), ("LAU02", S)):
        for y in YEARS:
            rows += [[sid, y, f"M{n:02}", c[y * 12 + n - 1], ""] for n in range(1, 13)]
            rows += [[sid, y, "M13", sum(c[y * 12 + k] for k in range(12)) // 12, ""]]
    return "la.data", text(rows, "\t"), truth(values={"LAU01": N, "LAU02": S})


@case
def census_time_series():
    rows = [
        ["U.S. Census Bureau"],
        ["Source: Monthly Retail Trade"],
        ["Not Seasonally Adjusted Sales [Units]"],
        ["Period: 2015 to 2023"],
        ["Data Extracted on: December 14, 2022 (10:05 am)"],
        [],
        ["Period", "Value"],
    ]
    rows += [[f"{abbr(m)}-{m // 12}", f"{N[m]:,}"] for m in MONTHS] + [
        [f"{month_abbr[n]}-2023", "NA"] for n in (1, 2, 3)
    ]
    return "SeriesReport-2022.csv", text(rows), ONE


@case
def fred():
    return (
        "UNRATE.csv",
        text([["observation_date", "HOUSTNSA"], *([f"{iso(m)}-01", N[m]] for m in MONTHS)]),
        ONE,
    )


@case
def fred_book():
    rows = [
        ["FRED Graph Observations"],
        ["Federal Reserve Economic Data"],
        ["Link: https://fred.example.org"],
        ["Help: https://example.org"],
        ["Economic Research Division"],
        [],
        ["HOUSTNSA", "Housing Starts, Not Seasonally Adjusted"],
        [],
        ["Frequency: Monthly"],
        ["observation_date", "HOUSTNSA"],
    ]
    rows += [[date(m // 12, m % 12 + 1, 1), N[m]] for m in MONTHS]
    return "fredgraph.xlsx", book({"FRED Graph": rows}), ONE


@case
def oecd():
    rows = [
        [
            "LOCATION",
            "Country",
            "SUBJECT",
            "Subject",
            "MEASURE",
            "Measure",
            "FREQUENCY",
            "Frequency",
            "TIME",
            "Time",
            "Unit Code",
            "Unit",
            "PowerCode Code",
            "PowerCode",
            "Value",
            "Flag Codes",
            "Flags",
        ]
    ]
    rows += [
        [
            name[:3].upper(),
            name,
            "PERM",
            "Permits",
            "ST",
            "Level",
            "M",
            "Monthly",
            iso(m),
            f"{abbr(m)}-{m // 12}",
            "NBR",
            "Number",
            0,
            "Units",
            c[m],
            "",
            "",
        ]
        for name, c in DATA.items()
        for m in MONTHS
    ]
    return "MEI.csv", text(rows), ALL


@case
def who_measles():
    rows = [["Region", "ISO3", "Country", "Year", *month_name[1:]]]
    rows += [
        ["AFR", name[:3].upper(), name, y, *(c[y * 12 + k] for k in range(12))]
        for name, c in DATA.items()
        for y in YEARS
    ]
    return "measlescases.xlsx", book({"WEB": rows}), ALL


@case
def ine_spain():
    rows = [["Comunidades", "Residencia", "Periodo", "Total"]]
    rows += [
        [name, "Total", f"{m // 12}M{m % 12 + 1:02}", f"{c[m]:,}".replace(",", ".")]
        for name, c in {"South": S, "West": {m: _count("West", m) for m in MONTHS}}.items()
        for m in reversed(MONTHS)
    ]
    return (
        "2074.csv",
        text(rows, ";", "latin-1"),
        truth("ask", {"South": S}, "--decimal comma", ["read"]),
    )


@case
def inegi():
    rows = [
        ["Instituto Nacional de Estad\u00edstica"],
        ["Defunciones registradas por mes"],
        ["Periodo", *SERIES],
    ]
    rows += [
        [f"{SPANISH[m % 12].capitalize()} {m // 12}", *(c[m] for c in DATA.values())]
        for m in MONTHS
    ]
    return "defunciones.csv", text(rows, ",", "latin-1"), ALL


@case
def spanish_year_lines():
    rows = [["Turistas internacionales"], ["A\u00f1o", "Mes", "Total"]]
    rows += [[m // 12 if m % 12 == 0 else "", SPANISH[m % 12].capitalize(), N[m]] for m in MONTHS]
    return "turistas.xlsx", book({"Hoja1": rows}), ONE


@case
def ibge():
    rows = [
        ["Tabela 1234 - Nascidos vivos, por m\u00eas"],
        ["Unidade da Federa\u00e7\u00e3o", *(f"{BRAZILIAN[m % 12]} {m // 12}" for m in MONTHS)],
    ]
    rows += [[name, *c.values()] for name, c in DATA.items()] + [
        ["Fonte: IBGE - Estat\u00edsticas do Registro Civil"]
    ]
    return "tabela1234.csv", text(rows, ";"), ALL


@case
def datasus():
    rows = [
        ["\u00d3bitos por Resid\u00eancia por Ano/m\u00eas processamento"],
        ["Regi\u00e3o", *(f"{m // 12}/{PORTUGUESE[m % 12]}" for m in MONTHS), "Total"],
    ]
    rows += [[name, *c.values(), sum(c.values())] for name, c in DATA.items()]
    rows += [
        ["Total", *(sum(c[m] for c in DATA.values()) for m in MONTHS), 1],
        ["Fonte: MS/SVS/CGIAE - Sistema de Informa\u00e7\u00f5es"],
        ["Nota:"],
    ]
    return "tabnet.csv", text(rows, ";", "latin-1"), ALL


@case
def abs_book():
    heads = [f"Registered births ;  {name} ;" for name in SERIES]
    rows = [
        ["", *heads],
        ["Unit", *["Number"] * 3],
        ["Series Type", *["Original"] * 3],
        ["Data Type", *["FLOW"] * 3],
        ["Frequency", *["Month"] * 3],
        ["Collection Month", 1, 1, 1],
        ["Series Start", *[date(2015, 1, 1)] * 3],
        ["Series End", *[date(2022, 12, 1)] * 3],
        ["No. Obs", 96, 96, 96],
        ["Series ID", "A85232567L", "A85232568R", "A85232569T"],
    ]
    rows += [[date(m // 12, m % 12 + 1, 1), *(c[m] for c in DATA.values())] for m in MONTHS]
    index = [
        ["Australian Bureau of Statistics"],
        ["3301.0 Births"],
        [],
        [
            "Data Item Description",
            "Series Type",
            "Series ID",
            "Series Start",
            "Series End",
            "No. Obs.",
            "Unit",
        ],
    ]
    index += [
        [h, "Original", f"A8523256{at}L", date(2015, 1, 1), date(2022, 12, 1), 96, "Number"]
        for at, h in enumerate(heads)
    ]
    return "3301001.xlsx", book({"Index": index, "Data1": rows}), ALL


@case
def infoshare():
    rows = [["Births - VBM"], [" ", "North", "South", "East"]]
    rows += [[f"{m // 12}M{m % 12 + 1:02}", *(c[m] for c in DATA.values())] for m in MONTHS]
    rows += [
        ["Table information:"],
        ["Units:"],
        ["Number, Magnitude = Units"],
        [],
        ["Footnotes:"],
        ["Symbols:"],
        [".. figure not available"],
        ["C: Confidential"],
        ["Table reference: VBM001AA"],
        ["Last updated:"],
        ["16 November 2022 10:45am"],
        ["Source: Statistics New Zealand"],
    ]
    return "VBM.csv", text(rows), ALL


@case
def visitors_by_purpose():
    rows = [
        ["Visitor arrivals by purpose"],
        [],
        ["", "", "North", "", "", "South", "", ""],
        ["", "", "Total", "Tourist", "Other", "Total", "Tourist", "Other"],
    ]
    for m in MONTHS:
        when = f"{m // 12}\u3000{abbr(m)}\uff0e" if m % 12 == 0 else f"{abbr(m)}\uff0e"
        rows.append(["", when, N[m], N[m] - 100, 100, S[m], S[m] - 90, 90])
    rows += [
        ["", ""],
        ["", "Year Total"],
        *(["", y, *[sum(N[y * 12 + k] for k in range(12))] * 6] for y in YEARS),
    ]
    return "arrivals.csv", text(rows), truth(values={"North Total": N, "South Total": S})


@case
def kosis():
    rows = [
        ["\uc2dc\ub3c4\ubcc4", *(f"{m // 12}.{m % 12 + 1:02} \uc6d4" for m in MONTHS)],
        ["\uc2dc\ub3c4\ubcc4", *["\ucd9c\uc0dd\uac74\uc218 (\uba85)"] * len(MONTHS)],
    ]
    rows += [[name, *c.values()] for name, c in DATA.items()]
    return "kosis.csv", text(rows, ",", "euc_kr"), truth(values=DATA, also=["refuse", "ask"])


@case
def kosis_plain():
    rows = [["\uc2dc\ub3c4\ubcc4", "\uc2dc\uc810", "\ucd9c\uc0dd\uac74\uc218"]] + [
        [name, f"{m // 12}.{m % 12 + 1:02}", c[m]] for name, c in DATA.items() for m in MONTHS
    ]
    return "kosis-long.csv", text(rows, ",", "euc_kr"), truth(values=DATA, also=["ask"])


@case
def nhs_fiscal():
    rows = [
        ["Title:", "Inpatient and Outpatient Referrals"],
        ["Period:", "2015-16 to 2022-23"],
        ["Source:", "Monthly return"],
        [],
        ["Year", "Period", "GP Referrals Made"],
    ]
    for m in range(2015 * 12 + 3, 2022 * 12 + 3):
        y = m // 12 - (m % 12 < 3)
        rows.append([f"{y}-{(y + 1) % 100:02}", full(m).upper(), N[m]])
    return (
        "referrals.csv",
        text(rows),
        truth(values={"": N}, months=range(2015 * 12 + 3, 2022 * 12 + 3), also=["ask"]),
    )


@case
def tfl_periods():
    rows = [
        [
            "Period and Financial year",
            "Reporting Period",
            "Days in period",
            "Period beginning",
            "Period ending",
            "Bus journeys (m)",
        ]
    ]
    start = date(2015, 4, 1).toordinal()
    for at in range(80):
        a, b = date.fromordinal(start + 28 * at), date.fromordinal(start + 28 * at + 27)
        rows.append(
            [
                f"{at % 13 + 1:02}_{15 + at // 13}/{16 + at // 13}",
                at % 13 + 1,
                28,
                a.strftime("%d-%b-%y"),
                b.strftime("%d-%b-%y"),
                180.5 + at % 7,
            ]
        )
    return "tfl-journeys-type.csv", text(rows), REFUSED


@case
def mta():
    rows = [["Month", "Agency", "Ridership"]] + [
        [f"{iso(m)}-01T00:00:00.000", name, c[m]] for m in MONTHS for name, c in DATA.items()
    ]
    return "mta.csv", text(rows), ALL


@case
def stations():
    rows = [
        [
            "station_id",
            "stationame",
            "month_beginning",
            "avg_weekday_rides",
            "avg_saturday_rides",
            "monthtotal",
        ]
    ]
    rows += [
        [40000 + at, name, f"{m % 12 + 1:02}/01/{m // 12}", round(c[m] / 30, 1), 1.5, c[m]]
        for m in MONTHS
        for at, (name, c) in enumerate(DATA.items())
    ]
    return "stations.csv", text(rows), truth("ask", DATA, "--value monthtotal", ["read"])


@case
def arcgis():
    rows = [
        [
            "OBJECTID",
            "District",
            "ReportDate",
            "Incidents",
            "Shape__Area",
            "Shape__Length",
            "GlobalID",
        ]
    ]
    rows += [
        [
            at,
            name,
            f"{m // 12}/{m % 12 + 1:02}/01 00:00:00+00",
            DATA[name][m],
            12.5 + len(name),
            3.25,
            f"a{at}-b",
        ]
        for at, (m, name) in enumerate(((m, n) for m in MONTHS for n in DATA), 1)
    ]
    return "districts.csv", text(rows), truth("read", DATA, also=["ask"])


@case
def ckan():
    rows = [["_id", "month", "count"]] + [[at, iso(m), N[m]] for at, m in enumerate(MONTHS, 1)]
    return "datastore.csv", text(rows), ONE


@case
def pivoted():
    rows = [
        ["Sum of Cases", "", "Year", "", "", "", "", "", "", "", ""],
        ["Office", "Month", *YEARS, "Grand Total"],
    ]
    for name, c in DATA.items():
        for n in range(12):
            rows.append(
                [
                    name if n == 0 else None,
                    month_abbr[n + 1],
                    *(c[y * 12 + n] for y in YEARS),
                    sum(c[y * 12 + n] for y in YEARS),
                ]
            )
        rows.append(
            [
                f"{name} Total",
                None,
                *(sum(c[y * 12 + k] for k in range(12)) for y in YEARS),
                sum(c.values()),
            ]
        )
    rows.append(["Grand Total", None, *[1] * 9])
    return "pivot.xlsx", book({"Pivot": rows}), ALL


@case
def pivoted_years_months():
    rows = [
        ["Row Labels", *(m // 12 if m % 12 == 0 else "" for m in MONTHS)],
        ["", *map(abbr, MONTHS)],
    ]
    rows += [[name, *c.values()] for name, c in DATA.items()] + [
        ["Grand Total", *(sum(c[m] for c in DATA.values()) for m in MONTHS)]
    ]
    return "pivot2.xlsx", book({"Sheet1": rows}), ALL


@case
def fixed_width():
    lines = [
        "Monthly filings, civil division",
        "",
        f"{'Month':<12}{'North':>9}{'South':>9}{'East':>9}",
    ]
    lines += [
        f"{abbr(m) + ' ' + str(m // 12):<12}{N[m]:>9,}{S[m]:>9,}{E[m] if m % 12 != 6 else '':>9}"
        for m in MONTHS
    ]
    return "filings.txt", ("\n".join(lines) + "\n").encode(), ALL


@case
def noaa_spaces():
    lines = [f"{m // 12} {m % 12 + 1:2} {N[m]:6}" for m in MONTHS]
    return (
        "series.dat",
        ("\n".join(lines) + "\n").encode(),
        truth(values={"": N}, also=["ask", "refuse"]),
    )


@case
def html():
    rows = "".join(
        f"<tr><td>{full(m)} {m // 12}</td><td>{N[m]:,}</td><td>{S[m]:,}</td></tr>" for m in MONTHS
    )
    return (
        "page.xls",
        f"<html><body><p>Report</p><table><tr><th>Month</th><th>North</th><th>South</th></tr>{rows}</table></body></html>".encode(),
        truth(values={"North": N, "South": S}),
    )


@case
def footers():
    rows = [["Asylum applications by month"], ["Month", "Applications", "Status"]] + [
        [f"{full(m)} {m // 12}", f"{N[m]:,}", "final"] for m in MONTHS
    ]
    rows += [
        ["Total", f"{sum(N.values()):,}", ""],
        [],
        ["Notes:"],
        ["1.", "Figures for the latest month are provisional."],
        ["Source:", "Office of Statistics"],
    ]
    return "asylum.csv", text(rows), ONE


@case
def provisional():
    rows = [["Month", "North", "South"]] + [
        [
            f"{abbr(m)} {m // 12}{' (p)' if m > MONTHS[-4] else ''}",
            f"{N[m]:,}{'r' if m % 5 == 0 else ''}",
            f"{S[m]:,}{' (e)' if m % 7 == 0 else ''}",
        ]
        for m in MONTHS
    ]
    return "marks.csv", text(rows), truth(values={"North": N, "South": S})


@case
def apostrophes():
    return (
        "swiss.csv",
        text(
            [
                ["Monat", "Logiern\u00e4chte"],
                *(
                    [f"{m % 12 + 1:02}.{m // 12}", f"{S[m]:,}".replace(",", "\u2019")]
                    for m in MONTHS
                ),
            ],
            ";",
        ),
        truth(values={"": S}),
    )


@case
def spaced_thousands():
    return (
        "suede.csv",
        text(
            [
                ["m\u00e5nad", "antal"],
                *([f"{m // 12}M{m % 12 + 1:02}", f"{S[m]:,}".replace(",", " ")] for m in MONTHS),
            ],
            ";",
        ),
        truth(values={"": S}),
    )


@case
def net_in_parentheses():
    return (
        "net.csv",
        text(
            [
                ["Month", "Arrivals", "Net"],
                *([iso(m), N[m], f"({m % 9})" if m % 2 else m % 9] for m in MONTHS),
            ]
        ),
        truth("refuse", also=["ask"]),
    )


@case
def serials():
    rows = [
        ["Month", "Cases"],
        *([(date(m // 12, m % 12 + 1, 1) - date(1899, 12, 30)).days, N[m]] for m in MONTHS),
    ]
    return "serials.csv", text(rows), ONE


@case
def jan_20():
    return (
        "short.csv",
        text(
            [
                ["", *SERIES],
                *(
                    [f"{abbr(m)}-{m // 12 % 100:02}", *(c[m] for c in DATA.values())]
                    for m in MONTHS
                ),
            ]
        ),
        ALL,
    )


@case
def days_as_years():
    return (
        "excel.csv",
        text([["Month", "n"], *([f"{m // 12 % 100:02}-{abbr(m)}", N[m]] for m in MONTHS)]),
        ONE,
    )


@case
def blocks_of_years():
    rows = []
    for name, c in DATA.items():
        rows += [
            [name],
            ["Year", *month_abbr[1:], "Total"],
            *(
                [y, *(c[y * 12 + k] for k in range(12)), sum(c[y * 12 + k] for k in range(12))]
                for y in YEARS
            ),
            [],
        ]
    return "blocks.csv", text(rows), ALL


@case
def years_across():
    rows = (
        [["Births by month of occurrence"], ["Month", *YEARS]]
        + [[month_name[n + 1], *(N[y * 12 + n] for y in YEARS)] for n in range(12)]
        + [["Total", *(sum(N[y * 12 + k] for k in range(12)) for y in YEARS)], ["Mean", *[1] * 8]]
    )
    return "by-year.csv", text(rows), ONE


@case
def years_across_two_series():
    rows = [
        ["Births and deaths by month"],
        ["", "Births", *[""] * 7, "Deaths", *[""] * 7],
        ["Month", *YEARS, *YEARS],
    ]
    rows += [
        [month_name[n + 1], *(N[y * 12 + n] for y in YEARS), *(S[y * 12 + n] for y in YEARS)]
        for n in range(12)
    ]
    return "two.csv", text(rows), truth(values={"Births": N, "Deaths": S})


@case
def measures_below_months():
    rows = [
        ["Clinic", *(x for m in MONTHS for x in (f"{abbr(m)} {m // 12}", ""))],
        ["", *["Visits", "Staff"] * len(MONTHS)],
    ]
    rows += [[name, *(x for m in MONTHS for x in (c[m], 7))] for name, c in DATA.items()]
    return (
        "visits.xlsx",
        book({"Data": rows}),
        truth(values={f"{name} Visits": c for name, c in DATA.items()}),
    )


@case
def series_over_years_over_months():
    two = list(MONTHS[:36])
    rows = [
        ["", "Arrivals", *[""] * 35, "Departures", *[""] * 35],
        ["", *(m // 12 if m % 12 == 0 else "" for m in two * 2)],
        ["Port", *map(abbr, two * 2)],
    ]
    rows += [
        ["North", *(N[m] for m in two), *(S[m] for m in two)],
        ["East", *(E[m] for m in two), *(N[m] for m in two)],
    ]
    return (
        "ports.xlsx",
        book({"Ports": rows}),
        truth(values={"North Arrivals": N, "North Departures": S, "East Arrivals": E}, months=two),
    )


@case
def r_series():
    return (
        "AirPassengers.csv",
        text(
            [
                ["", "time", "value"],
                *([at, round(1949 + at / 12, 10), N[MONTHS[0]] + at] for at in range(96)),
            ]
        ),
        truth(
            values={"": {m: N[MONTHS[0]] + m - 1949 * 12 for m in range(1949 * 12, 1957 * 12)}},
            months=range(1949 * 12, 1957 * 12),
        ),
    )


@case
def r_quarters():
    return (
        "UKgas.csv",
        text(
            [
                ["rownames", "time", "value"],
                *([at + 1, 1960 + at / 4, 100 + at] for at in range(80)),
            ]
        ),
        REFUSED,
    )


@case
def r_years():
    return (
        "Nile.csv",
        text(
            [
                ["rownames", "time", "value"],
                *([at + 1, 1871 + at, 1000 + at % 17] for at in range(100)),
            ]
        ),
        REFUSED,
    )


@case
def old_years():
    months = range(1749 * 12, 1783 * 12)
    return (
        "sunspots.csv",
        text([["Month", "Sunspots"], *([iso(m), 10 + m % 97] for m in months)]),
        truth(values={"": {m: 10 + m % 97 for m in months}}, months=months),
    )


@case
def silso():
    rows = [
        [
            m // 12,
            f"{m % 12 + 1:02}",
            f"{m // 12 + (m % 12 + 0.5) / 12:.3f}",
            f"{N[m] / 10:.1f}",
            "-1.0",
            "-1",
            "1",
        ]
        for m in MONTHS
    ]
    return "SN_m_tot.csv", text(rows, ";"), truth("refuse", also=["ask"])


@case
def wards():
    rows = [["Category", "Ward", "Borough", *(f"{m // 12}{m % 12 + 1:02}" for m in MONTHS)]]
    boroughs = {"Abbey": ("Barking", "Merton"), "Village": ("Barking", "Merton")}
    for at in range(30):
        for borough in boroughs.get(["Abbey", "Village"][at] if at < 2 else "", (f"B{at % 4}",)):
            ward = ["Abbey", "Village"][at] if at < 2 else f"Ward {at}"
            rows += [
                [kind, ward, borough, *(_count(ward + borough + kind, m) for m in MONTHS)]
                for kind in ("THEFT", "ARSON")
            ]
    want = {
        f"{kind} / Abbey / {b}": {m: _count(f"Abbey{b}{kind}", m) for m in MONTHS}
        for kind in ("THEFT", "ARSON")
        for b in ("Barking", "Merton")
    }
    return "wards.csv", text(rows), truth(values=want)


@case
def twelve_month_ending():
    rows = [["State", "Year", "Month", "Period", "Indicator", "Data Value", "Percent Complete"]]
    rows += [
        [name, m // 12, full(m), "12 month-ending", "Number of Deaths", f"{c[m]:,}", 100]
        for name, c in DATA.items()
        for m in MONTHS
    ]
    return "VSRR.csv", text(rows), truth("refuse", also=["ask"])


@case
def cumulative_by_year():
    def ytd(c: Mapping[int, int], m: int) -> int:
        return sum(c[k] for k in range(m // 12 * 12, m + 1))

    return (
        "ytd.csv",
        text([["Month", "Arrivals"], *([iso(m), ytd(N, m)] for m in MONTHS)]),
        truth("refuse", also=["ask"]),
    )


@case
def cumulative_headed():
    rows, total = [["Month", "Cumulative cases"]], 0
    for m in MONTHS:
        total += N[m]
        rows.append([iso(m), total])
    return "cumulative.csv", text(rows), truth("refuse", also=["ask"])


@case
def weekly_dates():
    start = date(2019, 1, 7).toordinal()
    return (
        "weekly.csv",
        text(
            [
                ["Week Ending Date", "Deaths"],
                *([date.fromordinal(start + 7 * k).isoformat(), 900 + k % 31] for k in range(150)),
            ]
        ),
        REFUSED,
    )


@case
def weeks_across():
    rows = [["Nr.", "Jahr", "Alter", "Kalenderwoche"], ["", "", "", *range(1, 54)]] + [
        [at + 1, y, age, *(300 + (k * y) % 71 for k in range(53))]
        for at, (y, age) in enumerate((y, a) for y in YEARS for a in ("0-30", "30-60"))
    ]
    return "kw.csv", text(rows, ";"), REFUSED


@case
def daily():
    start, rows, sums = date(2019, 1, 1).toordinal(), [["date", "entries"]], dict[int, int]()
    for k in range(1096):
        d = date.fromordinal(start + k)
        rows.append([d.strftime("%d/%m/%Y"), 500 + k % 13])
        sums[d.year * 12 + d.month - 1] = sums.get(d.year * 12 + d.month - 1, 0) + 500 + k % 13
    return "daily.csv", text(rows), truth("ask", {"": sums}, "--sum", months=sorted(sums))


@case
def polish():
    return (
        "gus.csv",
        text(
            [
                ["Miesi\u0105c", "North", "South"],
                *([f"{POLISH[m % 12]} {m // 12}", N[m], S[m]] for m in MONTHS),
            ],
            ";",
        ),
        truth(values={"North": N, "South": S}),
    )


@case
def russian():
    return (
        "ru.csv",
        text(
            [
                ["\u0413\u043e\u0434", "\u041c\u0435\u0441\u044f\u0446", "North", "South"],
                *([m // 12, RUSSIAN[m % 12], N[m], S[m]] for m in MONTHS),
            ],
            ";",
            "cp1251",
        ),
        truth(values={"North": N, "South": S}),
    )


@case
def turkish():
    rows = [
        ["Y\u0131l", *TURKISH, "Toplam"],
        *(
            [y, *(N[y * 12 + k] for k in range(12)), sum(N[y * 12 + k] for k in range(12))]
            for y in YEARS
        ),
    ]
    return "tuik.csv", text(rows, ";"), ONE


@case
def japanese():
    return (
        "jp.csv",
        text(
            [
                ["\u6708", "North", "South"],
                *([f"{m // 12}\u5e74{m % 12 + 1}\u6708", N[m], S[m]] for m in MONTHS),
            ],
            ",",
            "cp932",
        ),
        truth(values={"North": N, "South": S}),
    )


@case
def japanese_year_lines():
    rows = [["", "", "North"]] + [
        [f"{m // 12}\u5e74" if m % 12 == 0 else "", f"{m % 12 + 1}\u6708", N[m]] for m in MONTHS
    ]
    return "jp2.csv", text(rows), ONE


@case
def french_short():
    return (
        "fr.csv",
        text(
            [
                ["Mois", "Naissances"],
                *([f"{FRENCH[m % 12]}-{m // 12 % 100}", N[m]] for m in MONTHS),
            ],
            ";",
            "latin-1",
        ),
        ONE,
    )


@case
def insee():
    rows = [
        ["Libell\u00e9", "Nombre de naissances vivantes"],
        ["idBank", "000436391"],
        ["Derni\u00e8re mise \u00e0 jour", "26/10/2022 12:00"],
        ["P\u00e9riode", ""],
    ]
    rows += [[iso(m), N[m], "A"] for m in reversed(MONTHS)]
    return "valeurs_mensuelles.csv", text(rows, ";"), ONE


@case
def insee_across():
    rows = [
        [
            "Libell\u00e9",
            "idBank",
            "Derni\u00e8re mise \u00e0 jour",
            "P\u00e9riode",
            *map(iso, MONTHS),
        ],
        ["Codes", "", "", "", *["A"] * len(MONTHS)],
    ]
    rows += [
        [f"Naissances - {name}", f"00043639{at}", "26/10/2022 12:00", "", *c.values()]
        for at, (name, c) in enumerate(DATA.items())
    ]
    return (
        "series.csv",
        text(rows, ";"),
        truth(values={f"Naissances - {name}": c for name, c in DATA.items()}, also=["ask"]),
    )


@case
def unicode_text():
    return (
        "unicode.txt",
        text(
            [
                ["Month", *SERIES],
                *([f"{abbr(m)} {m // 12}", *(c[m] for c in DATA.values())] for m in MONTHS),
            ],
            "\t",
            "utf-16",
        ),
        ALL,
    )


@case
def sheet_a_year():
    sheets = {
        str(y): [
            [f"Entries in {y}"],
            ["Month", *SERIES],
            *([full(y * 12 + k), *(c[y * 12 + k] for c in DATA.values())] for k in range(12)),
            ["Total", 1, 1, 1],
        ]
        for y in YEARS
    }
    return "years.xlsx", book(sheets), ALL


@case
def sheet_a_series():
    sheets = {
        name: [
            ["Year", *month_abbr[1:]],
            *([y, *(c[y * 12 + k] for k in range(12))] for y in YEARS),
        ]
        for name, c in DATA.items()
    }
    return "sites.xlsx", book(sheets), ALL


@case
def courts():
    rows = [["County", "Year", "Month", "Filings", "Dispositions", "Clearance Rate", "Population"]]
    rows += [
        [
            name,
            m // 12,
            m % 12 + 1,
            c[m],
            c[m] - 11,
            f"{(c[m] - 11) / c[m]:.1%}",
            50_000 + len(name),
        ]
        for name, c in DATA.items()
        for m in MONTHS
    ]
    return "courts.csv", text(rows), truth("ask", DATA, "--value Filings")


@case
def closing_outline():
    rows = [
        ["Admissions by province"],
        [],
        ["Province", "", "", *(m // 12 if m % 12 == 0 else "" for m in MONTHS)],
        ["", "", "", *map(abbr, MONTHS)],
    ]
    for name, c in DATA.items():
        rows += [
            ["", "", "Skilled", *(c[m] - 30 for m in MONTHS)],
            ["", "", "Family", *([30] * len(MONTHS))],
            ["", "Economic - Total", "", *c.values()],
            [f"{name} - Total", "", "", *c.values()],
        ]
    return (
        "admissions.xlsx",
        book({"ImmCat": rows}),
        truth(values={f"{name} - Total": c for name, c in DATA.items()}),
    )


@case
def airports():
    rows = [["this_period", "reporting_airport", "last_period", "total_pax", "total_pax_percent"]]
    rows += [
        [f"{m // 12}{m % 12 + 1:02}", name, f"{m // 12 - 1}{m % 12 + 1:02}", c[m], 1.5]
        for m in MONTHS
        for name, c in DATA.items()
    ]
    return "caa.csv", text(rows), truth("read", DATA, also=["ask"])


@case
def crimes_one_a_line():
    rows = [
        ["Crime ID", "Month", "Reported by", "Longitude", "Latitude", "LSOA code", "Crime type"]
    ]
    rows += [
        [f"id{m}{k}", iso(m), "Police", -1.5, 51.2, f"E0100{k}", "Burglary"]
        for m in MONTHS
        for k in range(6)
    ]
    return "street.csv", text(rows), truth("refuse")


@case
def world_bank():
    rows = [
        [
            "Country Name",
            "Country Code",
            "Series",
            "Series Code",
            *(f"{m // 12}M{m % 12 + 1:02}" for m in MONTHS),
        ]
    ]
    rows += [
        [name, name[:3].upper(), "Visits, not seas. adj.", "VIS", *c.values()]
        for name, c in DATA.items()
    ] + [[], ["Data from database: Global"], ["Last Updated: 12/10/2022"]]
    return "gem.csv", text(rows), ALL


@case
def too_short():
    return "new.csv", text([["Month", "Visits"], *([iso(m), N[m]] for m in MONTHS[:10])]), REFUSED


@case
def one_year_only():
    return (
        "2018.csv",
        text(
            [
                ["Monthly arrivals 2018"],
                [],
                ["Country", *month_name[1:9]],
                *([name, *(c[2018 * 12 + k] for k in range(8))] for name, c in DATA.items()),
            ]
        ),
        REFUSED,
    )


@case
def yearly():
    return (
        "yearly.csv",
        text(
            [["Region", *YEARS], *([name, *(c[y * 12] for y in YEARS)] for name, c in DATA.items())]
        ),
        REFUSED,
    )


@case
def units_below_names():
    rows = [["Period", *SERIES], ["", "(number)", "(number)", "(number)"]] + [
        [f"{abbr(m)}-{m // 12}", *(c[m] for c in DATA.values())] for m in MONTHS
    ]
    return "units.csv", text(rows), ALL


@case
def spacer_columns():
    rows = [["", "Month", "", "North", "", "South"]] + [
        ["", f"{abbr(m)} {m // 12}", "", N[m], "", S[m]] for m in MONTHS
    ]
    return "spaced.xlsx", book({"Data": rows}), truth(values={"North": N, "South": S})


@case
def numbered_months():
    rows = [["Year", "Month", "Visits"]] + [
        [m // 12, f"{m % 12 + 1:02}-{full(m)}", N[m]] for m in MONTHS
    ]
    return "numbered.csv", text(rows), ONE


@case
def financial_year_months_across():
    rows = [["Financial year", *(month_abbr[n] for n in (7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6))]]
    rows += [
        [f"{y}-{(y + 1) % 100}", *(N[y * 12 + 6 + k] for k in range(12))] for y in range(2015, 2022)
    ]
    return (
        "financial.csv",
        text(rows),
        truth(values={"": N}, months=range(2015 * 12 + 6, 2022 * 12 + 6), also=["ask"]),
    )


@case
def year_month_measures():
    rows = [["id", "ano", "mes", "uf", "homicidios", "roubos", "taxa_homicidios"]]
    rows += [
        [at, m // 12, m % 12 + 1, name, DATA[name][m], 5, "1,25"]
        for at, (m, name) in enumerate(((m, n) for m in MONTHS for n in DATA), 1)
    ]
    return "isp.csv", text(rows, ";"), truth("ask", DATA, "--value homicidios", ["read"])


@case
def first_and_last_days():
    rows = [["country", "start_date", "end_date", "year", "month", "total_deaths"]]
    rows += [
        [
            name,
            f"01/{m % 12 + 1:02}/{m // 12}",
            f"{monthrange(m // 12, m % 12 + 1)[1]}/{m % 12 + 1:02}/{m // 12}",
            m // 12,
            m % 12 + 1,
            c[m],
        ]
        for name, c in DATA.items()
        for m in MONTHS
    ]
    return "tracker.csv", text(rows), ALL


@case
def dashes_and_dots():
    rows = [["Month", *SERIES]] + [
        [iso(m), N[m], "-" if m == MONTHS[5] else S[m], ".." if m == MONTHS[9] else E[m]]
        for m in MONTHS
    ]
    return "dots.csv", text(rows), ALL


@case
def quarters_and_years_among_months():
    rows = [["", "Visitors"]]
    for y in YEARS:
        for q in range(4):
            rows += [
                [f"{month_name[q * 3 + k + 1]} {y}", N[y * 12 + q * 3 + k]] for k in range(3)
            ] + [[f"Q{q + 1} {y}", 1]]
        rows += [[f"Year {y}", 1]]
    return "among.csv", text(rows), ONE


@case
def shelter_days():
    start = date(2020, 1, 1).toordinal()
    rows = [
        ["Date of Census", "Total Individuals", "Single Adults"],
        *([date.fromordinal(start + k).strftime("%m/%d/%Y"), 50_000 + k, 100] for k in range(1000)),
    ]
    return (
        "dhs.csv",
        text(rows),
        truth("ask", options="--value 'Total Individuals' --sum", also=["read"]),
    )


@case
def code_and_changing_name():
    rows = [["route", "routename", "month", "rides"]]
    rows += [
        [f"R{at}", f"{name} Line" if m < 2018 * 12 else f"{name} Express", f"{iso(m)}-01", c[m]]
        for at, (name, c) in enumerate(DATA.items())
        for m in MONTHS
    ]
    return "routes.csv", text(rows), truth(values={"R0": N, "R2": E})


def _json() -> bytes:
    return json.dumps([{"month": iso(m), "count": N[m]} for m in MONTHS]).encode()


@case
def json_records():
    return "records.json", _json(), truth(values={"": N}, also=["refuse"])


def cases() -> list[Case]:
    """Every table, by name."""
    made = []
    for name, make in CASES.items():
        file, content, expected = make()
        made.append(Case(f"{name}--{file}", content, {**expected, "file": f"{name}--{file}"}))
    return made


def apart(made: Case) -> bool:
    """Whether a case is of the half that is kept apart while the reader is built."""
    return zlib.crc32(made.file.encode()) % 2 == 1


def written(folder: Path, half: bool | None = None) -> None:
    """Write the tables and truth.jsonl into a folder; half : only those kept apart, or the rest."""
    lines = []
    for made in cases():
        if half is None or apart(made) == half:
            (folder / made.file).write_bytes(made.content)
            lines.append(json.dumps(made.truth))
    (folder / "truth.jsonl").write_text("\n".join(lines))
