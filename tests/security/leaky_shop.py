"""A shop that puts its buyer, its tokens and its key wherever it can: ``leaky_shop.py FILE``.

What must not be found again is written to FILE.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pay_conformance.signing import Signer

KEY = os.environ["AMAZON_PAY_PRIVATE_KEY"]
SIGNER = Signer(os.environ["AMAZON_PAY_PUBLIC_KEY_ID"], KEY)
TOKEN = "Atza|" + "T0kEn" * 8
NAME, EMAIL, STREET = "Quirina Zwolenkiewicz", "quirina.z@mailbox.test", "77 Unspeakable Alley"
AMOUNT = {"amount": "30.00", "currencyCode": "USD"}
NOTE = f"for {NAME}, {STREET}, {EMAIL}"


def call(method: str, path: str, body: Any = None, **more: str) -> dict[str, Any]:
    """Send a signed request and return the body of the answer, if it has one."""
    url = f"https://pay-api.amazon.com/v2{path}"
    content = b"" if body is None else json.dumps(body).encode()
    headers = {**dict(SIGNER.sign(method, url, content, idempotency_key=os.urandom(16).hex()))}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    with Path(sys.argv[1]).open("a", encoding="utf-8") as file:
        signature = headers["authorization"].rpartition("Signature=")[2]
        file.write(json.dumps(["signature", signature]) + "\n")
    request = urllib.request.Request(url, content or None, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            found = json.loads(answer.read() or b"{}")
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


with Path(sys.argv[1]).open("w", encoding="utf-8") as seen:
    told = [("token", TOKEN), *(("key", line) for line in KEY.splitlines()[2:-1])]
    seen.writelines(json.dumps(pair) + "\n" for pair in told)

session = call(
    "POST",
    "/checkoutSessions",
    {
        "storeId": os.environ["AMAZON_PAY_STORE_ID"],
        "webCheckoutDetails": {"checkoutReviewReturnUrl": f"https://shop.example/?b={EMAIL}"},
        "addressDetails": {"name": NAME, "addressLine1": STREET, "phoneNumber": "+49 170 5550199"},
        "nickname": NAME,
        "key": KEY,
    },
).get("checkoutSessionId") or call(
    "POST",
    "/checkoutSessions",
    {
        "storeId": os.environ["AMAZON_PAY_STORE_ID"],
        "webCheckoutDetails": {"checkoutReviewReturnUrl": "https://shop.example/review"},
    },
).get("checkoutSessionId", "none")
here = f"/checkoutSessions/{session}"
call("GET", here)
call(
    "PATCH",
    here,
    {
        "webCheckoutDetails": {"checkoutResultReturnUrl": f"https://shop.example/{quote(NAME)}"},
        "paymentDetails": {"paymentIntent": "Authorize", "chargeAmount": AMOUNT},
        "merchantMetadata": {"noteToBuyer": NOTE, "customInformation": TOKEN},
    },
)
call("GET", here)
call("GET", f"/buyers/{quote(TOKEN)}")
call("GET", f"/buyers/{TOKEN.replace('|', '%7c')}?email={quote(EMAIL)}&token={quote(TOKEN)}")
call("GET", f"/charges/{quote(NAME)}")
call("POST", here, {"note": KEY}, cookie=f"token={TOKEN}", x_amz_pay_date=NAME)
call("GET", here, authorization=f"AMZN-PAY-RSASSA-PSS-V2 PublicKeyId={NAME}, Signature={TOKEN}")
call("POST", f"{here}/complete", {"chargeAmount": AMOUNT, "buyer": {"name": NAME, "email": EMAIL}})
call("POST", f"{here}/complete", {"chargeAmount": AMOUNT})
