"""Start of a process: «ready» is said, to people and to systemd, when the page is served and not before."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path

import pytest

from edge import runtime, systemd
from tests.support_gate import laptop, without_cameras


def test_ready_is_said_after_the_page_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, bool]] = []
    servers: list[runtime.Server] = []

    class Slow(runtime.Server):
        """It takes its time to begin, as on a busy Pi."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            servers.append(self)
            await asyncio.sleep(0.2)
            await super().startup(sockets)

    def served() -> bool:
        return bool(servers) and servers[0].started

    def notify(*words: str) -> bool:
        said.append((words[0], served()))
        return True

    def say(line: str) -> None:
        said.append((line.split(" · ", maxsplit=1)[0], served()))
        if "ready" in line:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(runtime, "Server", Slow)
    monkeypatch.setattr(systemd, "notify", notify)
    settings = laptop(tmp_path / "gate", without_cameras)
    asyncio.run(runtime.run(settings, say))
    name = settings.gate.name
    assert said[:2] == [(f"{name} ready", True), ("READY=1", True)]
    assert [word for word, _ in said[2:]] == ["STOPPING=1", f"{name} stopped"]


def test_a_server_that_ends_at_once_is_not_waited_for() -> None:
    """Whatever keeps it from serving comes out of its own task; nobody waits for a page that will never be there."""

    async def story() -> None:
        async def broken() -> None:
            raise OSError("no page")

        server = runtime.Server(runtime.uvicorn.Config(lambda *_: None, log_config=None))
        serving = asyncio.create_task(broken())
        async with asyncio.timeout(5):
            await runtime._served(server, serving)
        assert not server.serves.is_set()
        with pytest.raises(OSError, match="no page"):
            await serving

    asyncio.run(story())
