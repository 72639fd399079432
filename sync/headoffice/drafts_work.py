"""A draft compared and published; large ones in a process of its own: 100,000 rows are seconds of Python, for which no page should wait.

    serve ── where, which draft (standard input) ─▶ python -m sync.headoffice.drafts_work ─▶ head office's database: how far, what came of it
          ◀── one line of JSON

The process ends with its work, so what it needed of memory is given back, and it runs behind everything else (nice). It may break off (killed, out of
memory, disk full): a version is one transaction in which the draft goes too, so either the draft is still there or the version is. `Apart.broken` names
the drafts whose comparing broke off, until somebody begins it again: nobody begins by himself what has just failed, and pages say so instead of waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

from sync.headoffice import registry_view as view
from sync.headoffice.config import Config
from sync.headoffice.drafts import Stale, prepare, publish
from sync.headoffice.drafts_kept import Draft, Drafts
from sync.headoffice.registry import Registry
from sync.headoffice.store import Store, StoreUnavailable
from sync.headoffice.web_users import User, Users

log = logging.getLogger(__name__)
SMALL_BYTES = 64 << 10
SMALL_LINES = 5_000
"""A table beyond these is compared apart: reading either takes a tenth of a second."""
_ROOT = Path(__file__).parents[2]


class Nothing(Exception):
    """There is nothing to publish in it."""


def now_ms() -> int:
    """The time."""
    return time.time_ns() // 1_000_000


def compare(store: Store, site: str, number: str) -> None:
    """Compare a draft with what is in force now; what came of it is told by the draft. Raises StoreUnavailable."""
    drafts, registry = Drafts(store, site), Registry(store, site)
    handed = drafts.handed(number)
    if handed is None:
        return
    base = registry.newest()[0]
    plan, problems = prepare(registry, handed, lambda share: _beat(drafts, number, share))
    said = view.preview(handed.list, plan, problems, whole=handed.whole)
    drafts.compared(number, plan.base if plan else base, said, fit=plan is not None and not plan.empty)


def _beat(drafts: Drafts, number: str, share: int) -> None:
    drafts.beat(number, share, now_ms())


def publish_draft(store: Store, site: str, draft: Draft, user: User) -> int:
    """Make it the next version and erase it; the version's number. Raises Stale, Nothing, StoreUnavailable."""
    drafts, registry = Drafts(store, site), Registry(store, site)
    handed = drafts.handed(draft.number)
    if handed is None or draft.base != registry.newest()[0]:
        raise Stale
    plan, _ = prepare(registry, handed)
    if plan is None or plan.empty:
        raise Nothing
    if plan.base != draft.base:
        raise Stale
    by = user.name if draft.by == user.name else f"{user.name} ({draft.by})"
    made = publish(store, registry, site, plan, _source(draft), by, [drafts.gone(draft)])
    drafts.erased()
    Users(store).looked(user, "published", "", [f"{draft.list} {made}"])
    return made


def _source(draft: Draft) -> str:
    return f"{draft.list}: {draft.name}"


def published_after_all(store: Store, site: str, draft: Draft, user: User) -> int | None:
    """What became of a draft whose publishing broke off: the version that it made nevertheless, 0: none and it is still there, None: somebody
    threw it away. Raises StoreUnavailable."""
    if Drafts(store, site).of(draft.number) is not None:
        return 0
    made = Registry(store, site).made_from(draft.base, _source(draft))
    if made is not None:
        Users(store).looked(user, "published", "", [f"{draft.list} {made}"])
    return made


class Apart:
    """Such processes, one at a time. Lives in the loop."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._one = asyncio.Lock()
        self._child: asyncio.subprocess.Process | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.broken: set[str] = set()

    def begin(self, number: str) -> None:
        """Compare one; nobody waits for it."""
        self.broken.discard(number)
        task = asyncio.get_running_loop().create_task(self._compare(number))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _compare(self, number: str) -> None:
        try:
            if "failed" in await self("compare", number):
                self.broken.add(number)
        except StoreUnavailable as e:
            log.error("comparing draft %s: %s (%s)", number, e, e.hint)
            self.broken.add(number)

    async def __call__(self, what: str, number: str, user: User | None = None, at_ms: int = 0) -> dict[str, Any]:
        """Do it and wait; what it answered. Of a process that ended otherwise: `failed`. Raises StoreUnavailable."""
        config = self._config
        order = {"site": config.site, "db": config.db, "what": what, "number": number, "at_ms": at_ms}
        if user is not None:
            order |= {"name": user.name, "role": user.role}
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH", ""))))
        async with self._one:
            try:
                child = self._child = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "sync.headoffice.drafts_work"),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    env=os.environ | {"PYTHONPATH": path},
                )
            except OSError as e:  # no memory for another process
                log.error("%s of draft %s cannot begin: %s", what, number, e)
                return {"failed": e.errno}
            try:
                out, _ = await child.communicate(json.dumps(order).encode())
            finally:
                self._end()
        answer: dict[str, Any] = json.loads(out) if child.returncode == 0 and out else {"failed": child.returncode}
        if "failed" in answer:
            log.error("%s of draft %s broke off: the process ended with %s", what, number, child.returncode)
        if "database" in answer:
            raise StoreUnavailable(*answer["database"])
        return answer

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None and child.returncode is None:
            child.kill()

    def close(self) -> None:
        """End what is under way: a draft that was being compared is compared again by whoever looks at it next."""
        for task in self._tasks:
            task.cancel()
        self._end()


def main() -> int:
    """The process."""
    os.nice(5)
    order = json.load(sys.stdin)
    site, number = order["site"], order["number"]
    store = Config(site=site, db=order["db"]).open_store()
    answer: dict[str, Any] = {}
    try:
        if order["what"] == "compare":
            compare(store, site, number)
        else:
            draft = Drafts(store, site).of(number)
            if draft is None or draft.at_ms != order["at_ms"]:
                raise Stale
            answer["number"] = publish_draft(store, site, draft, User(order["name"], order["role"]))
    except Stale:
        answer["stale"] = True
    except Nothing:
        answer["nothing"] = True
    except StoreUnavailable as e:
        answer["database"] = [str(e), e.hint]
    finally:
        store.close()
    with contextlib.suppress(BrokenPipeError):  # who asked has ended: what came of it stands with the draft
        print(json.dumps(answer, ensure_ascii=False), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
