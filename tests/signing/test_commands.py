"""``sign`` and ``verify`` on the command line: exact output, exit codes, one clear message."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from pay_conformance.signing import load_private_key, public_pem
from tests.signing.requests import private_pem

CANONICAL = (
    b"GET\n/v2/charges/S01\n\naccept:application/json\ncontent-type:application/json\n"
    b"x-amz-pay-date:20180524T223710Z\nx-amz-pay-host:pay-api.amazon.com\nx-amz-pay-region:na\n\n"
    b"accept;content-type;x-amz-pay-date;x-amz-pay-host;x-amz-pay-region\n"
    b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)
GET = ["sign", "--method", "GET", "--path", "/v2/charges/S01"]
DATE = ["--header", "x-amz-pay-date: 20180524T223710Z"]


def call(*arguments, stdin=b"", **environment):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", "from pay_conformance.cli import main; main()", *arguments],
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
        env=kept | environment,
    )


@pytest.fixture
def keys(tmp_path):
    private = tmp_path / "private.pem"
    private.write_text(private_pem(), encoding="ascii")
    public = tmp_path / "public.pem"
    public.write_text(public_pem(load_private_key(private_pem())), encoding="ascii")
    return private, public


def test_sign_prints_the_canonical_request_and_nothing_else():
    done = call(*GET, *DATE, "--show", "canonical")

    assert (done.returncode, done.stdout, done.stderr) == (0, CANONICAL, b"")


def test_sign_prints_the_string_to_sign_and_nothing_else():
    done = call(*GET, *DATE, "--show", "string-to-sign", "--algorithm", "AMZN-PAY-RSASSA-PSS-V2")

    assert done.stdout == (
        b"AMZN-PAY-RSASSA-PSS-V2\nd606b203639056320221c8e09584187f7be6107786925abf918a0e570243b165"
    )


def test_sign_lets_a_header_replace_a_default_whatever_its_case():
    done = call(
        *GET, *DATE, "--header", "X-Amz-Pay-Host: h:1", "--header", "ACCEPT:  a  b ",
        "--header", "x-amz-pay-region: EU", "--show", "canonical",
    )  # fmt: skip

    assert done.stdout.split(b"\n")[3:8] == [
        b"accept:a b",
        b"content-type:application/json",
        b"x-amz-pay-date:20180524T223710Z",
        b"x-amz-pay-host:h:1",
        b"x-amz-pay-region:EU",
    ]


def test_sign_takes_the_host_from_the_region():
    done = call(*GET, *DATE, "--show", "canonical", AMAZON_PAY_REGION="jp")

    assert b"x-amz-pay-host:pay-api.amazon.jp\nx-amz-pay-region:jp" in done.stdout


def test_sign_takes_the_query_from_the_path_too():
    one = call("sign", "--method", "get", "--path", "/v2/x?b=1&a=2", *DATE, "--show", "canonical")
    two = call(
        "sign", "--method", "GET", "--path", "/v2/x", "--query", "b=1&a=2", *DATE,
        "--show", "canonical",
    )  # fmt: skip

    assert one.stdout == two.stdout
    assert one.stdout.startswith(b"GET\n/v2/x\na=2&b=1\n")


def test_signed_headers_verify(tmp_path, keys):
    body = tmp_path / "body.json"
    body.write_bytes('{"note":"größe"}'.encode())
    target = ["--method", "POST", "--path", "/v2/charges", "--query", "b=1&a=2"]
    signed = call(
        "sign", *target, "--body", str(body), "--show", "headers", "--key", str(keys[0]),
        "--key-id", "SANDBOX-A", "--header", "x-amz-pay-idempotency-key: 1",
    )  # fmt: skip
    file = tmp_path / "request.http"
    file.write_bytes(
        b"POST /v2/charges?b=1&a=2 HTTP/1.1\n" + signed.stdout + b"\n\n" + body.read_bytes()
    )

    done = call("verify", str(file), "--public-key", str(keys[1]))

    assert signed.returncode == 0
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"verified: the signature of SANDBOX-A holds\n"


def test_signing_takes_its_key_from_the_environment(keys):
    done = call(*GET, AMAZON_PAY_PRIVATE_KEY=private_pem(), AMAZON_PAY_PUBLIC_KEY_ID="SANDBOX-A")

    assert done.returncode == 0
    assert b"authorization: AMZN-PAY-RSASSA-PSS PublicKeyId=SANDBOX-A, Signed" in done.stdout


def test_verify_names_the_stage_and_the_first_line_that_differs(tmp_path, keys):
    signed = call(*GET, "--key", str(keys[0]), "--key-id", "A").stdout.decode()
    theirs = call(*GET, "--show", "canonical").stdout
    file = tmp_path / "theirs.txt"
    file.write_bytes(theirs.replace(b"/v2/charges/S01", b"/sandbox/v2/charges/S01"))
    headers = [item for line in signed.split("\n") for item in ("--header", line)]

    done = call(
        "verify", "--method", "GET", "--path", "/v2/charges/S02", "--public-key", str(keys[1]),
        "--canonical", str(file), *headers,
    )  # fmt: skip

    assert done.returncode == 1
    lines = done.stdout.decode().split("\n")
    assert lines[0] == "refused at stage signature: the signature does not fit the string to sign"
    assert lines[3:6] == [
        "line 2 of the canonical request differs (path)",
        '  theirs: "/sandbox/v2/charges/S01"',
        '  ours:   "/v2/charges/S02"',
    ]


def test_verify_tells_how_to_judge_an_old_request(keys):
    signed = call(*GET, *DATE, "--key", str(keys[0]), "--key-id", "A").stdout.decode()
    headers = [item for line in signed.split("\n") for item in ("--header", line)]
    arguments = ["verify", *GET[1:], "--public-key", str(keys[0]), *headers]

    old = call(*arguments)
    then = call(*arguments, "--now", "20180524T223710Z", "--json")

    assert old.returncode == 1
    assert b"stage date" in old.stdout
    assert b"--now 20180524T223710Z" in old.stdout
    assert then.returncode == 0
    assert json.loads(then.stdout)["verified"] is True


def test_button_is_signed_and_verified(tmp_path, keys):
    payload = tmp_path / "payload.json"
    payload.write_bytes(b'{"storeId":"s"}')
    v2 = ["--algorithm", "AMZN-PAY-RSASSA-PSS-V2"]
    signature = call("sign", "--button", str(payload), *v2, "--key", str(keys[0])).stdout.decode()
    arguments = ["verify", "--button", str(payload), "--signature", signature]
    arguments += ["--public-key", str(keys[1])]

    assert call(*arguments, *v2).returncode == 0
    assert call(*arguments).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sign"], "needs --method and --path"),
        ([*GET], "no private key"),
        ([*GET, "--key", "/nowhere"], "public key id"),
        ([*GET, "--key", "/nowhere", "--key-id", "A"], "/nowhere: No such file"),
        ([*GET, "--header", "nothing", "--show", "canonical"], "is no header"),
        ([*GET, "--header", "a b: c", "--show", "canonical"], "can't be the name"),
        ([*GET, "--header", "a: b\nc: d", "--show", "canonical"], "is no header"),
        ([*GET, "--algorithm", "RSA"], "AMZN-PAY-RSASSA-PSS"),
        ([*GET, "--show", "all"], "canonical"),
        ([*GET, "--region", "moon", "--show", "canonical"], "no region"),
        ([*GET, "--body", "/nowhere", "--show", "canonical"], "/nowhere can't be read"),
        ([*GET, "--body", "/", "--show", "canonical"], "can't be read"),
        (["sign", "--method", "G T", "--path", "/", "--show", "canonical"], "is no method"),
        (["sign", "--method", "GET", "--path", "https://x/", "--show", "canonical"], "no path"),
        ([*GET, "--query", "a", "--path", "/?a", "--show", "canonical"], "another"),
        (["sign", "--button", "-", "--method", "GET"], "not a request"),
        (["sign", "--button", "-", "--show", "canonical"], "no canonical"),
        (["verify"], "no key to verify"),
        (["verify", "--public-key", "/nowhere"], "/nowhere"),
        (["verify", "/nowhere", "--public-key", "PUBLIC"], "/nowhere can't be read"),
        (["verify", "-", "--public-key", "PUBLIC"], "not an HTTP request"),
        (["verify", "-", "--method", "GET", "--public-key", "PUBLIC"], "not both"),
        (["verify", "--public-key", "PUBLIC"], "nothing to verify"),
        (["verify", "--button", "-", "--public-key", "PUBLIC"], "--signature"),
        (["verify", *GET[1:], "--now", "today", "--public-key", "PUBLIC"], "is no time"),
    ],
)
def test_wrong_call_is_one_message_and_exit_2(arguments, says, keys):
    arguments = [str(keys[1]) if part == "PUBLIC" else part for part in arguments]

    done = call(*arguments, stdin=b"hello")

    message = done.stderr.decode()
    assert (done.returncode, done.stdout) == (2, b"")
    assert says in message
    assert "Traceback" not in message
