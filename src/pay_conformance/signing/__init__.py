"""Signing: the canonical request, signatures of requests and buttons, and their verification."""

from pay_conformance.signing.authorization import Authorization, parse_authorization
from pay_conformance.signing.canonical import Algorithm, canonical_request, string_to_sign
from pay_conformance.signing.dates import Freshness, parse_pay_date
from pay_conformance.signing.keys import (
    PrivateKey,
    PublicKey,
    load_private_key,
    load_public_key,
    new_private_pem,
    pem_text,
    public_pem,
)
from pay_conformance.signing.signer import (
    HOSTS,
    REGIONS,
    Signer,
    default_headers,
    pay_date,
    sign_button,
    with_defaults,
)
from pay_conformance.signing.verifier import (
    Refusal,
    Stage,
    Verified,
    read_signature,
    verify,
    verify_button,
)

__all__ = [
    "HOSTS",
    "REGIONS",
    "Algorithm",
    "Authorization",
    "Freshness",
    "PrivateKey",
    "PublicKey",
    "Refusal",
    "Signer",
    "Stage",
    "Verified",
    "canonical_request",
    "default_headers",
    "load_private_key",
    "load_public_key",
    "new_private_pem",
    "parse_authorization",
    "parse_pay_date",
    "pay_date",
    "pem_text",
    "public_pem",
    "read_signature",
    "sign_button",
    "string_to_sign",
    "verify",
    "verify_button",
    "with_defaults",
]
