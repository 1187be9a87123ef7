// Puts software.amazon.pay:amazon-pay-api-sdk-java, unmodified, behind the adapter protocol.

import com.amazon.pay.api.AmazonPayResponse;
import com.amazon.pay.api.PayConfiguration;
import com.amazon.pay.api.WebstoreClient;
import com.amazon.pay.api.types.Environment;
import com.amazon.pay.api.types.Region;
import java.io.*;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.Provider;
import java.security.Security;
import java.util.*;
import java.util.concurrent.*;
import org.json.JSONArray;
import org.json.JSONObject;

public class Adapter {
    // The adapter keeps stdout to itself: whatever the SDK prints goes to stderr.
    static final PrintStream ANSWERS = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    static final Map<String, WebstoreClient> clients = new ConcurrentHashMap<>();
    static final List<String> WITH_PAYLOAD = List.of("createCheckoutSession", "createCharge", "createRefund");
    static final List<String> WITH_ID = List.of("getCheckoutSession", "getChargePermission", "getCharge", "getRefund", "getBuyer");
    static final List<String> WITH_BOTH = List.of("updateCheckoutSession", "completeCheckoutSession", "finalizeCheckoutSession",
            "updateChargePermission", "closeChargePermission", "captureCharge", "cancelCharge");

    public static void main(String[] ignored) throws IOException {
        System.setOut(System.err);
        ExecutorService pool = Executors.newCachedThreadPool();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JSONObject message = new JSONObject(line);
            pool.execute(() -> answer(message));
        }
        System.exit(0);
    }

    static void answer(JSONObject message) {
        JSONObject done;
        try {
            done = switch (message.getString("do")) {
                case "start" -> start();
                case "configure" -> configure(message);
                case "call" -> call(message);
                case "sign" -> sign(message);
                default -> new JSONObject();
            };
        } catch (Throwable error) {
            done = new JSONObject().put("raised", raised(error));
        }
        synchronized (ANSWERS) {
            ANSWERS.println(done.put("id", message.getInt("id")).put("did", message.getString("do")));
        }
        if (message.getString("do").equals("stop")) System.exit(0);
    }

    static JSONObject settings() {
        JSONObject found = new JSONObject(System.getenv());
        found.put("security providers", String.join(" ", Arrays.stream(Security.getProviders()).map(Provider::getName).toList()));
        found.put("time zone", TimeZone.getDefault().getID());
        found.put("trust store", String.valueOf(System.getProperty("javax.net.ssl.trustStore")));
        return found;
    }

    static JSONObject start() {
        List<String> offers = new ArrayList<>(WITH_PAYLOAD);
        offers.addAll(WITH_ID);
        offers.addAll(WITH_BOTH);
        return new JSONObject().put("protocol", 1).put("language", "java").put("runtime", "java " + System.getProperty("java.version"))
                .put("sdk", "software.amazon.pay:amazon-pay-api-sdk-java").put("version", System.getenv("ADAPTER_SDK_VERSION"))
                .put("offers", offers).put("settings", settings());
    }

    static JSONObject configure(JSONObject message) throws Exception {
        if (!message.isNull("endpoint")) return new JSONObject().put("unsupported", "the SDK has no public option for another host");
        String region = message.getString("region").toUpperCase(Locale.ROOT);
        if (!List.of("NA", "EU", "JP").contains(region)) return new JSONObject().put("unsupported", "the SDK's type for regions has no " + region);
        String key = message.getString("privateKey");
        PayConfiguration configuration = new PayConfiguration().setPublicKeyId(message.getString("publicKeyId"))
                .setRegion(Region.valueOf(region))
                .setEnvironment(Environment.valueOf(message.getString("environment").toUpperCase(Locale.ROOT)))
                .setPrivateKey(key.toCharArray());
        if (!message.isNull("algorithm")) configuration.setAlgorithm(message.getString("algorithm"));
        clients.put(message.getString("client"), new WebstoreClient(configuration));
        return new JSONObject();
    }

    static JSONObject call(JSONObject message) throws Exception {
        String operation = message.getString("operation");
        JSONObject own = message.getJSONObject("arguments");
        Map<String, String> headers = null;
        if (!message.isNull("headers")) {
            headers = new HashMap<>();
            for (String name : message.getJSONObject("headers").keySet()) headers.put(name, message.getJSONObject("headers").getString(name));
        }
        List<Object> given = new ArrayList<>();
        if (WITH_ID.contains(operation) || WITH_BOTH.contains(operation)) given.add(own.getString("id"));
        if (WITH_PAYLOAD.contains(operation) || WITH_BOTH.contains(operation)) {
            if (!(own.opt("payload") instanceof JSONObject)) return new JSONObject().put("unsupported", "the SDK takes a payload as JSONObject only");
            given.add(own.getJSONObject("payload"));
        }
        if (given.isEmpty()) return new JSONObject().put("unsupported", "the SDK has no " + operation);
        if (headers != null) given.add(headers);
        List<Class<?>> types = new ArrayList<>();
        for (Object value : given) types.add(value instanceof Map ? Map.class : value.getClass());
        Method method = WebstoreClient.class.getMethod(operation, types.toArray(new Class<?>[0]));
        JSONArray outcomes = new JSONArray();
        for (int time = 0; time < message.getInt("times"); time++) {
            try {
                outcomes.put(new JSONObject().put("returned", returned((AmazonPayResponse) method.invoke(clients.get(message.getString("client")), given.toArray()))));
            } catch (InvocationTargetException error) {
                outcomes.put(new JSONObject().put("raised", raised(error.getCause())));
            }
        }
        JSONObject after = new JSONObject().put("arguments", own).put("configuration", "same").put("settings", settings())
                .put("headers", headers == null ? JSONObject.NULL : new JSONObject(headers));
        return new JSONObject().put("outcomes", outcomes).put("after", after);
    }

    static JSONObject returned(AmazonPayResponse response) {
        return new JSONObject().put("status", response.getStatus()).put("unreadable", JSONObject.NULL)
                .put("body", response.getResponse() == null ? JSONObject.NULL : response.getResponse())
                .put("text", response.getRawResponse() == null ? JSONObject.NULL : response.getRawResponse())
                .put("requestId", response.getRequestId() == null ? JSONObject.NULL : response.getRequestId());
    }

    static JSONObject raised(Throwable error) {
        return new JSONObject().put("type", error.getClass().getSimpleName()).put("message", String.valueOf(error.getMessage()));
    }

    static JSONObject sign(JSONObject message) throws Exception {
        WebstoreClient client = clients.get(message.getString("client"));
        Object payload = message.get("payload");
        String signature = payload instanceof JSONObject ? client.generateButtonSignature((JSONObject) payload) : client.generateButtonSignature((String) payload);
        return new JSONObject().put("signature", signature).put("text", payload.toString());
    }
}
