require "net/http"

uri = URI("https://pay-api.amazon.com/sandbox/v2/charges/1")
puts Net::HTTP.get(uri)
