"""The tables beside a page, described for programs and for dataset search.

`datapackage.json` is Frictionless, `csv-metadata.json` is CSV on the Web, `dcat.jsonld` is DCAT 3,
and the page bears schema.org's `Dataset`. What columns mean comes from `desk/dictionary`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from forecast.desk.dictionary import BESIDE, COLUMNS, VIEWS
from forecast.desk.site.reading import SiteRecord
from forecast.sources import holes
from forecast.words import MONTHS, day_words, slug

LICENSE = "https://opensource.org/license/mit"
# Kind of a column -> how each standard calls it: Frictionless, CSV on the Web.
_TYPES = {
    "count": ("integer", "integer"),
    "real": ("number", "number"),
    "YYYY-MM": ("yearmonth", "gYearMonth"),
    "YYYY-MM-DD": ("date", "date"),
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
DIGEST_LETTERS = 16  # letters of a digest that an address names: nobody finds another with the same


@dataclass(frozen=True, slots=True)
class DescribedColumn:
    """A column of a file. types : as _TYPES has them. always : whether every row has a value."""

    name: str
    types: tuple[str, str]
    about: str
    always: bool


@dataclass(frozen=True, slots=True)
class DescribedTable:
    """A CSV file beside a page. name : without its ending. size : in bytes."""

    name: str
    about: str
    columns: Sequence[DescribedColumn]
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """The tables beside a page. first, last : months of the counts."""

    place: str
    title: str
    where: str
    first: str
    last: str
    tables: Sequence[DescribedTable]
    identifier: str
    keywords: Sequence[str]
    about: str


def dataset(
    record: SiteRecord,
    place: str,
    title: str,
    where: str,
    months: Collection[str],
    tables: Sequence[tuple[str, str, str, Sequence[str], Sequence[Sequence[object]]]],
    files: Mapping[str, bytes],
) -> Dataset:
    """Describe the tables beside one page, as all standards need it.

    where : a place in words. months : of the counts. tables : name of the file without its
    ending, what it holds, the view whose columns these are, columns and rows. files : theirs, by
    name.
    """
    source, noun = record.source, record.source.measure.noun
    words, described = holes.words_of(source), []
    for name, about, view, columns, rows in tables:
        known = {**COLUMNS, **BESIDE, **VIEWS[view].described()}
        # Of the bytes as they lie there: a checksum of anything else proves nothing.
        body = files[f"{name}.csv"]
        fields = []
        for at, column in enumerate(columns):
            kind, unit, span, meaning = known[column]
            meaning = holes.fill(meaning, words)
            notes = ", ".join(filter(None, (unit.format(noun=noun), span)))
            fields.append(
                DescribedColumn(
                    source.column(column),
                    _TYPES[span if span in _TYPES and kind == "text" else kind],
                    f"{meaning} ({notes})" if notes else meaning,
                    always=all(row[at] not in (None, "") for row in rows),
                )
            )
        sha256 = hashlib.sha256(body).hexdigest()
        described.append(DescribedTable(name, about, fields, len(body), sha256))
    # Of the counts, not of the run: that is what who searches for data asks for.
    first, last = min(months), max(months)
    return Dataset(
        place,
        title,
        where,
        first,
        last,
        tables=described,
        identifier=f"bordercast run {record.run.id}, digest {record.run.digest}",
        keywords=[noun, "border", source.publisher.short, "forecast", "prediction interval"],
        about=(
            f"Monthly counts of {source.measure.long_name} ({where}), {first} to {last}, "
            f"as published by {source.publisher.name} ({source.publisher.short}), "
            "with forecasts of the next "
            "12 months (50%, 80% and 95% prediction intervals), unusual months, accuracy of past "
            f"forecasts and revisions. {source.measure.caveat}"
        ),
    )


def files(about: Dataset, record: SiteRecord) -> dict[str, bytes]:
    """Write the descriptions that lie beside the tables; their addresses are relative to the page.

    about : made by `dataset`.
    """
    source = record.source
    # Frictionless; CSV on the Web, under the name at which its readers look for it; DCAT, where an
    # address without a name is that of the page.
    made = {
        "datapackage.json": {
            "profile": "tabular-data-package",
            "name": about.place.strip("/").replace("/", "-"),
            "id": about.identifier,
            "title": about.title,
            "description": about.about,
            "version": f"{record.run.id}.0.0",
            "created": record.run.published_at,
            "keywords": about.keywords,
            "licenses": [{"name": "MIT", "title": "MIT License", "path": LICENSE}],
            "sources": [{"title": source.publisher.name, "path": source.publisher.index}],
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
                    "schema": {
                        "fields": [
                            {
                                "name": field.name,
                                "type": field.types[0],
                                "description": field.about,
                                **({"constraints": {"required": True}} if field.always else {}),
                            }
                            for field in table.columns
                        ],
                        "missingValues": [""],
                    },
                }
                for table in about.tables
            ],
        },
        "csv-metadata.json": {
            "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
            "dc:title": about.title,
            "dc:license": {"@id": LICENSE},
            "dc:rights": source.publisher.credit,
            "dialect": {"header": True, "encoding": "utf-8", "lineTerminators": ["\n"]},
            "tables": [
                {
                    "url": f"{table.name}.csv",
                    "dc:description": table.about,
                    "tableSchema": {
                        "columns": [
                            {
                                "name": field.name,
                                "titles": field.name,
                                "dc:description": field.about,
                                "datatype": field.types[1],
                                "null": "",
                                "required": field.always,
                            }
                            for field in table.columns
                        ]
                    },
                }
                for table in about.tables
            ],
        },
        "dcat.jsonld": {
            "@context": _CONTEXT,
            "@id": "index.html",
            "@type": "dcat:Dataset",
            "dct:title": about.title,
            "dct:description": about.about,
            "dct:identifier": about.identifier,
            "dct:creator": {"@type": "foaf:Agent", "foaf:name": "Bordercast"},
            "dct:publisher": {"@type": "foaf:Agent", "foaf:name": "Bordercast"},
            "dct:source": {"@id": source.publisher.index},
            "dct:license": {"@id": LICENSE},
            "dct:rights": source.publisher.credit,
            "dct:modified": {"@type": "xsd:dateTime", "@value": record.run.published_at},
            "dct:accrualPeriodicity": {"@id": _MONTHLY},
            "dct:temporal": {
                "@type": "dct:PeriodOfTime",
                "dcat:startDate": {"@type": "xsd:gYearMonth", "@value": about.first},
                "dcat:endDate": {"@type": "xsd:gYearMonth", "@value": about.last},
            },
            "dcat:keyword": about.keywords,
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
                    "dcat:byteSize": {
                        "@type": "xsd:nonNegativeInteger",
                        "@value": str(table.size),
                    },
                    "spdx:checksum": {
                        "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
                        "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": table.sha256},
                    },
                }
                for table in about.tables
            ],
        },
    }
    return {
        name: (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
        for name, content in made.items()
    }


def schema_org(about: Dataset, record: SiteRecord, address: str) -> dict[str, Any]:
    """Describe it as dataset search wants it in the page. address : of the page, "" if unknown."""
    source = record.source
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": about.title,
        "description": about.about,
        **({"url": address} if address else {}),
        "identifier": about.identifier,
        "version": f"run {record.run.id}",
        "dateModified": record.run.published_at,
        "license": LICENSE,
        "creditText": source.publisher.credit,
        "isAccessibleForFree": True,
        "creator": {"@type": "Organization", "name": "Bordercast"},
        "isBasedOn": source.publisher.index,
        "includedInDataCatalog": {"@type": "DataCatalog", "name": "Bordercast"},
        "keywords": about.keywords,
        "temporalCoverage": f"{about.first}/{about.last}",
        "spatialCoverage": {"@type": "Place", "name": f"United States: {about.where}"},
        "measurementTechnique": "Administrative counts; forecasts by a combination of models with "
        "intervals calibrated on their own past errors",
        "variableMeasured": [
            {
                "@type": "PropertyValue",
                "name": source.measure.noun,
                "description": source.measure.definition,
                "unitText": source.measure.unit,
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
            for table in about.tables
        ],
    }


def mark(record: SiteRecord) -> str:
    """Name the paragraph with the digest, at the bottom of each page."""
    return f"digest-{record.run.digest[:DIGEST_LETTERS]}"


def permanent(place: str, record: SiteRecord, within: str = "") -> str:
    """Name where the page as of this run stays, relative to the first page of a site of no address.

    within : a paragraph of it; by default the one that is there only with this run's digest.
    """
    return f"{record.site}as-of/{record.run.id}/{place}#{within or mark(record)}"


def cite(title: str, place: str, record: SiteRecord) -> dict[str, str]:
    """Cite a page in three forms, and say at which address it stays as of this run.

    title : as HTML has it, escaped.
    """
    run, day = record.run, record.run.published_at[:10]
    # As it is read on the page: a citation that says &amp; is retyped wrong.
    name = " ".join(Markup(title).unescape().split())  # noqa: S704 - the opposite of trusting it
    where = permanent(place, record)
    data = f"Data: {record.source.publisher.name}"
    # LaTeX would obey these.
    plain = re.sub(r"([&%$#_])", r"\\\1", re.sub(r"[\\{}^~]", " ", name))
    entry = {
        "author": "{Bordercast}",
        "title": f"{{{plain}}}",
        "year": day[:4],
        "month": str(int(day[5:7])),
        "version": f"run {run.id}",
        "howpublished": rf"\url{{{where}}}",
        "note": f"Digest {run.digest}. {data}",
    }
    fields = ",\n".join(f"  {field} = {{{value}}}" for field, value in entry.items())
    return {
        "plain": f"Bordercast, \N{LEFT DOUBLE QUOTATION MARK}{name},\N{RIGHT DOUBLE QUOTATION MARK}"
        f" run {run.id}, {day_words(day)}, digest {run.digest}, {where}. {data}.",
        "apa": f"Bordercast. ({day[:4]}, {MONTHS[int(day[5:7]) - 1]} {int(day[8:])}). {name} (Run "
        f"{run.id}, digest {run.digest[:DIGEST_LETTERS]}) [Data set; {data}]. {where}",
        "bibtex": f"@misc{{bordercast-run{run.id}-{slug(place) or 'overview'},\n{fields}\n}}",
        "address": where,
    }
