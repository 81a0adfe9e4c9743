-- For wrk: one page for one session. Arguments: the cookie.
local threads = {}

function setup(thread) table.insert(threads, thread) end

function init(arguments)
    wrk.headers["Cookie"] = arguments[1]
    good, bad = 0, 0
end

function response(status)
    if status == 200 then good = good + 1 else bad = bad + 1 end
end

function done(summary, latency)
    local all_good, all_bad = 0, 0
    for _, thread in ipairs(threads) do
        all_good = all_good + thread:get("good")
        all_bad = all_bad + thread:get("bad")
    end
    local errors = summary.errors
    io.write(string.format(
        '\n{"good": %d, "bad": %d, "seconds": %f, "p50": %f, "p99": %f, "broken": %d}\n', all_good, all_bad,
        summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.connect + errors.read + errors.write + errors.timeout))
end
