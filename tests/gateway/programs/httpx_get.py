import httpx

print(httpx.get("https://pay-api.amazon.com/sandbox/v2/charges/1", timeout=20).text)
