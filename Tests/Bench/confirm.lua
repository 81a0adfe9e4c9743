-- For wrk: confirms bill payments, each with the session, the CSRF token, the bill query and a command id of its own.
-- Arguments: the file of sessions (made by sessions.py), a number that no other run has had.
-- BENCH_PAUSE_MS in the environment is the mean pause of a connection between two payments; none without it.
local threads = {}
local pause = tonumber(os.getenv("BENCH_PAUSE_MS") or "")

if pause then
    function delay() return math.random(0, math.floor(2 * pause)) end
end

function setup(thread)
    thread:set("number", #threads)
    table.insert(threads, thread)
end

function init(arguments)
    sessions = {}
    for line in io.lines(arguments[1]) do
        local cookie, csrf, query, payer, password = line:match("^(.-)\t(.-)\t(.-)\t(.-)\t(.-)$")
        table.insert(sessions, {
            headers = {
                ["Cookie"] = cookie, ["Content-Type"] = "application/x-www-form-urlencoded",
                ["Origin"] = wrk.scheme .. "://" .. wrk.host .. ":" .. wrk.port,
            },
            form = "csrf=" .. csrf .. "&query=" .. query .. "&payer=" .. payer .. "&paymentPassword=" .. password,
        })
    end
    run = tonumber(arguments[2])
    accepted, refused, sent = 0, 0, 0
    math.randomseed(run * 1000 + number)
end

function request()
    local session = sessions[math.random(#sessions)]
    sent = sent + 1
    local command = string.format("%08x-%04x-4000-8000-%012x", run, number, sent)
    local amount = string.format("%d.%02d", math.random(0, 8), math.random(1, 99))
    return wrk.format("POST", "/account/bill-payments", session.headers,
        session.form .. "&command=" .. command .. "&amount=" .. amount)
end

function response(status)
    if status == 303 then accepted = accepted + 1 else refused = refused + 1 end
end

function done(summary, latency)
    local good, bad = 0, 0
    for _, thread in ipairs(threads) do
        good = good + thread:get("accepted")
        bad = bad + thread:get("refused")
    end
    local errors = summary.errors
    io.write(string.format(
        '\n{"good": %d, "bad": %d, "seconds": %f, "p50": %f, "p99": %f, "broken": %d}\n', good, bad,
        summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.connect + errors.read + errors.write + errors.timeout))
end
