"""How updates reach the bot: it asks for them, or they are posted to its webhook."""

import asyncio
import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from .model import Json, Refusal, bad_request
from .params import Params
from .world import World

MAX_POLL = 50.0  # seconds
ATTEMPTS = 5  # of the webhook, for one update
PAUSE = 0.1  # seconds before the second attempt; each pause is twice the last

_OTHER_POLLER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
_WEBHOOK_SET = "Conflict: terminated by setWebhook request"
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


class Ended(Enum):
    """Why a long poll came to its end before its time."""

    WOKEN = "woken"
    RIVAL = "rival"
    WEBHOOK = "webhook"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where updates are posted to."""

    url: str
    secret_token: str = ""
    certificate: bool = False
    max_connections: int = 40
    last_error: str = ""
    last_error_date: int = 0


class Delivery:
    """The two ways, of which one is open at a time; lives on the server's loop."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._webhook: Webhook | None = None
        self._poll: asyncio.Future[Ended] | None = None
        self._stirred = asyncio.Event()

    async def get_updates(self, params: Params, poll: asyncio.Future[Ended]) -> list[Json]:
        """`getUpdates`: wait until there is something, the time is over, or another poller comes."""
        if self._webhook is not None:
            raise Refusal(409, _WEBHOOK_ACTIVE)
        self._end(Ended.RIVAL)
        limit = params.integer("limit") or 100
        with self._world.changed:
            self._world.updates.allow(_kinds(params))
            if offset := params.integer("offset"):
                waiting = len(self._world.updates.pending)
                self._world.updates.acknowledge(offset)
                if len(self._world.updates.pending) < waiting:
                    self._world.stir()
            batch = self._world.updates.batch(limit)
        timeout = min(float(params.integer("timeout") or 0), MAX_POLL)
        if batch or timeout <= 0:
            return batch
        self._poll = poll
        done, _ = await asyncio.wait([poll], timeout=timeout)
        if self._poll is poll:
            self._poll = None
        ended = poll.result() if done else Ended.WOKEN
        if ended is Ended.RIVAL:
            raise Refusal(409, _OTHER_POLLER)
        if ended is Ended.WEBHOOK:
            raise Refusal(409, _WEBHOOK_SET)
        with self._world.changed:
            return [] if ended is Ended.GONE else self._world.updates.batch(limit)

    def set_webhook(self, params: Params) -> bool:
        """`setWebhook`; plain HTTP passes on this machine only."""
        url, secret = params.text("url"), params.text("secret_token")
        if not url:
            return self.delete_webhook(params)
        parts = urlsplit(url)
        local = parts.hostname in ("127.0.0.1", "localhost")
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if secret and not _SECRET.fullmatch(secret):
            raise bad_request("secret token contains unallowed characters")
        self._end(Ended.WEBHOOK)
        connections = params.integer("max_connections") or 40
        self._webhook = Webhook(url, secret, "certificate" in params, connections)
        with self._world.changed:
            self._world.updates.allow(_kinds(params))
        self._drop_if_asked(params)
        self.wake()
        return True

    def delete_webhook(self, params: Params) -> bool:
        """`deleteWebhook`."""
        self._webhook = None
        self._drop_if_asked(params)
        return True

    def webhook_info(self) -> Json:
        """`getWebhookInfo`."""
        webhook = self._webhook or Webhook("")
        with self._world.changed:
            waiting = len(self._world.updates.pending)
            allowed = self._world.updates.allowed
        info: Json = {
            "url": webhook.url,
            "has_custom_certificate": webhook.certificate,
            "pending_update_count": waiting,
            "max_connections": webhook.max_connections,
        }
        if allowed is not None:
            info["allowed_updates"] = sorted(allowed)
        if webhook.last_error:
            info |= {"last_error_date": webhook.last_error_date, "last_error_message": webhook.last_error}
        return info

    def wake(self) -> None:
        """An update came: end the poll that waits, and start the webhook."""
        self._end(Ended.WOKEN)
        self._stirred.set()

    def stop(self) -> None:
        """Let go of the poll that waits."""
        self._end(Ended.GONE)

    async def post_updates(self) -> None:
        """Post updates to the webhook, in order, for as long as the server runs."""
        client = AsyncHTTPClient(force_instance=True)
        try:
            while True:
                await self._stirred.wait()
                self._stirred.clear()
                while (webhook := self._webhook) is not None and (update := self._oldest()) is not None:
                    await self._post(client, webhook, update)
        finally:
            client.close()

    async def _post(self, client: AsyncHTTPClient, webhook: Webhook, update: Json) -> None:
        """Post one update until it is taken; give it up after so many attempts."""
        error = ""
        for attempt in range(ATTEMPTS):
            if self._webhook is None or self._webhook.url != webhook.url:
                return
            error = await _attempt(client, webhook, update)
            if not error:
                break
            self._note(error)
            await asyncio.sleep(PAUSE * 2**attempt)
        with self._world.changed:
            self._world.updates.acknowledge(update["update_id"] + 1)
            if error:
                self._world.webhook_failures.append(error)
            self._world.stir()

    def _note(self, error: str) -> None:
        if self._webhook is not None:
            old = self._webhook
            self._webhook = Webhook(
                old.url, old.secret_token, old.certificate, old.max_connections, error, int(time.time())
            )

    def _oldest(self) -> Json | None:
        with self._world.changed:
            return next(iter(self._world.updates.pending), None)

    def _drop_if_asked(self, params: Params) -> None:
        if params.flag("drop_pending_updates"):
            with self._world.changed:
                self._world.updates.pending.clear()

    def _end(self, why: Ended) -> None:
        poll, self._poll = self._poll, None
        if poll is not None and not poll.done():
            poll.set_result(why)


def _kinds(params: Params) -> Iterable[str] | None:
    """The kinds that a bot asks for; None where it does not say."""
    return params.nested("allowed_updates") or [] if "allowed_updates" in params else None


async def _attempt(client: AsyncHTTPClient, webhook: Webhook, update: Json) -> str:
    """Post an update once; the error as Telegram words it, empty where it was taken."""
    headers = {"Content-Type": "application/json"}
    if webhook.secret_token:
        headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret_token
    request = HTTPRequest(webhook.url, "POST", headers, json.dumps(update), connect_timeout=5, request_timeout=20)
    try:
        response = await client.fetch(request, raise_error=False)
    except (OSError, HTTPClientError) as error:
        return f"Connection failed: {error}"
    if 200 <= response.code < 300:
        return ""
    return f"Wrong response from the webhook: {response.code} {response.reason}"
