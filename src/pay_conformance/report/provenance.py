"""What a report was made by: the version of this tool, and digests of what decides its verdicts."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from pay_conformance import __version__

_BUILT = frozenset({"__pycache__"})


def made_by(contract: str, suite: Path, *, mock: bool, requirements: str = "") -> dict[str, str]:
    """Return the ``tool`` of a run: name and version, and SHA-256 digests in hex.

    ``contract`` is the contract's digest and ``suite`` the folder of what was run; the digest of
    the reference server is there only if it took part in the run. ``requirements`` is the release
    whose set the subject was held to, if one was asked for.
    """
    told = {
        "name": "amazon-pay-conformance",
        "version": __version__,
        "suite": folder_digest(suite),
        "contract": contract,
    }
    if mock:
        told["mock"] = mock_digest()
    if requirements:
        told["requirements"] = requirements
    return told


def folder_digest(folder: Path) -> str:
    """Return the SHA-256 in hex over the names and bytes of the files of a folder."""
    total = sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and _BUILT.isdisjoint(path.parts):
            total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


@lru_cache(maxsize=1)
def mock_digest() -> str:
    """Return the digest of the reference server's own code."""
    return folder_digest(Path(__file__).parents[1] / "mock")
