"""Refuses what might reach the live environment: keys, requests, and answers that come of it."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from pay_conformance.problems import ConfigurationProblem, SubjectProblem
from pay_conformance.signing import HOSTS
from pay_conformance.targets.target import NoAnswer

_PATH = re.compile(r"(?P<environment>/sandbox)?/v[0-9]+/.*")
_KEY_ID = re.compile(r"PublicKeyId\s*=\s*([^,\s]*)", re.IGNORECASE)


class NotSent(NoAnswer):
    """A request that was held back, because it might have reached the live environment."""


def names_environment(key_id: str) -> bool:
    """Say whether a public key id is for one environment, so that paths need not name it."""
    return key_id.strip().upper().startswith(("SANDBOX", "LIVE"))


def refuse_live_key(key_id: str, source: str) -> None:
    """Refuse a public key id of the live environment; ``source`` is where it was given.

    Raises:
        ConfigurationProblem: if it is one.

    """
    if key_id.strip().upper().startswith("LIVE"):
        raise ConfigurationProblem(
            f"{source} is a key of the live environment",
            "give one that begins with SANDBOX; nothing was sent",
        )


def refuse_live_request(url: str, authorization: str) -> None:
    """Refuse a request that is not certain to reach the sandbox and nothing else.

    It goes to one of Amazon's API hosts over TLS, and its path names the sandbox, or the key that
    it is signed with does. To be called on what is about to be sent, whoever made it.

    Raises:
        NotSent: if it is not so.

    """
    parts = urlsplit(url)
    path = _PATH.fullmatch(parts.path)
    steps = unquote(unquote(parts.path)).split("/")
    key_ids = [found.upper() for found in _KEY_ID.findall(authorization)]
    if parts.scheme != "https" or parts.netloc not in HOSTS.values():
        wrong = f"{parts.scheme}://{parts.netloc} is not a host of the sandbox"
    elif path is None or ".." in steps or "live" in steps[:3]:
        wrong = f"{parts.path} is not a path of the sandbox"
    elif any(key_id.startswith("LIVE") for key_id in key_ids):
        wrong = "it is signed with a key of the live environment"
    elif not path["environment"] and any(not key.startswith("SANDBOX") for key in key_ids):
        wrong = "neither its path nor its key names the sandbox"
    else:
        return
    raise NotSent(f"the request was not sent: {wrong}")


def refuse_live_answer(body: bytes) -> None:
    """Refuse an object that says that it is of the live environment.

    Raises:
        SubjectProblem: if it says so; it ends the run.

    """
    if b"releaseEnvironment" not in body:
        return
    with suppress(ValueError, RecursionError):
        found = json.loads(body)
        if isinstance(found, dict) and str(found.get("releaseEnvironment")).upper() == "LIVE":
            raise SubjectProblem(
                "an answer came from the live environment", "the run was stopped at once"
            )
