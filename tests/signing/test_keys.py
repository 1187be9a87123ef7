"""Keys are taken as PEM or as a path, in both forms, and a bad one is named as what it is."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from pay_conformance.problems import ConfigurationProblem
from pay_conformance.signing import load_private_key, load_public_key, pem_text, public_pem
from tests.signing.requests import private_pem

NONE = serialization.NoEncryption()
PKCS1 = serialization.PrivateFormat.TraditionalOpenSSL
PKCS8 = serialization.PrivateFormat.PKCS8


def as_pem(key, form, encryption=NONE):
    return key.private_bytes(serialization.Encoding.PEM, form, encryption).decode()


def test_private_key_is_read_in_both_forms():
    key = load_private_key(private_pem())

    assert "BEGIN RSA PRIVATE KEY" in as_pem(key, PKCS1)
    assert public_pem(load_private_key(as_pem(key, PKCS1))) == public_pem(key)


def test_pem_is_given_as_text_or_as_a_path(tmp_path):
    file = tmp_path / "key.pem"
    file.write_text(private_pem(), encoding="ascii")

    assert pem_text(private_pem()) == private_pem().strip()
    assert pem_text(str(file)) == private_pem()


def test_pem_with_line_feeds_as_two_characters_is_mended():
    given = private_pem().strip().replace("\n", "\\n")

    assert public_pem(load_private_key(pem_text(given))) == public_pem(
        load_private_key(private_pem())
    )


@pytest.mark.parametrize(
    ("pem", "says"),
    [
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "not a valid PEM key"),
        (as_pem(ec.generate_private_key(ec.SECP256R1()), PKCS8), "not an RSA key"),
        (as_pem(rsa.generate_private_key(65537, 1024), PKCS8), "1024 bits"),
        (
            as_pem(
                rsa.generate_private_key(65537, 2048),
                PKCS8,
                serialization.BestAvailableEncryption(b"x"),
            ),
            "protected by a password",
        ),
        (public_pem(load_private_key(private_pem())), "a public key"),
    ],
)
def test_private_key_that_is_none_is_named(pem, says):
    with pytest.raises(ConfigurationProblem, match=says):
        load_private_key(pem)


def test_public_key_that_is_none_is_named():
    with pytest.raises(ConfigurationProblem, match="not a valid PEM key"):
        load_public_key("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")


@pytest.mark.parametrize("given", ["", "   ", "/nowhere/key.pem", "\0", "A" * 5000])
def test_path_that_leads_nowhere_is_one_message(given):
    with pytest.raises(ConfigurationProblem, match="private key"):
        pem_text(given)


@pytest.mark.parametrize("lines", [slice(1, None), slice(1, 2), slice(1, -2)])
def test_key_that_lost_its_first_line_is_not_repeated(lines):
    mangled = "\n".join(private_pem().split("\n")[lines])

    with pytest.raises(ConfigurationProblem, match="neither PEM nor a path") as caught:
        pem_text(mangled)

    assert mangled[:8] not in str(caught.value)


@pytest.mark.parametrize("given", ["/nowhere/key.pem", "key.pem", "../keys/mine", "~/keys/mine"])
def test_path_that_can_not_be_read_is_shown(given):
    with pytest.raises(ConfigurationProblem, match="No such file") as caught:
        pem_text(given)

    assert given in str(caught.value)


def test_signer_does_not_show_its_key():
    from pay_conformance.signing import Signer

    assert "PRIVATE" not in repr(vars(Signer("A", private_pem())))
