"""What is no object of the API, as JSON and back: faults, failures, notifications, snapshots.

Whoever keeps a merchant keeps each under a kind and a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from pay_conformance.mock.faults import Fault
from pay_conformance.mock.outbox import Delivery
from pay_conformance.mock.store import Merchant

KINDS: Final = frozenset({"settings", "delivery", "snapshot"})
_OUTBOX: Final = ("on", "endpoint", "mode", "seconds", "version", "numbers")


def names_of(merchant: Merchant) -> Iterator[tuple[str, str]]:
    """Yield kind and name of everything that a merchant has of these kinds."""
    yield from (("settings", "faults"), ("settings", "failures"), ("settings", "notifications"))
    outbox = merchant.outbox
    yield from (("delivery", str(entry.number)) for entry in (*outbox.sent, *outbox.held))
    yield from (("snapshot", name) for name in merchant.snapshots)


def setting(merchant: Merchant, kind: str, name: str) -> Any:
    """Return what is kept under a kind and a name as JSON, or ``None`` if it is no more."""
    if kind == "snapshot":
        return merchant.snapshots.get(name)
    outbox = merchant.outbox
    if kind == "delivery":
        for held, deliveries in ((False, outbox.sent), (True, outbox.held)):
            for entry in reversed(deliveries):
                if str(entry.number) == name:
                    return {"held": held, "delivery": asdict(entry)}
        return None
    if name == "faults":
        return [asdict(fault) for fault in merchant.faults.waiting]
    if name == "failures":
        return merchant.failures
    return {key: getattr(outbox, key) for key in _OUTBOX}


def put_setting(merchant: Merchant, kind: str, name: str, data: Any) -> None:
    """Give a merchant what was kept under a kind and a name, in place of what it has there.

    Raises:
        KeyError, TypeError: if nothing of this module wrote it.
    """
    if kind == "snapshot":
        merchant.snapshots[name] = data
    elif kind == "delivery":
        drop_setting(merchant, kind, name)
        delivery = Delivery(**data["delivery"])
        (merchant.outbox.held if data["held"] else merchant.outbox.sent).append(delivery)
    elif name == "faults":
        merchant.faults.waiting[:] = [Fault(**entry) for entry in data]
    elif name == "failures":
        merchant.failures[:] = data
    else:
        for key in _OUTBOX:
            setattr(merchant.outbox, key, data[key])


def drop_setting(merchant: Merchant, kind: str, name: str) -> None:
    """Take a delivery or a snapshot from a merchant, if it has it."""
    if kind == "snapshot":
        merchant.snapshots.pop(name, None)
    elif kind == "delivery":
        for deliveries in (merchant.outbox.sent, merchant.outbox.held):
            deliveries[:] = [entry for entry in deliveries if str(entry.number) != name]
