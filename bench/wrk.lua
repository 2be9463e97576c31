-- What wrk sends: `wrk … -- METHOD FILE [BODY]`. Each line of FILE is a path, then a tab and a cookie if there is one;
-- they take turns. In BODY, `%06d` is the number of the request, so that nothing is changed to what it is.

-- Somewhere else in each run.
local heads, body, number = {}, nil, os.time() * 104729 % 1000000

function init(arguments)
  local method, file = arguments[1], arguments[2]
  body = arguments[3]
  local sample = body and body:format(0)
  for line in io.lines(file) do
    local path, cookie = line:match("^([^\t]*)\t?(.*)$")
    local headers = {}
    if cookie ~= "" then
      headers["Cookie"] = cookie
    end
    if body then
      headers["Content-Type"] = "application/json"
    end
    local whole = wrk.format(method, path, headers, sample)
    heads[#heads + 1] = sample and whole:sub(1, -#sample - 1) or whole
  end
end

function request()
  number = number + 1
  local head = heads[number % #heads + 1]
  return body and head .. body:format(number % 1000000) or head
end

function done(summary, latency)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  local form = '{"requests":%d,"us":%d,"p50_us":%d,"p99_us":%d,"refused":%d,"broken":%d}\n'
  io.write(form:format(summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, broken))
end
