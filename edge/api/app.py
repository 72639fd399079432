"""The API as a whole: `create_app` puts routes, page, error shape and shield together over one gate.

    browser ──▶ shield ──▶ routes ──▶ GatePort (the gate decides)      Users (who is it)
                              └─────▶ reading threads ──▶ SQLite, pictures

Routes translate, they decide nothing. Nothing here imports the gate: it is handed in.
"""

from __future__ import annotations

from fastapi import FastAPI

from edge import __version__
from edge.api import (
    cards,
    config,
    docs,
    duty,
    errors,
    escort,
    goods,
    lanes,
    people,
    privacy,
    reception,
    register,
    requests,
    sight,
    stream,
    system,
    technician,
    visits,
)
from edge.api.context import Context, Options, Reads
from edge.api.models import Error
from edge.api.pages import Pages
from edge.api.port import GatePort
from edge.api.shield import LIMITS, say
from edge.store.users import Users
from sync.shield import Shield

ABOUT = (
    "The gate's own API. Sign in with POST /api/v1/session; every request that changes something carries an Idempotency-Key; "
    "every error has one shape: error.code, error.message, error.hint. Live events: GET /api/v1/stream."
)

PARTS = (
    people,
    lanes,
    register,
    visits,
    sight,
    cards,
    reception,
    goods,
    requests,
    duty,
    escort,
    privacy,
    config,
    technician,
    system,
    stream,
)
"""The modules with routes, in the order of the documentation."""


def create_app(port: GatePort, users: Users, options: Options | None = None) -> FastAPI:
    """The application. It starts nothing by itself: the caller calls `users.tend()` once a minute, and `closing` at the end."""
    options = options or Options()
    pages = Pages()
    app = FastAPI(
        title="门岗 gate-edge",
        version=__version__,
        description=ABOUT,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses={"default": {"model": Error, "description": "Anything else"}},
    )
    app.state.context = Context(port, users, options, Reads(port), pages.build)
    errors.install(app)
    for part in PARTS:
        app.include_router(part.router)
    app.include_router(system.metrics_router)
    docs.install(app, f"/static/{pages.build}/docs.css")
    app.include_router(pages.router())
    app.add_middleware(Shield, say=say, names=options.names, limits=LIMITS)
    return app


def closing(app: FastAPI) -> None:
    """The gate goes down: open streams end now, so that the server need not wait for them."""
    app.state.context.closing.set()


def close(app: FastAPI) -> None:
    """End the reading threads; after the server has ended."""
    app.state.context.reads.close()
