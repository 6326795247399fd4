"""`web`: the page. `mcp`: the record for assistants."""

from __future__ import annotations

import click

from forecast.errors import ConfigError
from jobs.cli.help import examples
from jobs.cli.shared import Settings


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
    """Serve a page: forecasts, unusual months, every table.

    Shows the analysts' copy, read-only, and a new one as soon as a run has made it. Ends with
    Ctrl-C.
    """
    from jobs.service import logs
    from jobs.web import server as work

    work.refuse_others(host, allow_others)
    snapshot = work.snapshot_of(settings.db, settings.config)
    logs.set_up(settings.config)
    with work.listen(host, port) as listening:
        from forecast.desk.site.site import Site
        from jobs.web.queries import QueryServer

        site = Site(settings.db, snapshot, (*names, host), tables=QueryServer(snapshot))
        site.refresh()
        if site.trouble is not None:
            raise site.trouble
        place = f"[{host}]" if ":" in host else host
        address = f"http://{place}:{listening.getsockname()[1]}"
        work.serve(site, listening, lambda: click.echo(f"{address} (Ctrl-C ends it)"))


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
