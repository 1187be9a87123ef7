"""A model of the API for generated stories: what each call may answer, by the lifecycle data.

It knows nothing of any server. A server is asked, and its answer either is one of those that the
model allows, or it violates the requirement that the contract's data names there.
"""

from __future__ import annotations

from pay_conformance.generate.model.deeds import Deed
from pay_conformance.generate.model.judging import Accepted, Illegal, accept, compare
from pay_conformance.generate.model.things import Charge, Permission, Refund, Session, Thing
from pay_conformance.generate.model.world import World

__all__ = [
    "Accepted",
    "Charge",
    "Deed",
    "Illegal",
    "Permission",
    "Refund",
    "Session",
    "Thing",
    "World",
    "accept",
    "compare",
]
