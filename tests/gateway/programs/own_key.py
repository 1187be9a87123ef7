"""Creates a session, signed with a key of its own: key id and PEM file are its arguments."""

import sys
import urllib.error
import urllib.request
from pathlib import Path

from pay_conformance.signing import Signer

key_id, pem = sys.argv[1:]
url = "https://pay-api.amazon.eu/v2/checkoutSessions"
body = (
    b'{"storeId": "amzn1.application-oa2-client.0123456789abcdef0123456789abcdef", '
    b'"webCheckoutDetails": {"checkoutReviewReturnUrl": "https://shop.example/review"}}'
)
signer = Signer(key_id, Path(pem).read_text(), region="eu")
headers = signer.sign("POST", url, body, idempotency_key="0123456789abcdef")
request = urllib.request.Request(url, body, dict(headers), method="POST")
try:
    print(urllib.request.urlopen(request).status)
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode())
