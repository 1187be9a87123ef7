"""Loads RSA keys from PEM text or from a file, and says plainly what is wrong with one."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pay_conformance.problems import ConfigurationProblem

PrivateKey = rsa.RSAPrivateKey
PublicKey = rsa.RSAPublicKey

MINIMUM_BITS = 2048
_MEND = "give an RSA key in PEM form (PKCS#1 or PKCS#8), or the path of a file that holds one"


def pem_text(given: str, what: str = "the private key") -> str:
    """Return the PEM text that ``given`` is, or that the file named by it holds.

    Line feeds written as two characters, as they come out of some secret stores, are mended.

    Raises:
        ConfigurationProblem: if it is neither.

    """
    text = given.strip()
    if "-----BEGIN" in text:
        return text.replace("\\n", "\n") if "\n" not in text else text
    if not text:
        raise ConfigurationProblem(f"{what} is empty", _MEND)
    try:
        return Path(text).expanduser().read_text(encoding="ascii")
    except UnicodeDecodeError as error:
        raise ConfigurationProblem(f"{what} is not a PEM file: {text}", _MEND) from error
    except (OSError, ValueError) as error:
        if not _is_a_path(text):
            raise ConfigurationProblem(f"{what} is neither PEM nor a path", _MEND) from error
        reason = getattr(error, "strerror", None) or "not a path"
        raise ConfigurationProblem(f"{what} can't be read: {text}: {reason}", _MEND) from error


def _is_a_path(text: str) -> bool:
    """Say whether a value can only be a path; what may be a mangled key must not be repeated."""
    # No letter of base64 is a dot or a tilde, and no key in DER begins with a slash.
    return len(text) < 4096 and "\n" not in text and ("." in text or text[0] in "/~")


_OWN_KEPT = 64
_own: dict[str, PrivateKey] = {}
"""Keys that were made here lately: they are right, and to find that out takes 35 ms."""


@lru_cache(maxsize=256)
def load_private_key(pem: str) -> PrivateKey:
    """Return the private key in ``pem``: PKCS#1 or PKCS#8, RSA, at least 2048 bits, no password.

    Raises:
        ConfigurationProblem: if it is anything else.

    """
    if pem in _own:
        return _own[pem]
    if "PRIVATE KEY" not in pem:
        what = "a public key" if "PUBLIC KEY" in pem else "no private key"
        raise ConfigurationProblem(f"the private key holds {what}", _MEND)
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except TypeError as error:
        raise ConfigurationProblem("the private key is protected by a password", _MEND) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigurationProblem("the private key is not a valid PEM key", _MEND) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigurationProblem("the private key is not an RSA key", _MEND)
    if key.key_size < MINIMUM_BITS:
        raise ConfigurationProblem(
            f"the private key has {key.key_size} bits, fewer than {MINIMUM_BITS}", _MEND
        )
    return key


@lru_cache(maxsize=1024)
def load_public_key(pem: str) -> PublicKey:
    """Return the public key in ``pem`` (``PUBLIC KEY`` or ``RSA PUBLIC KEY``).

    Loading is remembered, so that a server can call this for every request.

    Raises:
        ConfigurationProblem: if it is not an RSA public key.

    """
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigurationProblem("the public key is not a valid PEM key", _MEND) from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise ConfigurationProblem("the public key is not an RSA key", _MEND)
    return key


def public_pem(key: PrivateKey | PublicKey) -> str:
    """Return the public half of a key as PEM text (``BEGIN PUBLIC KEY``)."""
    public = key.public_key() if isinstance(key, rsa.RSAPrivateKey) else key
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def new_private_pem() -> str:
    """Return a new private key of 2048 bits as PEM text (PKCS#8)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=MINIMUM_BITS)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    if len(_own) >= _OWN_KEPT:
        _own.clear()
    _own[pem] = key
    return pem
