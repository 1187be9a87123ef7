"""Snapshots: all that a merchant has, kept aside and put back."""

from __future__ import annotations

import json
from typing import Any

from pay_conformance.mock.codec import RECORDS, decode, decoded, encode, encoded
from pay_conformance.mock.life import Life
from pay_conformance.mock.store import Merchant
from pay_conformance.mock.things import data_of_saved, saved_of


def take(merchant: Merchant) -> str:
    """Return everything that a merchant has, its time included, as JSON text.

    Faults and the settings of notifications are no part of it.
    """
    return json.dumps(
        {
            "offset": merchant.time.offset,
            "records": {
                kind: [encoded(record) for record in things.values()]
                for kind, things in merchant.stored.items()
            },
            "kept": {
                kind: {name: encode(value) for name, value in things.items()}
                for kind, things in merchant.kept.items()
            },
            "saved": {key: data_of_saved(saved) for key, saved in merchant.saved.items()},
        }
    )


def restore(life: Life, merchant: Merchant, snapshot: str) -> None:
    """Put a merchant back to what it was when the snapshot was taken, its time included."""
    data: dict[str, Any] = json.loads(snapshot)
    merchant.clear()
    merchant.time.offset = data["offset"]
    for kind in RECORDS:
        for entry in data["records"][kind]:
            record = decoded(kind, entry)
            merchant.stored[kind][record.id] = record
    for kind, things in merchant.kept.items():
        things.update((name, decode(value)) for name, value in data["kept"][kind].items())
    merchant.saved.update((key, saved_of(entry)) for key, entry in data["saved"].items())
    for things in merchant.stored.values():
        for record in things.values():
            life.schedule(merchant, record)
