// An adapter: puts an SDK behind the adapter protocol, one JSON object a line. See docs/sdk-adapter.md.
// Four places are marked HERE; the rest can stay. Try it with: pay-conformance sdk dotnet run --project .
using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;
using Amazon.Pay.API;
using Amazon.Pay.API.Types;
using Amazon.Pay.API.WebStore;

var answers = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
Console.SetOut(Console.Error); // what the SDK prints is evidence, not an answer
var clients = new System.Collections.Concurrent.ConcurrentDictionary<string, WebStoreClient>();

JsonObject Settings()
{
    var found = new JsonObject();
    foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables()) found[(string)entry.Key] = (string?)entry.Value;
    return found;
}

JsonObject Raised(Exception error) =>
    new() { ["raised"] = new JsonObject { ["type"] = error.GetType().Name, ["message"] = error.Message } };

JsonObject Configure(JsonNode m)
{
    if (m["endpoint"] != null) return new() { ["unsupported"] = "the SDK has no option for another host" };
    // HERE: make a client of your SDK from publicKeyId, privateKey (text, or a path where keyForm is
    // "path"), region (na, eu, jp, or an alias), environment (sandbox, live) and algorithm (or null).
    var region = m["region"]!.ToString() switch { "eu" => Region.Europe, "jp" => Region.Japan, _ => Region.UnitedStates };
    var environment = m["environment"]!.ToString() == "live" ? Amazon.Pay.API.Types.Environment.Live : Amazon.Pay.API.Types.Environment.Sandbox;
    clients[m["client"]!.ToString()] = new WebStoreClient(new ApiConfiguration(region, environment, m["publicKeyId"]!.ToString(), m["privateKey"]!.ToString()));
    return new();
}

JsonObject Once(WebStoreClient client, JsonNode m)
{
    var id = m["arguments"]!["id"]?.ToString();
    // HERE: one line for each operation that the SDK has.
    AmazonPayResponse response = m["operation"]!.ToString() switch
    {
        "getCharge" => client.GetCharge(id),
        "getCheckoutSession" => client.GetCheckoutSession(id),
        _ => throw new NotSupportedException(),
    };
    // HERE: tell what a caller of your SDK can get at; null where there is no way to it.
    return new()
    {
        ["returned"] = new JsonObject
        {
            ["status"] = response.Status, ["body"] = JsonNode.Parse(response.RawResponse), ["text"] = response.RawResponse,
            ["requestId"] = response.RequestId, ["unreadable"] = null,
        },
    };
}

JsonObject Call(JsonNode m)
{
    var outcomes = new JsonArray();
    for (var time = 0; time < (int)m["times"]!; time++)
    {
        try { outcomes.Add(Once(clients[m["client"]!.ToString()], m)); }
        catch (NotSupportedException) { return new() { ["unsupported"] = $"the SDK has no {m["operation"]}" }; }
        catch (Exception error) { outcomes.Add(Raised(error)); }
    }
    return new()
    {
        ["outcomes"] = outcomes,
        ["after"] = new JsonObject
        {
            ["arguments"] = m["arguments"]!.DeepClone(), ["headers"] = m["headers"]?.DeepClone(),
            ["configuration"] = "same", ["settings"] = Settings(),
        },
    };
}

JsonObject Sign(JsonNode m)
{
    var text = m["payload"] is JsonValue value ? value.GetValue<string>() : m["payload"]!.ToJsonString();
    return new() { ["signature"] = clients[m["client"]!.ToString()].GenerateButtonSignature(text), ["text"] = text };
}

// HERE: say who this is.
JsonObject Start(JsonNode m) => new()
{
    ["protocol"] = 1, ["language"] = "csharp", ["runtime"] = $".NET {System.Environment.Version}",
    ["sdk"] = "Amazon.Pay.API.SDK", ["version"] = typeof(WebStoreClient).Assembly.GetName().Version!.ToString(),
    ["offers"] = new JsonArray("getCharge", "getCheckoutSession"), ["settings"] = Settings(),
};

for (var line = Console.ReadLine(); line != null; line = Console.ReadLine())
{
    var m = JsonNode.Parse(line)!;
    _ = Task.Run(() =>
    {
        JsonObject done;
        try
        {
            done = m["do"]!.ToString() switch { "start" => Start(m), "configure" => Configure(m), "call" => Call(m), "sign" => Sign(m), _ => new() };
        }
        catch (Exception error) { done = Raised(error); }
        done["id"] = (int)m["id"]!;
        done["did"] = m["do"]!.ToString();
        lock (answers) answers.WriteLine(done.ToJsonString());
        if (m["do"]!.ToString() == "stop") System.Environment.Exit(0);
    });
}
