"""The process that is Prefect's server: its interface, its page, its schedules."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn
from prefect.server.api.server import create_app

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Message, _Receive, _Send], Awaitable[None]]

#: The page asks a service that counts visitors for its settings, even with telemetry off. With this a browser asks nobody but
#: this server.
_ONLY_HERE = (
    b"default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; object-src 'none';"
    b" base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
#: A page that is open in a browser does not keep the server from ending.
_SECONDS_TO_END = 4


def run(host: str, port: int) -> None:
    """Serves until SIGTERM."""
    uvicorn.run(
        keeping_to_itself(create_app(final=True)), host=host, port=port, log_level="warning", server_header=False,
        timeout_graceful_shutdown=_SECONDS_TO_END,
    )  # fmt: skip


def keeping_to_itself(app: _App) -> _App:
    """The application, with a header on every answer that forbids a page to load from, or send to, another place."""

    async def kept(scope: _Message, receive: _Receive, send: _Send) -> None:
        async def with_header(message: _Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"content-security-policy", _ONLY_HERE)]
            await send(message)

        await app(scope, receive, with_header)

    return kept
