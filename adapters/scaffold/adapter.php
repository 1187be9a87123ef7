<?php
// An adapter: puts an SDK behind the adapter protocol, one JSON object a line. See docs/sdk-adapter.md.
// Four places are marked HERE; the rest can stay. Try it with: pay-conformance sdk php adapter.php
require __DIR__ . '/vendor/autoload.php';

$clients = [];
$answers = fopen('php://stdout', 'w');
ob_start(fn ($text) => fwrite(STDERR, $text) ? '' : '', 1); // what the SDK prints is evidence

function settings(): array
{
    return array_map('strval', getenv()) + ['time zone' => date_default_timezone_get()];
}

function raised(Throwable $error): array
{
    return ['raised' => ['type' => get_class($error), 'message' => $error->getMessage()]];
}

// Objects become arrays, as PHP programs write them, but for the empty ones, which [] would turn into lists.
function written($value)
{
    if (is_object($value) && (array) $value === []) return $value;
    return is_object($value) || is_array($value) ? array_map('written', (array) $value) : $value;
}

function configure(array $m): array
{
    global $clients;
    if ($m['endpoint'] !== null) return ['unsupported' => 'the SDK has no option for another host'];
    // HERE: make a client of your SDK from publicKeyId, privateKey (text, or a path where keyForm is
    // "path"), region (na, eu, jp, or an alias), environment (sandbox, live) and algorithm (or null).
    $clients[$m['client']] = new Amazon\Pay\API\Client([
        'public_key_id' => $m['publicKeyId'],
        'private_key' => $m['privateKey'],
        'region' => $m['region'],
        'sandbox' => $m['environment'] === 'sandbox',
    ] + ($m['algorithm'] === null ? [] : ['algorithm' => $m['algorithm']]));
    return [];
}

function once($client, array $m, &$headers): array
{
    $a = $m['arguments'];
    // HERE: call the method of your SDK. Pass $headers by whatever way a caller of the SDK would.
    $given = array_values(array_intersect_key($a, ['id' => 0, 'payload' => 0, 'query' => 0]));
    $given[] = &$headers; // null where the caller gives none
    $response = $client->{$m['operation']}(...$given);
    // HERE: tell what a caller of your SDK can get at; null where there is no way to it.
    return ['returned' => [
        'status' => $response['status'],
        'body' => json_decode($response['response'], true),
        'text' => $response['response'],
        'requestId' => $response['request_id'],
        'unreadable' => null,
    ]];
}

function call(array $m): array
{
    global $clients;
    $client = $clients[$m['client']];
    if (!method_exists($client, $m['operation'])) return ['unsupported' => "the SDK has no {$m['operation']}"];
    $headers = $m['headers'];
    $outcomes = [];
    for ($time = 0; $time < $m['times']; $time++) {
        try {
            $outcomes[] = once($client, $m, $headers);
        } catch (Throwable $error) {
            $outcomes[] = raised($error);
        }
    }
    return ['outcomes' => $outcomes, 'after' => [
        'arguments' => (object) $m['arguments'],
        'headers' => $headers === null ? null : (object) $headers,
        'configuration' => 'same',
        'settings' => settings(),
    ]];
}

function sign(array $m): array
{
    global $clients;
    $text = is_string($m['payload']) ? $m['payload'] : json_encode($m['payload']);
    return ['signature' => $clients[$m['client']]->generateButtonSignature($m['payload']), 'text' => $text];
}

function start(array $m): array
{
    // HERE: say who this is, and for which operations the SDK has a method of its own.
    return [
        'protocol' => 1, 'language' => 'php', 'runtime' => 'php ' . PHP_VERSION,
        'sdk' => 'amzn/amazon-pay-api-sdk-php', 'version' => Amazon\Pay\API\Client::SDK_VERSION,
        'offers' => get_class_methods(Amazon\Pay\API\Client::class), 'settings' => settings(),
        'sideBySide' => false, // PHP answers one request after the other
    ];
}

while (($line = fgets(STDIN)) !== false) {
    $m = written(json_decode($line));
    try {
        $done = $m['do'] === 'stop' ? [] : $m['do']($m);
    } catch (Throwable $error) {
        $done = raised($error);
    }
    $answer = json_encode(['id' => $m['id'], 'did' => $m['do']] + $done, JSON_INVALID_UTF8_SUBSTITUTE);
    fwrite($answers, $answer . "\n");
    if ($m['do'] === 'stop') exit(0);
}
