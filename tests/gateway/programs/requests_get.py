import requests

print(requests.get("https://pay-api.amazon.jp/sandbox/v2/charges/1", timeout=20).text)
