<?php
$answer = file_get_contents("https://pay-api.amazon.eu/sandbox/v2/charges/1");
if ($answer === false) {
    exit(1);
}
echo $answer;
