"""The tables beside a page, described for programs and for dataset search.

`datapackage.json` is Frictionless, `csv-metadata.json` is CSV on the Web, `dcat.jsonld` is DCAT 3,
and the page bears schema.org's `Dataset`. What columns mean comes from `desk/dictionary`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from forecast.desk.dictionary import BESIDE, COLUMNS, VIEWS, Column
from forecast.desk.site.reading import SiteRecord
from forecast.words import MONTHS, day_words, slug

if TYPE_CHECKING:
    from forecast.sources.source import Source

LICENSE = "https://opensource.org/license/mit"
# Kind of a column -> how each standard calls it: Frictionless, CSV on the Web.
_TYPES = {
    "count": ("integer", "integer"),
    "real": ("number", "number"),
    "month": ("yearmonth", "gYearMonth"),
    "day": ("date", "date"),
    "text": ("string", "string"),
}
_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_MONTHLY = "http://publications.europa.eu/resource/authority/frequency/MONTHLY"
_CSV = "https://www.iana.org/assignments/media-types/text/csv"


@dataclass(frozen=True)
class DataTable:
    """A CSV file beside a page.

    name : of the file without its ending. columns : (name, what it holds, always there?).
    """

    name: str
    about: str
    columns: tuple[tuple[str, Column, bool], ...]
    size: int
    sha256: str


@dataclass(frozen=True)
class Dataset:
    """Tables beside one page. first, last : months of the counts. where : a place in words."""

    source: Source = field(repr=False)
    place: str
    title: str
    where: str
    first: str
    last: str
    tables: tuple[DataTable, ...]

    @property
    def about(self) -> str:
        """What it holds, for whoever searches."""
        return (
            f"Monthly counts of {self.source.measure.long_name} ({self.where}), {self.first} "
            f"to {self.last}, "
            f"as published by {self.source.publisher.name} ({self.source.publisher.short}), "
            "with forecasts of the next "
            "12 months (50%, 80% and 95% prediction intervals), unusual months, accuracy of past "
            f"forecasts and revisions. {self.source.measure.caveat}"
        )


def data_table(
    name: str,
    about: str,
    view: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    body: bytes,
    source: Source,
) -> DataTable:
    """A table as it lies beside its page. view : whose columns these are; body : the CSV file."""
    known = {**COLUMNS, **BESIDE, **VIEWS[view].described()}
    described = tuple(
        (
            source.column(column),
            known[column]._replace(unit=known[column].unit_in(source.measure.noun)),
            all(row[place] not in (None, "") for row in rows),
        )
        for place, column in enumerate(columns)
    )
    return DataTable(name, about, described, len(body), hashlib.sha256(body).hexdigest())


def files(dataset: Dataset, record: SiteRecord) -> dict[str, bytes]:
    """The descriptions that lie beside the tables; their addresses are relative to the page."""
    made = {
        "datapackage.json": _package(dataset, record),
        "csv-metadata.json": _csvw(dataset),
        "dcat.jsonld": _dcat(dataset, record),
    }
    return {
        name: (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
        for name, content in made.items()
    }


def schema_org(dataset: Dataset, record: SiteRecord, address: str) -> dict[str, Any]:
    """As dataset search wants it in the page. address : of the page, "" where it is not known."""
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": dataset.title,
        "description": dataset.about,
        **({"url": address} if address else {}),
        "identifier": _identifier(record),
        "version": f"run {record.run.id}",
        "dateModified": record.run.published_at,
        "license": LICENSE,
        "creditText": dataset.source.publisher.credit,
        "isAccessibleForFree": True,
        "creator": {"@type": "Organization", "name": "Bordercast"},
        "isBasedOn": dataset.source.pages.index,
        "includedInDataCatalog": {"@type": "DataCatalog", "name": "Bordercast"},
        "keywords": _keywords(dataset.source),
        "temporalCoverage": f"{dataset.first}/{dataset.last}",
        "spatialCoverage": {"@type": "Place", "name": f"United States: {dataset.where}"},
        "measurementTechnique": "Administrative counts; forecasts by a combination of models with "
        "intervals calibrated on their own past errors",
        "variableMeasured": [
            {
                "@type": "PropertyValue",
                "name": dataset.source.measure.noun,
                "description": dataset.source.measure.definition,
                "unitText": dataset.source.measure.unit,
            }
        ],
        "distribution": [
            {
                "@type": "DataDownload",
                "name": table.name,
                "description": table.about,
                "encodingFormat": "text/csv",
                "contentUrl": f"{address}{table.name}.csv",
                "contentSize": f"{table.size} B",
                "sha256": table.sha256,
            }
            for table in dataset.tables
        ],
    }


def _package(dataset: Dataset, record: SiteRecord) -> dict[str, Any]:
    """Frictionless Data Package."""
    return {
        "profile": "tabular-data-package",
        "name": dataset.place.strip("/").replace("/", "-"),
        "id": _identifier(record),
        "title": dataset.title,
        "description": dataset.about,
        "version": f"{record.run.id}.0.0",
        "created": record.run.published_at,
        "keywords": _keywords(dataset.source),
        "licenses": [{"name": "MIT", "title": "MIT License", "path": LICENSE}],
        "sources": [{"title": dataset.source.publisher.name, "path": dataset.source.pages.index}],
        "contributors": [{"title": "Bordercast", "role": "author"}],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": table.name,
                "description": table.about,
                "path": f"{table.name}.csv",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": table.size,
                "hash": f"sha256:{table.sha256}",
                "schema": {"fields": list(_fields(table)), "missingValues": [""]},
            }
            for table in dataset.tables
        ],
    }


def _fields(table: DataTable) -> Iterator[dict[str, Any]]:
    for name, column, always in table.columns:
        field: dict[str, Any] = {
            "name": name,
            "type": _TYPES[_kind(column)][0],
            "description": _meaning(column),
        }
        if always:
            field["constraints"] = {"required": True}
        yield field


def _csvw(dataset: Dataset) -> dict[str, Any]:
    """Metadata of CSV on the Web, under the name at which its readers look for it."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": dataset.title,
        "dc:license": {"@id": LICENSE},
        "dc:rights": dataset.source.publisher.credit,
        "dialect": {"header": True, "encoding": "utf-8", "lineTerminators": ["\n"]},
        "tables": [
            {
                "url": f"{table.name}.csv",
                "dc:description": table.about,
                "tableSchema": {
                    "columns": [
                        {
                            "name": name,
                            "titles": name,
                            "dc:description": _meaning(column),
                            "datatype": _TYPES[_kind(column)][1],
                            "null": "",
                            "required": always,
                        }
                        for name, column, always in table.columns
                    ]
                },
            }
            for table in dataset.tables
        ],
    }


def _dcat(dataset: Dataset, record: SiteRecord) -> dict[str, Any]:
    """A DCAT dataset; an address without a name is that of the page."""
    return {
        "@context": _CONTEXT,
        "@id": "index.html",
        "@type": "dcat:Dataset",
        "dct:title": dataset.title,
        "dct:description": dataset.about,
        "dct:identifier": _identifier(record),
        "dct:creator": {"@type": "foaf:Agent", "foaf:name": "Bordercast"},
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": "Bordercast"},
        "dct:source": {"@id": dataset.source.pages.index},
        "dct:license": {"@id": LICENSE},
        "dct:rights": dataset.source.publisher.credit,
        "dct:modified": {"@type": "xsd:dateTime", "@value": record.run.published_at},
        "dct:accrualPeriodicity": {"@id": _MONTHLY},
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@type": "xsd:gYearMonth", "@value": dataset.first},
            "dcat:endDate": {"@type": "xsd:gYearMonth", "@value": dataset.last},
        },
        "dcat:keyword": _keywords(dataset.source),
        "dcat:version": f"run {record.run.id}",
        "dcat:landingPage": {"@id": "index.html"},
        "dcat:distribution": [
            {
                "@id": f"{table.name}.csv",
                "@type": "dcat:Distribution",
                "dct:title": table.name,
                "dct:description": table.about,
                "dct:license": {"@id": LICENSE},
                "dcat:downloadURL": {"@id": f"{table.name}.csv"},
                "dcat:accessURL": {"@id": "index.html"},
                "dcat:mediaType": {"@id": _CSV},
                "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(table.size)},
                "spdx:checksum": {
                    "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
                    "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": table.sha256},
                },
            }
            for table in dataset.tables
        ],
    }


def _kind(column: Column) -> str:
    if column.kind != "text":
        return column.kind
    return {"YYYY-MM": "month", "YYYY-MM-DD": "day"}.get(column.range, "text")


def _meaning(column: Column) -> str:
    notes = ", ".join(filter(None, (column.unit, column.range)))
    return f"{column.about} ({notes})" if notes else column.about


def _keywords(source: Source) -> list[str]:
    return [
        source.measure.noun,
        "border",
        source.publisher.short,
        "forecast",
        "prediction interval",
    ]


def _identifier(record: SiteRecord) -> str:
    return f"bordercast run {record.run.id}, digest {record.run.digest}"


def one_of(rows: Sequence[Mapping[str, object]]) -> tuple[list[str], list[list[object]]]:
    """Rows by name as (columns, rows by place)."""
    return (list(rows[0]) if rows else []), [list(row.values()) for row in rows]


DIGEST_LETTERS = 16  # letters of a digest that an address names: nobody finds another with the same
_SPECIAL = re.compile(r"([&%$#_])")


@dataclass(frozen=True)
class Citation:
    """A page in three forms. address : where the page as of this run stays."""

    plain: str
    apa: str
    bibtex: str
    address: str


def permanent(place: str, record: SiteRecord, within: str = "") -> str:
    """Name where the page as of this run stays, relative to the first page of a site of no address.

    within : a paragraph of it; by default the one that is there only with this run's digest.
    """
    return f"{record.site}as-of/{record.run.id}/{place}#{within or mark(record)}"


def mark(record: SiteRecord) -> str:
    """The name of the paragraph with the digest, at the bottom of each page."""
    return f"digest-{record.run.digest[:DIGEST_LETTERS]}"


def cite(title: str, place: str, record: SiteRecord) -> Citation:
    """A page's citation. title : as HTML has it, escaped."""
    run, day = record.run, record.run.published_at[:10]
    name = " ".join(Markup(title).unescape().split())  # noqa: S704 - the opposite of trusting it
    where = permanent(place, record)
    year, month = day[:4], MONTHS[int(day[5:7]) - 1]
    data = f"Data: {record.source.publisher.name}"
    return Citation(
        plain=f"Bordercast, \N{LEFT DOUBLE QUOTATION MARK}{name},\N{RIGHT DOUBLE QUOTATION MARK} "
        f"run {run.id}, {day_words(day)}, digest {run.digest}, {where}. {data}.",
        apa=f"Bordercast. ({year}, {month} {int(day[8:])}). {name} (Run {run.id}, digest "
        f"{run.digest[:DIGEST_LETTERS]}) [Data set; {data}]. {where}",
        bibtex=_bibtex(
            f"bordercast-run{run.id}-{slug(place) or 'overview'}",
            {
                "author": "{Bordercast}",
                "title": f"{{{_plain(name)}}}",
                "year": year,
                "month": str(int(day[5:7])),
                "version": f"run {run.id}",
                "howpublished": rf"\url{{{where}}}",
                "note": f"Digest {run.digest}. {data}",
            },
        ),
        address=where,
    )


def _bibtex(key: str, fields: dict[str, str]) -> str:
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{key},\n{lines}\n}}"


def _plain(text: str) -> str:
    """Without what LaTeX would obey."""
    return _SPECIAL.sub(r"\\\1", re.sub(r"[\\{}^~]", " ", text))
