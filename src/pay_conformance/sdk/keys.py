"""The private keys that cases give to an SDK: good ones in each form, and wrong ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

_PEM = re.compile(r"-----BEGIN [A-Z ]*KEY-----.*?(-----END [A-Z ]*KEY-----|$)", re.DOTALL)


@dataclass(frozen=True)
class CaseKey:
    """A key as it is given to the SDK, and what must not be seen of it anywhere."""

    text: str
    secrets: tuple[str, ...]
    public: rsa.RSAPublicKey

    def hidden(self, text: str) -> str:
        """Return a text in which nothing of the key is left, so that it can go into a report."""
        text = _PEM.sub("[private key]", text)
        lines = (line.strip() for line in self.text.replace("\\n", "\n").splitlines())
        for line in sorted({line for line in lines if len(line) >= 16}, key=len, reverse=True):
            text = text.replace(line, "[private key]")
        return text


@cache
def run_key() -> rsa.RSAPrivateKey:
    """Return the key of all cases that don't ask for one of their own."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def case_key(kind: str, *, fresh: bool) -> CaseKey:
    """Return a key of that kind; ``fresh`` for one that no other case uses."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048) if fresh else run_key()
    text = _KINDS[kind](key)
    # A stretch from the middle of each line: a message may cut or wrap, but not that short.
    lines = text.replace("\\n", "\n").splitlines()
    long = [line.strip() for line in lines if len(line.strip()) >= 60]
    middle = long[1:-1] if len(long) > 2 else long
    secrets = tuple(line[8:40] for line in middle)
    return CaseKey(text, () if kind == "public" else secrets, key.public_key())


def write_key(folder: Path, name: str, text: str) -> Path:
    """Write a key for the eyes of its owner alone, and return the path."""
    path = folder / f"{name}.pem"
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return path


def _pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, form: PrivateFormat = PrivateFormat.PKCS8
) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def _public(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _encrypted(key: rsa.RSAPrivateKey) -> str:
    form = PrivateFormat.PKCS8
    return key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"secret")).decode()


_KINDS: Mapping[str, Callable[[rsa.RSAPrivateKey], str]] = {
    "pkcs8": _pem,
    "pkcs1": lambda key: _pem(key, PrivateFormat.TraditionalOpenSSL),
    "pkcs8 crlf": lambda key: _pem(key).replace("\n", "\r\n"),
    "pkcs8 one line": lambda key: _pem(key).strip().replace("\n", "\\n"),
    "ec": lambda _: _pem(ec.generate_private_key(ec.SECP256R1())),
    "public": _public,
    "encrypted": _encrypted,
    "garbage": lambda key: "".join(_pem(key).splitlines()[1:-1]),
    "empty": lambda _: "",
    "missing file": lambda _: "/nonexistent/private-key.pem",
}
