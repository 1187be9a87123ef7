"""Terminates TLS for an unmodified program, judges what it sent, and plays Amazon around it."""

from pay_conformance.gateway.attendant import Attendant, Handler
from pay_conformance.gateway.faults import Fault, FaultKind
from pay_conformance.gateway.interception import Interception, intercept
from pay_conformance.gateway.listener import AMAZON_HOSTS, IncidentKind

__all__ = [
    "AMAZON_HOSTS",
    "Attendant",
    "Fault",
    "FaultKind",
    "Handler",
    "IncidentKind",
    "Interception",
    "intercept",
]
