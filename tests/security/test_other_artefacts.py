"""What gateway, sdk, serve, check, drift and report leave behind holds nobody and no secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import httpx
import pytest

from pay_conformance.report.writers import KINDS
from pay_conformance.sdk.interception import namespaces_available
from pay_conformance.signing import Signer, load_private_key, new_private_pem, public_pem
from tests.security.planted import BUYER, TOOL, Hostile, called, found, served
from tests.security.traffic import FORMS, as_cassette, talk, write

HERE = Path(__file__).parent
SHOP = str(HERE / "leaky_shop.py")
SDK = str(HERE / "leaky_sdk.py")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The folder in which all artefacts are; what is beside it is not looked at."""
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def subject() -> Iterator[tuple[Hostile, str]]:
    hostile = Hostile()
    with served(hostile) as url:
        yield hostile, url


def reports(folder: Path) -> list[str]:
    return [f"--report={kind}={folder / kind}" for kind in KINDS]


def needles(seen: Path) -> dict[str, str]:
    """What a subject wrote down that must not be found, and the buyer."""
    lines = [json.loads(line) for line in seen.read_text(encoding="utf-8").splitlines()]
    return {**BUYER, **{f"{what} {n}": text for n, (what, text) in enumerate(lines)}}


@pytest.mark.parametrize("via", ["hostile upstream", "mock"])
def test_reports_recording_and_output_of_a_gateway(
    subject: tuple[Hostile, str], kept: Path, tmp_path: Path, via: str
) -> None:
    _, url = subject
    seen = tmp_path / "seen.jsonl"
    upstream = ["--upstream", url, "--control", f"{url}/_control"] if "hostile" in via else []

    # What the shop itself prints is not ours.
    program = ["sh", "-c", 'exec "$@" >/dev/null 2>&1', "sh", sys.executable, SHOP, str(seen)]
    code = called(
        kept, {}, "gateway", "--via", "environment", *upstream, "--journey", "authorize",
        "-v", "--record", str(kept / "recording"), *reports(kept), "--", *program,
    )  # fmt: skip

    assert code == 1, (kept / "output.txt").read_text()
    assert list((kept / "recording").iterdir())
    assert sum(name.startswith("signature") for name in needles(seen)) > 8
    assert found(kept, needles(seen)) == {}


@pytest.mark.skipif(not namespaces_available(), reason="needs a mount namespace of its own")
@pytest.mark.parametrize(
    ("name", "code"), [("Prints", 1), ("Raises", 1), ("Refuses", 3), ("Chats", 3)]
)
def test_reports_and_output_of_an_sdk(kept: Path, tmp_path: Path, name: str, code: int) -> None:
    ended = called(
        kept, {"TMPDIR": str(tmp_path)}, "sdk", "-k", "status-429", "-v", *reports(kept),
        "--baseline", str(kept / "baseline.yaml"), "--update-baseline",
        "--", sys.executable, SDK, name,
    )  # fmt: skip

    assert ended in (0, code), (kept / "output.txt").read_text()
    assert sum(what.startswith("key") for what in needles(tmp_path / "seen.jsonl"))
    assert found(kept, needles(tmp_path / "seen.jsonl")) == {}


def said(hostile: Hostile, folder: Path) -> dict[str, str]:
    """Let a client talk to the hostile server, write down what was said, and return the needles."""
    calls, key = talk(hostile)
    write(folder, calls)
    lines = {f"line {n} of the key": line for n, line in enumerate(key.splitlines()[2:-1])}
    signatures = {f"signature {n}": text for n, text in enumerate(sorted(hostile.signatures))}
    tokens = {f"token {n}": text for n, text in enumerate(sorted(hostile.tokens))}
    assert signatures
    assert tokens
    return {**BUYER, **lines, **signatures, **tokens}


@pytest.mark.parametrize("form", FORMS)
def test_reports_and_output_of_check(kept: Path, tmp_path: Path, form: str) -> None:
    inside = said(Hostile(), tmp_path)
    if form == "said.jsonl":
        # A line is a story of its own: that another line's note has its buyer's name is unknown.
        del inside["Sample Buyer"]
    kinds = [option for option in reports(kept) if not option.startswith("--report=events")]

    code = called(kept, {}, "check", *kinds, str(tmp_path / form))
    again = called(kept, {}, "check", "--json", str(tmp_path / form))

    assert (code, again) == (1, 1), (kept / "output.txt").read_text()
    assert found(tmp_path, inside)[form]
    assert found(kept, inside) == {}


def test_differences_and_proposals_of_drift(kept: Path, tmp_path: Path) -> None:
    inside = said(Hostile(), tmp_path)
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, keep in ((old, 3), (new, 100)):
        folder.mkdir()
        calls, _ = talk(Hostile())
        (folder / "story.yaml").write_text(as_cassette(calls[:keep]), encoding="utf-8")
    (new / "story.yaml").write_text((tmp_path / "said.yaml").read_text())

    codes = {
        called(kept, {}, "drift", *more, "contract", str(new))
        for more in ([], ["--json"], ["--propose", str(kept / "learned.diff")])
    }
    codes |= {called(kept, {}, "drift", *more, str(old), str(new)) for more in ([], ["--json"])}

    assert codes <= {0, 1}, (kept / "output.txt").read_text()
    assert (kept / "output.txt").stat().st_size > 500
    assert found(kept, inside) == {}


def test_log_and_output_of_serve(kept: Path, tmp_path: Path) -> None:
    with (kept / "output.txt").open("ab") as output, serve(output, tmp_path / "state.db") as line:
        inside = misuse(line)

    text = (kept / "output.txt").read_text()
    assert text.count("MissingHeader") + text.count("InvalidRequestSignature") > 5
    assert "the mock failed on" not in text
    assert found(kept, inside) == {}


def test_state_file_has_tokens_and_what_a_shop_sent_and_is_for_its_owner_alone(
    kept: Path, tmp_path: Path
) -> None:
    state = tmp_path / "kept" / "state.db"
    with (tmp_path / "output.txt").open("ab") as output, serve(output, state) as line:
        inside = misuse(line)

    # What it holds is lawful, and said in docs/security.md; signatures and shops' keys are not.
    names = {name for where in found(kept, inside).values() for name in where}
    assert {name.split()[0] for name in names} <= {"token", "Sample", "10", "buyer@example.com"}
    assert {path.stat().st_mode & 0o077 for path in kept.iterdir()} == {0}


@contextmanager
def serve(output: IO[bytes], state: Path) -> Iterator[dict[str, str]]:
    """Serve with a state; give the line that says where."""
    command = [*TOOL, "serve", "--port", "0", "--state", str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=output) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            output.write(line)
            yield json.loads(line)
        finally:
            process.terminate()


def misuse(line: dict[str, str]) -> dict[str, str]:
    """Send a mock what a careless shop sends, right and wrong; return what must not be found."""
    private = new_private_pem()
    public = {"publicKey": public_pem(load_private_key(private))}
    shop = httpx.post(f"{line['control']}/merchants", json=public).json()
    httpx.post(f"{line['control']}/merchants", json={"publicKey": private})
    signer = Signer(shop["publicKeyId"], private)
    name, email, street = list(BUYER.values())[:3]
    inside = {f"key {n}": text for n, text in enumerate(private.splitlines()[2:-1])}

    def call(method: str, path: str, body: Any = None, *, wrong: bool = False) -> Any:
        raw = b"" if body is None else json.dumps(body).encode()
        url = f"https://pay-api.amazon.com{path}"
        headers = dict(signer.sign(method, url, raw, idempotency_key=os.urandom(16).hex()))
        inside[f"signature {len(inside)}"] = headers["authorization"].partition("Signature=")[2]
        if wrong:
            headers["accept"] = email
        sent = httpx.request(method, f"{line['url']}{path}", content=raw, headers=headers)
        return sent.json()

    new = {
        "storeId": shop["storeId"],
        "webCheckoutDetails": {"checkoutReviewReturnUrl": f"https://shop.example/?b={email}"},
        "merchantMetadata": {"noteToBuyer": f"{name}, {street}"},
    }
    session = call("POST", "/v2/checkoutSessions", new)["checkoutSessionId"]
    key = shop["publicKeyId"]
    token = httpx.post(f"{line['control']}/merchants/{key}/buyers").json()["buyerToken"]
    inside["token 0"] = token
    for wrong in (False, True):
        call("GET", f"/v2/buyers/{quote(token)}", wrong=wrong)
        call("GET", f"/v2/buyers/{token.replace('|', '%7c')}?b={quote(email)}", wrong=wrong)
        call("PATCH", f"/v2/checkoutSessions/{session}", {"key": private}, wrong=wrong)
        call("POST", "/v2/checkoutSessions", {**new, "token": token}, wrong=wrong)
    url = f"{line['url']}/v2/buyers/{quote(token)}"
    for authorization in (" ".join(private.split()), f"Bearer {token}", "AMZN-PAY-RSASSA-PSS x"):
        httpx.get(url, headers={"authorization": authorization})
    httpx.post(f"{line['url']}/checkout/start", data={"payloadJSON": email, "signature": token,
               "publicKeyId": key})  # fmt: skip
    failures = httpx.get(f"{line['control']}/merchants/{key}/signature-failures").json()
    for failure in failures:
        compare = f"{line['control']}/merchants/{key}/signature-failures/{failure['requestId']}"
        httpx.post(compare, json={"canonicalRequest": f"GET\n/v2/buyers/{token}\n{email}"})
    return {**inside, **BUYER}
