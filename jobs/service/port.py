"""The service's own port: /healthz, /metrics, and where readers unsubscribe by one click."""

import socket
import threading
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from forecast.config import Config
from forecast.context import Context
from forecast.errors import BordercastError
from forecast.store import wakes
from jobs.deliver import unsubscribe as unsubscribing
from jobs.service import checks, health
from jobs.web.responses import refused_name, with_headers
from jobs.web.server import QUIET, BoundedProtocol, listen

GRACE = timedelta(minutes=10)  # beyond the time a wake may take, before it counts as overdue
_FORM = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Unsubscribe</title>'
    "<p>Get no more notices about {}?</p>"
    '<form method="post"><button>Unsubscribe</button></form></html>'
)


def application(context: Context) -> ASGIApp:
    """Return what answers on the port, under its own names only, with the headers of the page."""

    def healthz(_: Request) -> Response:
        late = overdue(context.path, context.config, datetime.now(UTC))
        return PlainTextResponse(f"{late or 'ok'}\n", 503 if late else 200)

    def metrics(_: Request) -> Response:
        try:
            return Response(measured(context), media_type="text/plain; version=0.0.4")
        except ImportError:
            problem = "needs a library: pip install 'bordercast[metrics]'\n"
            return PlainTextResponse(problem, 501)
        except BordercastError as error:
            return PlainTextResponse(f"{error}\n", 503)

    def ask(_: Request) -> Response:
        title = context.source.measure.title
        return HTMLResponse(_FORM.format(escape(f"{title[:1].lower()}{title[1:]}")))

    def unsubscribe(request: Request) -> Response:
        text = request.path_params["token"]
        if len(text) < 1000 and unsubscribing.unsubscribe(context.path, text, datetime.now(UTC)):
            return PlainTextResponse("You will get no more of these notices.\n")
        problem = "This link is too old, or not one of ours. Answer a notice with: unsubscribe.\n"
        return PlainTextResponse(problem, 403)

    routes = Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/metrics", metrics),
            Route("/unsubscribe/{token}", ask, methods=["GET"]),
            Route("/unsubscribe/{token}", unsubscribe, methods=["POST"]),
        ]
    )
    ours = names(context.config)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        refused = refused_name(scope, ours, "Name it in `service.names`; see docs/wires.md.")
        response = PlainTextResponse(f"{refused.words}\n", refused.status) if refused else routes
        await response(scope, receive, with_headers(send))

    return answer


def names(config: Config) -> frozenset[str]:
    """Return the names under which it answers, beside localhost and numeric addresses."""
    site = urlsplit(config.site.address).hostname or ""
    given = (config.service.host, site, socket.gethostname(), *config.service.names)
    return frozenset(name.lower() for name in given if name)


def start(context: Context) -> int:
    """Answer in a thread that ends with the process, on the port returned; errors as `listen`."""
    listening = listen(context.config.service.host, context.config.service.port)
    chosen = uvicorn.Config(
        application(context),
        http=BoundedProtocol,
        lifespan="off",
        **QUIET,
    )
    server = uvicorn.Server(chosen)
    run = threading.Thread(
        target=server.run, kwargs={"sockets": [listening]}, name="port", daemon=True
    )
    run.start()
    return int(listening.getsockname()[1])


def overdue(path: Path, config: Config, now: datetime) -> str:
    """Return why the service does not wake as it should, "" if it does."""
    wake, leader = wakes.last(path), wakes.leader(path)
    if wake is None:
        return ""
    patience = timedelta(minutes=config.service.run_minutes) + GRACE
    due = leader and leader.next_wake_at
    if due and now - datetime.fromisoformat(due) > patience:
        return f"a wake was due at {due}"
    if now - datetime.fromisoformat(wake.started_at) > checks.STUCK:
        return f"the last wake began at {wake.started_at}"
    return ""


def measured(context: Context) -> bytes:
    """Return how the service stands, in Prometheus's text format."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    now = datetime.now(UTC)
    stands = health.status(context, now)
    facts, wake = stands.facts, stands.facts.last_wake
    started = datetime.fromisoformat(wake.started_at).timestamp() if wake else None
    figures = {
        "last_run": ("Number of the last published run", facts.last_run),
        "figures_age_days": (
            "Days since the end of the month that is due",
            facts.days_since_month_end,
        ),
        "last_wake_timestamp_seconds": ("When the last wake began", started),
        "last_wake_failed": (
            "Whether it failed",
            int(wake.outcome == "failed") if wake else None,
        ),
        "wake_overdue": (
            "Whether a wake is overdue",
            int(bool(overdue(context.path, context.config, now))),
        ),
        "notices_held": ("Notices awaiting approval", facts.notices_held),
        "files_in_quarantine": ("Files refused, not decided on", facts.files_in_quarantine),
        "verify_failed": ("Whether verification failed", int(bool(facts.verify_findings))),
        "mail_stopped": ("Whether the mail queue has stopped", int(bool(facts.mail_stopped))),
        "alarms": ("What needs a person now", len(stands.alarms)),
        "warnings": ("What may need one soon", len(stands.warnings)),
        "database_bytes": ("Size of the record", facts.database_bytes),
        "free_bytes": ("Free room on its disk", facts.free_bytes),
    }
    registry = CollectorRegistry()
    for name, (about, value) in figures.items():
        # 0 would state what is not known.
        if value is not None:
            Gauge(f"bordercast_{name}", about, registry=registry).set(value)
    undelivered = Gauge(
        "bordercast_undelivered", "Messages not delivered", ["state"], registry=registry
    )
    for state in ("waiting", "sending", "refused", "given up"):
        undelivered.labels(state).set(facts.undelivered.get(state, 0))
    return generate_latest(registry)
