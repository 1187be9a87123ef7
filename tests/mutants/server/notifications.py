"""Wrong senders of notifications."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pay_conformance.mock import Mock
from pay_conformance.mock.outbox import RETRY_AFTER, Delivery
from pay_conformance.mock.records import Charge, Dispute, Permission, Record, Refund
from pay_conformance.mock.sns import Authority
from tests.mutants.model import mutant

Envelope = dict[str, str]


def _sending(server: Mock, change: Callable[[Delivery], Delivery]) -> None:
    """Let a server send another notification than the right one."""
    right = server.notifications._delivery

    def delivery(*about: Any) -> Delivery:
        return change(right(*about))

    server.notifications._delivery = delivery  # type: ignore[method-assign]


def _telling(server: Mock, change: Callable[[Envelope], object]) -> None:
    """Let a server tell something else, signed all the same."""

    def changed(delivery: Delivery) -> Delivery:
        message = json.loads(delivery.envelope["Message"])
        change(message)
        envelope = {**delivery.envelope, "Message": json.dumps(message)}
        return replace(delivery, envelope=_signed(server.notifications.authority, envelope))

    _sending(server, changed)


def _signed(authority: Authority, envelope: Envelope) -> Envelope:
    return {**envelope, "Signature": authority.sign(envelope)}


def _silent(server: Mock, about: type[Any]) -> None:
    """Let a server tell nothing of a kind of object."""
    watchers = server.world.life.watchers
    right = server.notifications.watch

    def watch(merchant: Any, record: Record) -> None:
        if not isinstance(record, about):
            right(merchant, record)

    watchers[:] = [watch]


@mutant(breaks="NT-SEND-001")
def charges_are_not_told(server: Mock) -> None:
    """Nobody hears of a charge."""
    _silent(server, Charge)


@mutant(breaks="NT-SEND-002")
def refunds_are_not_told(server: Mock) -> None:
    """Nobody hears of a refund."""
    _silent(server, Refund)


@mutant(breaks="NT-SEND-003")
def permissions_are_not_told(server: Mock) -> None:
    """Nobody hears of a Charge Permission."""
    _silent(server, Permission)


@mutant(breaks="NT-SEND-004")
def disputes_are_not_told(server: Mock) -> None:
    """Nobody hears of a dispute."""
    _silent(server, Dispute)


@mutant(breaks="NT-SEND-005")
def notification_is_for_another_merchant(server: Mock) -> None:
    """MerchantID is that of somebody else."""
    _telling(server, lambda message: message.update(MerchantID="A0000000000000"))


@mutant(breaks="NT-SEND-006")
def notifications_share_an_id(server: Mock) -> None:
    """NotificationId is always the same."""
    same = "00000000-0000-4000-a000-000000000000"
    _telling(server, lambda message: message.update(NotificationId=same))


@mutant(breaks="NT-BODY-007")
def notification_tells_the_state(server: Mock) -> None:
    """The message has a member that seems to save the receiver the read."""
    _telling(server, lambda message: message.update(State="Captured"))


@mutant(breaks="NT-SIGN-001")
def notification_is_signed_by_another(server: Mock) -> None:
    """The envelope is signed with a key that is not that of the certificate."""
    other = Authority("other")
    _sending(server, lambda sent: replace(sent, envelope=_signed(other, sent.envelope)))


@mutant(breaks="NT-SIGN-001")
def notification_is_changed_after_it_was_signed(server: Mock) -> None:
    """The time in the envelope is not the one that was signed."""
    late = {"Timestamp": "2020-01-01T00:00:00.000Z"}
    _sending(server, lambda sent: replace(sent, envelope=sent.envelope | late))


@mutant(breaks=("NT-HTTP-001", "NT-SNS-008"))
def header_names_another_type(server: Mock) -> None:
    """The envelope's Type is not that of the header x-amz-sns-message-type."""

    def confirming(sent: Delivery) -> Delivery:
        envelope = sent.envelope | {"Type": "SubscriptionConfirmation"}
        return replace(sent, envelope=_signed(server.notifications.authority, envelope))

    _sending(server, confirming)


class _Insistent(Delivery):
    """Is sent until it is taken, whatever the answer."""

    def answered(self, status: int | None, now: int) -> None:
        self.attempts += 1
        self.status = status
        self.done = status is not None and status < 300
        self.due = now + RETRY_AFTER


class _Hasty(Delivery):
    """Is sent once, whatever the answer."""

    def answered(self, status: int | None, now: int) -> None:
        super().answered(status, now)
        self.done = True


@mutant(breaks="NT-HTTP-002")
def refused_notification_is_sent_again(server: Mock) -> None:
    """A notification is sent again after a 4xx, too."""
    _sending(server, lambda sent: _Insistent(sent.id, sent.envelope, sent.due, number=sent.number))


@mutant(breaks="NT-HTTP-002")
def notification_is_sent_once(server: Mock) -> None:
    """A notification is not sent again after a 5xx."""
    _sending(server, lambda sent: _Hasty(sent.id, sent.envelope, sent.due, number=sent.number))
