"""A page for dataset search, by schema.org's `Dataset`, and for who cites it."""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from markupsafe import Markup

from forecast.desk.site.reading import SiteRecord
from forecast.words import capital, day_words

LICENSE = "https://opensource.org/license/mit"
DIGEST_LETTERS = 16  # letters of a digest that an address names: nobody finds another with the same


def dataset(
    record: SiteRecord,
    place: str,
    title: str,
    where: str,
    months: Collection[str],
    tables: Mapping[str, str],
    files: Mapping[str, bytes],
) -> dict[str, Any]:
    """Describe the tables beside one page, as dataset search wants it in the page.

    place : of the page. where : a place in words. months : of the counts. tables : name of the file
    without its ending -> what it holds. files : theirs, by name.
    """
    source, run = record.source, record.run
    address = f"{record.site}{place}" if record.address else ""
    # Of the counts, not of the run: that is what who searches for data asks for.
    first, last = min(months), max(months)
    # Of the bytes as they lie there: a checksum of anything else proves nothing.
    bodies = {name: files[f"{name}.csv"] for name in tables}
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": title,
        "description": f"Monthly counts of {source.measure.long_name} ({where}), {first} to "
        f"{last}, as published by {source.publisher.name} ({source.publisher.short}), with "
        "forecasts of the next 12 months (50%, 80% and 95% prediction intervals), unusual months, "
        f"accuracy of past forecasts and revisions. {source.measure.caveat}",
        **({"url": address} if address else {}),
        "identifier": f"bordercast run {run.id}, digest {run.digest}",
        "version": f"run {run.id}",
        "dateModified": run.published_at,
        "license": LICENSE,
        "creditText": source.publisher.credit,
        "isAccessibleForFree": True,
        "creator": {"@type": "Organization", "name": "Bordercast"},
        "isBasedOn": source.publisher.index,
        "includedInDataCatalog": {"@type": "DataCatalog", "name": "Bordercast"},
        "keywords": [
            *(source.measure.noun, "border", source.publisher.short),
            *("forecast", "prediction interval"),
        ],
        "temporalCoverage": f"{first}/{last}",
        "spatialCoverage": {"@type": "Place", "name": f"United States: {where}"},
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
                "name": name,
                "description": tables[name],
                "encodingFormat": "text/csv",
                "contentUrl": f"{address}{name}.csv",
                "contentSize": f"{len(body)} B",
                "sha256": hashlib.sha256(body).hexdigest(),
            }
            for name, body in bodies.items()
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
    """Cite a page in a sentence, and say at which address it stays as of this run.

    title : as HTML has it, escaped.
    """
    run, day = record.run, record.run.published_at[:10]
    # As it is read on the page: a citation that says &amp; is retyped wrong.
    name = " ".join(Markup(title).unescape().split())  # noqa: S704 - the opposite of trusting it
    where = permanent(place, record)
    return {
        "sentence": f"Bordercast, \N{LEFT DOUBLE QUOTATION MARK}{name},"
        f"\N{RIGHT DOUBLE QUOTATION MARK} run {run.id}, {day_words(day)}, digest {run.digest}, "
        f"{where}. Data: {capital(record.source.publisher.name)}.",
        "address": where,
    }
