"""What happens around every view: one function before it and one after it.

Before: request id, same origin, who is asking and whether they may, well-formed input. After:
security headers, the request id, the chosen language, one-time messages, gzip, one log line and
the metrics. Each step is a plain function of its own module; here is only their order.
"""

import time

from flask import Flask, Response
from flask.globals import app_ctx, request_ctx

from zone.web import (
    auth,
    callbacks,
    compression,
    context,
    csrf,
    logs,
    one_time,
    queue_wait,
    request_metrics,
    security_headers,
    static_files,
    wellformed,
)
from zone.web.language import language, remember_language


def install(app: Flask, authenticate: auth.Authenticate) -> None:
    """Run the frame around every view of the application."""
    settings = context.settings_of(app)

    @app.before_request
    def begin() -> None:
        # The proxies `request` and `g` were looked up 68 times in a refused booking: 8 %.
        current, state = request_ctx.request, app_ctx.g
        state.began = time.perf_counter()
        state.request_id = context.request_id_of(current)
        if current.endpoint == static_files.ENDPOINT:
            # Without asking who it is: a page that says that the database is away needs its style.
            return
        if not callbacks.is_from_outside(app, current):
            csrf.check(current, settings)
        # After the origin: who is late gets their form back, with a button that sends it.
        queue_wait.refuse_late(app, current)
        state.actor = authenticate(current, settings)
        auth.guard(app, current, state.actor)
        wellformed.guard(app, current)

    @app.after_request
    def finish(response: Response) -> Response:
        current, state = request_ctx.request, app_ctx.g
        actor = state.get("actor")
        security_headers.harden(response, settings, actor)
        request_id = state.get("request_id")
        if request_id is not None:
            response.headers[context.REQUEST_ID] = request_id
        remember_language(response, current, actor, settings)
        if response.mimetype == "text/html":
            response.headers["Content-Language"] = language()
        one_time.leave_or_delete(response, current, settings)
        compression.compress(response, current, actor, settings)
        answered = logs.Answered(
            method=logs.method_of(current),
            route=logs.route_of(current),
            status=response.status_code,
            seconds=time.perf_counter() - state.get("began", time.perf_counter()),
            actor=actor.kind if actor is not None else "nobody",
            request_id=request_id,
        )
        request_metrics.count(answered)
        logs.write(answered)
        return response
