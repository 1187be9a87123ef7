import urllib.request

print(urllib.request.urlopen("https://pay-api.amazon.eu/sandbox/v2/charges/1", timeout=20).read())
