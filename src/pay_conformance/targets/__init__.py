"""The servers that the suite can be run against, each behind the same few methods."""

from __future__ import annotations

from pay_conformance.targets.choice import CHOICES, open_target
from pay_conformance.targets.control import ControlClient, ControlRefused
from pay_conformance.targets.embedded import EmbeddedMock
from pay_conformance.targets.merchant import Merchant
from pay_conformance.targets.target import CAPABILITIES, NoAnswer, Target

__all__ = [
    "CAPABILITIES",
    "CHOICES",
    "ControlClient",
    "ControlRefused",
    "EmbeddedMock",
    "Merchant",
    "NoAnswer",
    "Target",
    "open_target",
]
