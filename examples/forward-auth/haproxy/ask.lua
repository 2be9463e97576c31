-- Asks session-server about a request: the application gets it with what is known of its sender, or the client gets
-- what session-server says instead.

local AUTH = "http://127.0.0.1:8001/_session/auth"
local DEADLINE_MS = 3000

-- What the answer depends on, and what several lines of it are joined by (RFC 9110 §5.3, RFC 6265 §5.4). Nothing else
-- goes along, and never the body.
local TOLD = {
	["cookie"] = "; ",
	["session-activity"] = ", ",
	["accept"] = ", ",
	["sec-fetch-dest"] = ", ",
	["x-forwarded-for"] = ", ",
}

-- In the answer for the application, in place of what the request has.
local KNOWN = { "x-session-subject", "x-session-id", "x-session-statement", "cookie" }

local function question(txn)
	local headers = {
		["sec-forward-auth"] = { "1" },
		["x-forwarded-method"] = { txn.sf:method() },
		["x-forwarded-uri"] = { txn.sf:pathq() },
	}
	local request = txn.http:req_get_headers()
	for name, separator in pairs(TOLD) do
		local lines = request[name]
		if lines then
			-- As one line: HAProxy's client ends HAProxy where there are too many. Those that it gives are counted from 0.
			headers[name] = { table.concat({ lines[0], table.unpack(lines) }, separator) }
		end
	end
	return { url = AUTH, headers = headers, timeout = DEADLINE_MS }
end

local function unavailable(txn)
	local reply = txn:reply({ status = 503 })
	reply:add_header("cache-control", "no-store")
	reply:add_header("content-type", "application/problem+json")
	reply:add_header("retry-after", "1")
	reply:set_body('{"type":"about:blank","title":"Service Unavailable","status":503,"code":"store_unavailable"}')
	txn:done(reply)
end

local function pass_on(txn, answer)
	local reply = txn:reply({ status = answer.status, reason = answer.reason })
	for name, lines in pairs(answer.headers) do
		for _, line in pairs(lines) do
			if name ~= "connection" and name ~= "transfer-encoding" and name ~= "content-length" then
				reply:add_header(name, line)
			end
		end
	end
	reply:set_body(answer.body or "")
	txn:done(reply)
end

local function ask(txn)
	local answer = core.httpclient():get(question(txn))
	if not answer or not answer.headers or answer.status == 0 then
		return unavailable(txn)
	end
	if answer.status ~= 200 then
		return pass_on(txn, answer)
	end
	for _, name in ipairs(KNOWN) do
		local lines = answer.headers[name]
		local value = lines and lines[0] or ""
		txn.http:req_del_header(name)
		if value ~= "" then
			txn.http:req_add_header(name, value)
		end
	end
	local cookies = answer.headers["set-cookie"]
	if cookies then
		txn:set_var("txn.statement_cookie", cookies[0])
	end
	-- Last: HAProxy goes on where this file has failed, and then nobody has said yes.
	txn:set_var("txn.may_pass", true)
end

core.register_action("ask", { "http-req" }, ask)
