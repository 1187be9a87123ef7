"""Creates a session and reads it again: prints who has signed in at Amazon by then."""

import json
import os
import urllib.request

from pay_conformance.signing import Signer

signer = Signer(os.environ["AMAZON_PAY_PUBLIC_KEY_ID"], os.environ["AMAZON_PAY_PRIVATE_KEY"])


def call(method, path, body=b"", key=None):
    url = f"https://pay-api.amazon.com/v2/checkoutSessions{path}"
    headers = dict(signer.sign(method, url, body, idempotency_key=key))
    request = urllib.request.Request(url, body or None, headers, method=method)
    return json.load(urllib.request.urlopen(request))


new = {
    "storeId": os.environ["AMAZON_PAY_STORE_ID"],
    "webCheckoutDetails": {"checkoutReviewReturnUrl": "https://shop.example/review"},
}
session = call("POST", "", json.dumps(new).encode(), "0123456789abcdef")["checkoutSessionId"]
print("somebody" if call("GET", f"/{session}")["buyer"] else "nobody")
