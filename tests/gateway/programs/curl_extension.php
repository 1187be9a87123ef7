<?php
$curl = curl_init("https://pay-api.amazon.eu/sandbox/v2/charges/1");
curl_setopt($curl, CURLOPT_PORT, 443);
curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
$answer = curl_exec($curl);
if ($answer === false) {
    fwrite(STDERR, curl_error($curl));
    exit(1);
}
echo $answer;
