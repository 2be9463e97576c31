-- What wrk sends: `wrk … -- METHOD FILE [BODY [PAUSE]]`. Each line of FILE is a path, then a tab and a cookie if there
-- is one; they take turns. In BODY, `%06d` is the number of the request, so that nothing is changed to what it is.
-- With a PAUSE, in milliseconds, a connection waits for so long on average before it sends anything.
-- As each second begins, a line tells how many were sent by then.

-- Somewhere else in each run, and in each of those that run at once.
local function anywhere()
  local random = assert(io.open("/dev/urandom", "rb"))
  local one, two, three = random:read(3):byte(1, 3)
  random:close()
  return one * 65536 + two * 256 + three
end

local heads, body, number = {}, nil, anywhere()
local sent, second = 0, nil

-- The time is not asked for each request, and a few more or less are nothing to those of a second.
local OFTEN = 64

-- What is sent before the body, as a function of path and cookie: wrk's own would take seconds for a million.
local function head(method, has_cookie)
  local headers = {}
  if has_cookie then
    headers["Cookie"] = "COOKIE"
  end
  if body then
    headers["Content-Type"] = "application/json"
  end
  local sample = body and body:format(0)
  local whole = wrk.format(method, "/PATH", headers, sample)
  whole = sample and whole:sub(1, -#sample - 1) or whole
  local first, rest = whole:match("^(.-)/PATH(.*)$")
  if not has_cookie then
    return function(path)
      return first .. path .. rest
    end
  end
  local middle, last = rest:match("^(.-)COOKIE(.*)$")
  return function(path, cookie)
    return first .. path .. middle .. cookie .. last
  end
end

function init(arguments)
  local method, file = arguments[1], arguments[2]
  body = arguments[3] ~= "" and arguments[3] or nil
  local pause = tonumber(arguments[4])
  if pause then
    -- Some sooner, some later, or all would come at once; and none so late that the server has cut it off.
    function delay()
      return math.random(math.floor(pause / 2), math.floor(3 * pause / 2))
    end
  end
  local with, without = head(method, true), head(method, false)
  for line in io.lines(file) do
    local path, cookie = line:match("^([^\t]*)\t?(.*)$")
    heads[#heads + 1] = cookie == "" and without(path) or with(path, cookie)
  end
end

local function tell_each_second()
  local now = os.time()
  if second and now > second then
    io.write(('{"second":%d,"sent":%d}\n'):format(now, sent))
    io.flush()
  end
  second = now
end

function request()
  if sent % OFTEN == 0 then
    tell_each_second()
  end
  sent = sent + 1
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
