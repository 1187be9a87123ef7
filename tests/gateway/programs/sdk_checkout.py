import os
import sys

import AmazonPay

client = AmazonPay.Client(
    public_key_id=os.environ["AMAZON_PAY_PUBLIC_KEY_ID"],
    private_key=os.environ["AMAZON_PAY_PRIVATE_KEY_FILE"],
    region="na",
    sandbox=True,
)
amount = {"amount": "30.00", "currencyCode": "USD"}


def done(response):
    if not response.ok:
        sys.exit(f"{response.status_code} {response.text}")
    return response.json()


session = done(
    client.create_checkout_session(
        {
            "storeId": os.environ["AMAZON_PAY_STORE_ID"],
            "webCheckoutDetails": {"checkoutReviewReturnUrl": "https://shop.example/review"},
        }
    )
)["checkoutSessionId"]
done(
    client.update_checkout_session(
        session,
        {
            "webCheckoutDetails": {"checkoutResultReturnUrl": "https://shop.example/result"},
            "paymentDetails": {"paymentIntent": "Authorize", "chargeAmount": amount},
        },
    )
)
done(client.get_checkout_session(session))
charge = done(client.complete_checkout_session(session, {"chargeAmount": amount}))["chargeId"]
done(client.capture_charge(charge, {"captureAmount": amount}))
done(client.create_refund({"chargeId": charge, "refundAmount": amount}))
print(f"paid with {charge}")
