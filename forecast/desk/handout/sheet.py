"""A month on one page of paper, as a PDF that screen readers can read too."""

from __future__ import annotations

from base64 import b64encode

from forecast.desk import brief
from forecast.desk.email import content
from forecast.desk.email.typeset import template
from forecast.desk.handout import poster
from forecast.desk.handout.poster import PosterChart
from forecast.desk.handout.words import Handout
from forecast.desk.report import MonthReport
from forecast.errors import ConfigError
from forecast.store.read import RunRow
from forecast.words import check_command, one_line

SIZES = (10.5, 9.5, 8.5, 7.5)  # of the words in points: the largest at which one page holds them
CHART = 540, 215  # in points, of a page that is 612 wide
DEBIAN = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


def pdf(handout: Handout, report: MonthReport, chart: PosterChart, run: RunRow) -> bytes:
    """The page as a PDF file.

    Raises
    ------
    ConfigError : WeasyPrint is not installed, or what it needs of the system.
    """
    try:
        from weasyprint import HTML
    except ImportError:
        raise _missing("WeasyPrint: pip install 'bordercast[pdf]'") from None
    except OSError:  # it loads Pango when it is imported
        raise _missing(f"Pango, on Debian: apt-get install {DEBIAN}") from None
    for size in SIZES:
        document = HTML(string=html(handout, report, chart, run, size)).render()
        if len(document.pages) == 1:
            break
    write_pdf: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
    return write_pdf


def _missing(what: str) -> ConfigError:
    return ConfigError("bordercast brief", "-o FILE.pdf", f"needs {what}")


def html(
    handout: Handout, report: MonthReport, chart: PosterChart, run: RunRow, size: float = SIZES[0]
) -> str:
    """The page as HTML. size : of the words, in points."""
    more = [brief.rank_sentence(report), brief.vintage_sentence(report), *brief.definition(report)]
    if report.score is not None:
        more.append(content.quality(report.score))
    svg = b64encode(poster.chart_svg(chart, *CHART, source=report.source).encode()).decode()
    return template("brief.html").render(
        said=handout,
        size=size,
        chart=f"data:image/svg+xml;base64,{svg}",
        compared=list(content.rows(report)),
        say=content.say(report),
        avoid=content.avoid(report),
        more=list(map(one_line, more)),
        run=run,
        check=check_command(run.id, run.digest),
        credit=report.source.publisher.credit,
    )
