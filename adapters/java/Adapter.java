// Puts software.amazon.pay:amazon-pay-api-sdk-java, unmodified, behind the adapter protocol.

import com.amazon.pay.api.*;
import com.amazon.pay.api.types.Environment;
import com.amazon.pay.api.types.Region;
import java.io.*;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.security.Provider;
import java.security.Security;
import java.util.*;
import java.util.concurrent.*;
import org.json.JSONArray;
import org.json.JSONObject;

public class Adapter {
    // The adapter keeps stdout to itself: whatever the SDK prints goes to stderr.
    static final PrintStream ANSWERS = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    static final Map<String, List<AmazonPayClient>> clients = new ConcurrentHashMap<>();

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

    static JSONObject unsupported(String what) { return new JSONObject().put("unsupported", "the SDK " + what); }

    static JSONObject settings() {
        JSONObject found = new JSONObject(System.getenv());
        found.put("security providers", String.join(" ", Arrays.stream(Security.getProviders()).map(Provider::getName).toList()));
        found.put("time zone", TimeZone.getDefault().getID());
        return found.put("trust store", String.valueOf(System.getProperty("javax.net.ssl.trustStore")));
    }

    static JSONObject start() {
        Set<String> offers = new TreeSet<>(Set.of("createDeliveryTracker")); // deliveryTracker is the SDK's name for it
        for (Class<?> type : List.of(WebstoreClient.class, AccountManagementClient.class))
            for (Method method : type.getMethods()) if (method.getReturnType() == AmazonPayResponse.class) offers.add(method.getName());
        return new JSONObject().put("protocol", 1).put("language", "java").put("runtime", "java " + System.getProperty("java.version"))
                .put("sdk", "software.amazon.pay:amazon-pay-api-sdk-java").put("version", System.getenv("ADAPTER_SDK_VERSION"))
                .put("offers", offers).put("settings", settings());
    }

    static JSONObject configure(JSONObject message) throws Exception {
        if (!message.isNull("endpoint")) return unsupported("has no public option for another host");
        String region = message.getString("region").toUpperCase(Locale.ROOT);
        if (!List.of("NA", "EU", "JP").contains(region)) return unsupported("has no region " + region + " in its type for regions");
        PayConfiguration configuration = new PayConfiguration().setPublicKeyId(message.getString("publicKeyId"))
                .setRegion(Region.valueOf(region))
                .setEnvironment(Environment.valueOf(message.getString("environment").toUpperCase(Locale.ROOT)))
                .setPrivateKey(message.getString("privateKey").toCharArray());
        if (!message.isNull("algorithm")) configuration.setAlgorithm(message.getString("algorithm"));
        clients.put(message.getString("client"), List.of(new WebstoreClient(configuration), new AccountManagementClient(configuration)));
        return new JSONObject().put("printed", clients.get(message.getString("client")) + " " + configuration);
    }

    static JSONObject call(JSONObject message) throws Exception {
        String operation = message.getString("operation"), name = operation.equals("createDeliveryTracker") ? "deliveryTracker" : operation;
        JSONObject own = message.getJSONObject("arguments");
        Map<String, Object> headers = message.isNull("headers") ? null : new HashMap<>(message.getJSONObject("headers").toMap());
        List<Object> given = new ArrayList<>();
        if (own.has("id")) given.add(own.getString("id"));
        if (own.has("payload") && !(own.get("payload") instanceof JSONObject)) return unsupported("takes a payload as JSONObject only");
        if (own.has("payload")) given.add(own.getJSONObject("payload"));
        if (own.has("query") && name.equals("getReportSchedules")) given.add(lists(own).get("reportTypes").get(0));
        else if (own.has("query")) given.add(lists(own));
        for (AmazonPayClient client : clients.get(message.getString("client")))
            for (boolean bare : headers == null ? new boolean[] {true, false} : new boolean[] {false}) {
                List<Class<?>> types = new ArrayList<>();
                for (Object value : given) types.add(value instanceof Map ? Map.class : value.getClass());
                if (!bare) types.add(Map.class);
                Method method;
                try {
                    method = client.getClass().getMethod(name, types.toArray(new Class<?>[0]));
                } catch (NoSuchMethodException none) {
                    continue;
                }
                if (!bare) given.add(headers); // null where the caller gives none and the method asks for them
                return new JSONObject().put("outcomes", outcomes(client, method, given, message.getInt("times"))).put("after",
                        new JSONObject().put("arguments", own).put("configuration", "same").put("settings", settings())
                                .put("headers", headers == null ? JSONObject.NULL : new JSONObject(headers)));
            }
        return unsupported("has no " + operation);
    }

    // A query as the SDK wants it: a list of values for each name.
    static Map<String, List<String>> lists(JSONObject own) {
        Map<String, List<String>> found = new HashMap<>();
        own.getJSONObject("query").toMap().forEach((name, value) ->
                found.put(name, (value instanceof List<?> many ? many : List.of(value)).stream().map(String::valueOf).toList()));
        return found;
    }

    static JSONArray outcomes(AmazonPayClient client, Method method, List<Object> given, int times) throws Exception {
        JSONArray outcomes = new JSONArray();
        for (int time = 0; time < times; time++) {
            try {
                outcomes.put(new JSONObject().put("returned", returned((AmazonPayResponse) method.invoke(client, given.toArray()))));
            } catch (InvocationTargetException error) {
                outcomes.put(new JSONObject().put("raised", raised(error.getCause())));
            }
        }
        return outcomes;
    }

    static JSONObject returned(AmazonPayResponse response) {
        return new JSONObject().put("status", response.getStatus()).put("unreadable", JSONObject.NULL).put("headers", JSONObject.NULL)
                .put("body", response.getResponse() == null ? JSONObject.NULL : response.getResponse())
                .put("text", response.getRawResponse() == null ? JSONObject.NULL : response.getRawResponse())
                .put("requestId", response.getRequestId() == null ? JSONObject.NULL : response.getRequestId()).put("printed", response.toString());
    }

    static JSONObject raised(Throwable error) {
        return new JSONObject().put("type", error.getClass().getSimpleName()).put("message", String.valueOf(error.getMessage())).put("printed", error.toString());
    }

    static JSONObject sign(JSONObject message) throws Exception {
        AmazonPayClient client = clients.get(message.getString("client")).get(0);
        Object payload = message.get("payload");
        String signature = payload instanceof JSONObject ? client.generateButtonSignature((JSONObject) payload) : client.generateButtonSignature((String) payload);
        return new JSONObject().put("signature", signature).put("text", payload.toString());
    }
}
