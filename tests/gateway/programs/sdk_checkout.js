const crypto = require("node:crypto");
const { WebStoreClient } = require("@amazonpay/amazon-pay-api-sdk-nodejs");

const client = new WebStoreClient({
  publicKeyId: process.env.AMAZON_PAY_PUBLIC_KEY_ID,
  privateKey: process.env.AMAZON_PAY_PRIVATE_KEY,
  region: "us",
  sandbox: true,
  algorithm: "AMZN-PAY-RSASSA-PSS-V2",
});
const amount = { amount: "30.00", currencyCode: "USD" };
const key = () => ({ "x-amz-pay-idempotency-key": crypto.randomBytes(16).toString("hex") });
const body = (answer) => (typeof answer.data === "string" ? JSON.parse(answer.data) : answer.data);

async function main() {
  const { checkoutSessionId: session } = body(
    await client.createCheckoutSession(
      {
        storeId: process.env.AMAZON_PAY_STORE_ID,
        webCheckoutDetails: { checkoutReviewReturnUrl: "https://shop.example/review" },
      },
      key(),
    ),
  );
  await client.updateCheckoutSession(session, {
    webCheckoutDetails: { checkoutResultReturnUrl: "https://shop.example/result" },
    paymentDetails: { paymentIntent: "Authorize", chargeAmount: amount },
  });
  await client.getCheckoutSession(session);
  const done = body(await client.completeCheckoutSession(session, { chargeAmount: amount }));
  await client.captureCharge(done.chargeId, { captureAmount: amount }, key());
  await client.createRefund({ chargeId: done.chargeId, refundAmount: amount }, key());
  console.log(`paid with ${done.chargeId}`);
}

main().catch((error) => {
  console.error(error.message, error.response && error.response.data);
  process.exit(1);
});
