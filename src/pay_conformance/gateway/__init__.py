"""Terminates TLS for an unmodified program, judges what it sent, and plays Amazon around it."""

from pay_conformance.gateway.faults import Fault, FaultKind
from pay_conformance.gateway.interception import Interception, intercept
from pay_conformance.gateway.listener import AMAZON_HOSTS, Handler, IncidentKind

__all__ = [
    "AMAZON_HOSTS",
    "Fault",
    "FaultKind",
    "Handler",
    "IncidentKind",
    "Interception",
    "intercept",
]
