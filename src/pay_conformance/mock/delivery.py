"""Delivers notifications over the network while a mock is being served."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

from pay_conformance.mock.outbox import Delivery, headers
from pay_conformance.mock.server import Mock
from pay_conformance.mock.store import Merchant

if TYPE_CHECKING:
    import httpx

PATIENCE: Final = 15.0
"""Seconds that a receiver has to answer, as with SNS."""
_PAUSE: Final = 0.05


async def deliver(mock: Mock) -> None:
    """Deliver what falls due, for ever; a merchant's notifications one after the other."""
    while not mock.notifications_due():
        await asyncio.sleep(_PAUSE)
    # Few runs send notifications, and a server starts faster without a client.
    import httpx

    busy: dict[str, asyncio.Task[None]] = {}
    # A receiver on this machine has a certificate of its own making, as often as not.
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False, verify=False) as client:  # noqa: S501
        while True:
            for merchant, due in mock.notifications_due():
                running = busy.get(merchant.key_id)
                if running is None or running.done():
                    work = _post_all(client, mock, merchant, due)
                    busy[merchant.key_id] = asyncio.create_task(work)
            await asyncio.sleep(_PAUSE)


async def _post_all(
    client: httpx.AsyncClient, mock: Mock, merchant: Merchant, due: list[Delivery]
) -> None:
    for delivery in due:
        status = await _post(client, merchant, delivery)
        mock.notified(merchant, delivery, status)


async def _post(client: httpx.AsyncClient, merchant: Merchant, delivery: Delivery) -> int | None:
    body = json.dumps(delivery.envelope).encode()
    import httpx

    try:
        answer = await client.post(
            merchant.outbox.endpoint or "", content=body, headers=headers(delivery)
        )
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
    return answer.status_code
