import com.amazon.pay.api.AmazonPayResponse;
import com.amazon.pay.api.PayConfiguration;
import com.amazon.pay.api.WebstoreClient;
import com.amazon.pay.api.types.Environment;
import com.amazon.pay.api.types.Region;
import java.util.Map;
import java.util.UUID;
import org.json.JSONObject;

public class SdkCheckout {
    static JSONObject done(AmazonPayResponse answer) {
        if (!answer.isSuccess()) {
            throw new IllegalStateException(answer.getStatus() + " " + answer.getRawResponse());
        }
        return answer.getResponse();
    }

    static Map<String, String> key() {
        return Map.of("x-amz-pay-idempotency-key", UUID.randomUUID().toString().replace("-", ""));
    }

    public static void main(String[] arguments) throws Exception {
        WebstoreClient client = new WebstoreClient(new PayConfiguration()
            .setPublicKeyId(System.getenv("AMAZON_PAY_PUBLIC_KEY_ID"))
            .setPrivateKey(System.getenv("AMAZON_PAY_PRIVATE_KEY").toCharArray())
            .setRegion(Region.NA)
            .setEnvironment(Environment.SANDBOX));
        JSONObject amount = new JSONObject().put("amount", "30.00").put("currencyCode", "USD");
        String session = done(client.createCheckoutSession(new JSONObject()
            .put("storeId", System.getenv("AMAZON_PAY_STORE_ID"))
            .put("webCheckoutDetails", new JSONObject()
                .put("checkoutReviewReturnUrl", "https://shop.example/review")), key()))
            .getString("checkoutSessionId");
        done(client.updateCheckoutSession(session, new JSONObject()
            .put("webCheckoutDetails", new JSONObject()
                .put("checkoutResultReturnUrl", "https://shop.example/result"))
            .put("paymentDetails", new JSONObject()
                .put("paymentIntent", "Authorize").put("chargeAmount", amount))));
        done(client.getCheckoutSession(session));
        String charge = done(client.completeCheckoutSession(session,
            new JSONObject().put("chargeAmount", amount))).getString("chargeId");
        done(client.captureCharge(charge, new JSONObject().put("captureAmount", amount), key()));
        done(client.createRefund(
            new JSONObject().put("chargeId", charge).put("refundAmount", amount), key()));
        System.out.println("paid with " + charge);
    }
}
