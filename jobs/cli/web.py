"""`web` and `site`: the page, served and as files. `mcp`: the record for assistants."""

from __future__ import annotations

from pathlib import Path

import click

from forecast.errors import ConfigError
from jobs.cli.help import examples
from jobs.cli.shared import Settings, leaving_when_terminated, reading


@click.command(epilog=examples("web", "web --port 8080"))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8001,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port; 0 takes a free one.",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    help="A name under which a proxy serves it; may be given again.",
)
@click.option(
    "--allow-others",
    is_flag=True,
    help="Let --host be an address that other machines can reach; there is no login.",
)
@click.pass_obj
def web(
    settings: Settings, host: str, port: int, names: tuple[str, ...], allow_others: bool
) -> None:
    """Serve the page: forecasts, unusual months, every table.

    Shows the analysts' copy, read-only, and a new one as soon as a run has made it. Ends with
    Ctrl-C or SIGTERM, exit code 0.
    """
    from forecast.store import held
    from jobs import logs
    from jobs.web import server as work

    work.refuse_others(host, allow_others)
    snapshot = work.snapshot_of(settings.db, settings.config)
    logs.set_up(settings.config)
    with leaving_when_terminated(0), work.listen(host, port) as listening:
        from jobs.web.app import Site
        from jobs.web.worker import CHECK, OF_TEXTS, QueryServer

        held.close(held.hold(snapshot, 1))  # says what is wrong before anybody asks
        site = Site(
            settings.db,
            snapshot,
            (*names, host),
            work.folder_of(settings.db, settings.config),
            settings.config.site.address,
            totals=settings.context.source.totals,
            tables=QueryServer(snapshot),
            checker=QueryServer(snapshot, task=CHECK, refusals=OF_TEXTS),
        )
        place = f"[{host}]" if ":" in host else host
        address = f"http://{place}:{listening.getsockname()[1]}"
        work.serve(site, listening, lambda: click.echo(f"{address} (Ctrl-C ends it)"))


@click.command(epilog=examples("site -o public", "--db bordercast.db site -o /var/www/bordercast"))
@click.option(
    "-o",
    "out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write it into [that of the settings].",
)
@click.pass_obj
def site(settings: Settings, out: Path | None) -> None:
    """Write the page as files, for any web server or none.

    Writes only what changed, and keeps the pages of earlier runs under as-of/RUN/.
    """
    from forecast import months
    from jobs import site as work
    from jobs.web import server

    folder = out or server.folder_of(settings.db, settings.config)
    if folder is None:
        raise ConfigError(settings.source, "site.folder", "is empty; set it, or name one with -o")
    with reading(settings) as connection:
        address = settings.config.site.address
        done = work.build(connection, settings.context, folder, months.today(), address)
    if not done.written:
        click.echo(f"{folder}: nothing has changed since run {done.run} was written.")
        return
    click.echo(f"{folder}: {done.written:,} files written, {done.kept:,} as they were; open")
    click.echo(f"{(folder / 'index.html').absolute()}")


@click.command(epilog=examples("mcp"))
@click.pass_obj
def mcp(settings: Settings) -> None:
    """Answer assistants, over the Model Context Protocol on stdio.

    Read-only. An assistant starts it by itself; docs/wires.md shows how.
    """
    try:
        from jobs.assistants import server
    except ImportError:
        problem = "needs a library: pip install 'bordercast[mcp]'"
        raise ConfigError("bordercast mcp", "library", problem) from None
    server(settings).run("stdio")
