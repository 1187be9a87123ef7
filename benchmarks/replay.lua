-- Replays requests that were written to a file as they go over the wire, one after the other.
-- Called as: wrk ... -s replay.lua URL -- FILE. The requests are separated by a zero byte.
local requests = {}
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for request in file:read("*a"):gmatch("[^%z]+") do
    requests[#requests + 1] = request
  end
  file:close()
  sent = 0
  known = #requests
end

function request()
  sent = sent + 1
  return requests[(sent - 1) % known + 1]
end

function done(summary, latency)
  local sent, known = 0, 0
  for _, thread in ipairs(threads) do
    sent = sent + thread:get("sent")
    known = known + thread:get("known")
  end
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d,"sent":%d,"known":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout, sent, known))
end
