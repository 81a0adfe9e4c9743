"""The figures of the portal, each beside a figure of the same run that it is to be compared with.

Called by Scripts/bench, which has installed and built what is needed. Prints a table and writes `.run/bench.json`.

What is measured, in three interleaved passes whose median counts:
  payments_16, payments_64       the confirming POST of a bill payment up to its 303, with session, CSRF token and payment
                                 password at argon2's lowest cost, against pgbench running every statement of that POST
                                 on as many connections. The worker is off, as with `portal serve --without-worker`.
  payments_64_posting_only       the same payments against the ledger's posting function alone
  payments_64_full_hashing       the same payments at the production cost of argon2, against all statements too
  payments_completed             orders that became final a second, as a share of those accepted, worker inside, 64 clerks
                                 who pay steadily at a fifth of the rate of payments_64. Completing needs two or three times
                                 what accepting does, so at full rate a backlog grows and is worked off afterwards; each
                                 pass prints that share too.
  statement_page_64              a page of 20 of 100,000 movements, against pgbench running its queries
  statement_growth               the time of that page with very many movements against 10,000
  file_lines_matched             the pass that matches a bank file of very many lines, each of which is one of our top-ups,
                                 against COPY of the same lines into a table without any keys; printed beside it: reading and
                                 staging them, filing them under their keys, COPY into a table with the same keys, and the
                                 most memory of the program that takes the file
  render_compiled, _mustache     one page of 15 KB by the compiled template and by swift-mustache, against a writer by hand
"""

import argparse
import datetime
import json
import pathlib
import signal
import statistics
import subprocess
import sys
import time

import statements
from programs import FULL_COST, HERE, LOW_COST, ROOT, Bench
from sessions import Browser, Session, in_parallel

COMPANIES = 1000
# Bills that were asked for count for 15 minutes; so does an idle session.
FRESH_SECONDS = 480
# The part of the accepting rate at which orders are to be completed as they come.
STEADY_SHARE = 0.2
AIMS = {
    "payments_16": ("≥", 0.45), "payments_64": ("≥", 0.45), "payments_64_posting_only": ("≥", 0.30),
    "payments_completed": ("≥", 0.95), "statement_page_64": ("≥", 0.30), "statement_growth": ("≤", 1.2),
    "file_lines_matched": ("≤", 3), "render_compiled": ("≥", 0.5),
}
MOST_P99_MS = 100
# What taking a file of the bank may need, however long it is.
MOST_FILE_MIB = 128


class Measurements:
    """The figures of all passes, and what comes of them."""

    def __init__(self):
        self.passes = {}

    def add(self, name, value, base, unit, against, ratio=None, **others):
        measured = {"value": value, "ratio": ratio if ratio is not None else value / base, "base": base, **others}
        entry = self.passes.setdefault(name, {"unit": unit, "against": against, "all": []})
        entry["all"].append(measured)
        note = "".join(f"  {key.replace('_', ' ')} {number:.1f}" for key, number in others.items())
        print(f"    {name:26} {value:10.1f} {unit:12} {base:10.1f} {against}  → {measured['ratio']:.2f}{note}", flush=True)

    def last(self, name):
        return self.passes[name]["all"][-1]

    def results(self):
        for name, entry in self.passes.items():
            result = {"name": name, "unit": entry["unit"], "against": entry["against"]}
            for key in entry["all"][0]:
                if key != "base":
                    result[key] = round(statistics.median(one[key] for one in entry["all"]), 3)
            order = ["name", "value", "unit", "against", "ratio", "p50_ms", "p99_ms", "memory_mib"]
            yield {key: result[key] for key in order if key in result}


def verdict(result):
    """Whether a figure reaches what it should; nothing where there is no aim."""
    if result["name"] not in AIMS:
        return ""
    sign, aim = AIMS[result["name"]]
    is_good = result["ratio"] >= aim if sign == "≥" else result["ratio"] <= aim
    text = f"{'ok' if is_good else 'short'} ({sign} {aim})"
    if result["name"] == "payments_64_posting_only":
        is_quick = result["p99_ms"] < MOST_P99_MS
        text += f", p99 {'ok' if is_quick else 'short'} (< {MOST_P99_MS} ms)"
    if "memory_mib" in result:
        is_small = result["memory_mib"] < MOST_FILE_MIB
        text += f", {result['memory_mib']:.0f} MiB {'ok' if is_small else 'short'} (< {MOST_FILE_MIB} MiB)"
    return text


class Run:
    def __init__(self, bench, options):
        self.bench = bench
        self.renderer = options.renderer
        self.filer = options.binaries.absolute() / "FilesBench"
        self.seconds = options.seconds or (4 if options.quick else 10)
        self.completed_seconds = 6 * self.seconds if not options.quick else 10
        self.passes = 1 if options.quick else 3
        self.large = 200_000 if options.quick else 1_000_000
        self.figures = Measurements()
        self.sessions = [Session(number) for number in range(1, COMPANIES + 1)]
        self.asked_at = None
        self.problem = None
        self.runs = int(time.time()) % 1_000_000 * 100

    # Before.

    def prepare(self):
        bench = self.bench
        bench.start()
        self.password = self._hash("BENCH", LOW_COST)
        say(f"{COMPANIES} companies, and statements of 10,000, 100,000 and {self.large:,} movements …")
        biller = f"{bench.sandbox}/billers/CSPOWER"
        bench.psql("owner", file="companies.sql", first=1, last=COMPANIES + 3, fen=100_000_000_00, biller=biller)
        self.statements = {}
        for place, count in enumerate([10_000, 100_000, self.large], start=1):
            number = COMPANIES + place
            bench.psql("postgres", file="movements.sql", company=number, count=count)
            self.statements[count] = Session(number)
        bench.psql("postgres", "VACUUM ANALYZE")
        # pgbench works on a copy, because what it does to the books follows no rule.
        bench.psql("postgres", "CREATE DATABASE pgbench TEMPLATE portal OWNER portal_owner STRATEGY file_copy")
        bench.psql("postgres", "GRANT CONNECT ON DATABASE pgbench TO portal_app")
        bench.psql("owner", file="pgbench.sql", database="pgbench")
        bench.psql("postgres", "VACUUM ANALYZE", database="pgbench")
        bench.serve()
        say("Signing in 1,000 companies …")
        everybody = self.sessions + list(self.statements.values())
        in_parallel(
            everybody, lambda session, _: session.sign_in(bench.portal_port, self.password), lambda: None, threads=4)
        statements.compare(self)

    def _hash(self, number, cost):
        """Has the portal make a password and store its hash, as it does for a member of staff."""
        answer = self.bench.command(
            "staff", "add", "--number", number, "--name", "基准", "--role", "auditor", "--mobile", "13800000199", **cost)
        return answer.strip().split("\t")[1]

    def _make_sessions_file(self, password):
        """Bills asked for lately, by the ordinary page, and the file for confirm.lua."""
        if self.asked_at is None or time.monotonic() - self.asked_at > FRESH_SECONDS:
            in_parallel(
                self.sessions, lambda session, browser: session.ask_for_bills(browser),
                lambda: Browser(self.bench.portal_port), threads=4)
            browser = Browser(self.bench.portal_port)
            for session in self.statements.values():
                browser.cookies = dict([session.cookie.split("=", 1)])
                browser.send("GET", "/account/transactions")
            self.asked_at = time.monotonic()
        file = self.bench.folder / "sessions.tsv"
        file.write_text("".join(session.line(password) + "\n" for session in self.sessions))
        file.chmod(0o600)
        return file

    # The passes.

    def pay(self, connections, seconds, password=None, **settings):
        file = self._make_sessions_file(password or self.password)
        self.runs += 1
        return self.bench.wrk("confirm.lua", connections, seconds, "/account/bill-payments", file, self.runs, **settings)

    def payments(self):
        base = {}
        self.pay(16, 2)
        for connections in (16, 64):
            paid = self.pay(connections, self.seconds)
            base[connections] = self._pgbench("confirm-post.sql", connections)
            self.figures.add(
                f"payments_{connections}", paid["rate"], base[connections], "payments/s",
                "all statements in pgbench", p50_ms=paid["p50"], p99_ms=paid["p99"])
        posting = self._pgbench("posting-only.sql", 64)
        self.figures.add(
            "payments_64_posting_only", paid["rate"], posting, "payments/s", "post_entry in pgbench",
            p50_ms=paid["p50"], p99_ms=paid["p99"])
        return base[64]

    def statement_page(self):
        middle = self.statements[100_000]
        self._page(middle, 16, 1)
        page = self._page(middle, 64, self.seconds)
        queries = self._pgbench("statement-page.sql", 64, company=middle.number)
        self.figures.add(
            "statement_page_64", page["rate"], queries, "pages/s", "its queries in pgbench", p50_ms=page["p50"],
            p99_ms=page["p99"])
        rates = {10_000: [], self.large: []}
        for _ in range(3):
            for count, found in rates.items():
                found.append(self._page(self.statements[count], 16, max(2, self.seconds // 3))["rate"])
        small, large = (16_000 / statistics.median(found) for found in rates.values())
        self.figures.add(
            "statement_growth", large, small, "ms", f"10,000 movements ({self.large:,} here)", ratio=large / small)

    def completion(self):
        """The worker has the orders of these seconds only: those before wait until the end of the bench."""
        rate = self.figures.last("payments_64")["value"] * STEADY_SHARE
        self._put_off()
        self.bench.serve(worker=True)
        self.pay(16, 2, BENCH_PAUSE_MS="100")
        # What warmed up is not to count among what is completed.
        while self._open_jobs("due_at <= now()"):
            time.sleep(0.2)
        paid, done = self._completed(self.completed_seconds, BENCH_PAUSE_MS=f"{64_000 / rate:.0f}")
        self.figures.add(
            "payments_completed", done, paid["rate"], "orders/s", "accepted", p50_ms=paid["p50"], p99_ms=paid["p99"])
        paid, done = self._completed(self.seconds)
        print(f"    all out, 64 connections: {paid['rate']:.0f} accepted and {done:.0f} completed a second")
        self._put_off()

    def _completed(self, seconds, **settings):
        before, began = self._final_orders(), time.monotonic()
        paid = self.pay(64, seconds, **settings)
        return paid, (self._final_orders() - before) / (time.monotonic() - began)

    def _put_off(self):
        self.bench.psql("owner", "UPDATE jobs SET due_at = due_at + interval '1 day' WHERE kind = 'billPayment'")

    def full_hashing(self, base):
        self.bench.psql("owner", self.set_password.format("BENCHFULL"))
        self.bench.serve(FULL_COST)
        paid = self.pay(64, self.seconds, self.full_password)
        self.figures.add(
            "payments_64_full_hashing", paid["rate"], base, "payments/s", "all statements in pgbench",
            p50_ms=paid["p50"], p99_ms=paid["p99"])
        self.bench.psql("owner", self.set_password.format("BENCH"))

    set_password = (
        "UPDATE operators SET payment_password = (SELECT password FROM staff WHERE staff_number = '{}') "
        "WHERE login_id LIKE 'bench%'")

    def measure(self):
        self.full_password = self._hash("BENCHFULL", FULL_COST)
        for number in range(1, self.passes + 1):
            say(f"Pass {number} of {self.passes} …")
            self.bench.serve()
            base = self.payments()
            self.statement_page()
            self.full_hashing(base)
            self.completion()

    def _pgbench(self, script, connections, company=0):
        return self.bench.pgbench(
            script, connections, self.seconds, "pgbench", companies=COMPANIES, company=company)

    def _page(self, session, connections, seconds):
        return self.bench.wrk("page.lua", connections, seconds, "/account/transactions", session.cookie)

    def _final_orders(self):
        return int(self.bench.psql("owner", "SELECT count(*) FROM orders WHERE kind = 'billPayment' AND is_final")[0][0])

    # After.

    def drain(self):
        """Completes what is left, and checks the books."""
        self.bench.psql("owner", "UPDATE jobs SET due_at = now() WHERE kind = 'billPayment'")
        left = self._open_jobs()
        say(f"Completing the {left:,} orders that wait …")
        self.bench.serve(worker=True)
        began = time.monotonic()
        while self._open_jobs() and time.monotonic() - began < 600:
            time.sleep(1)
        seconds = time.monotonic() - began
        print(f"    {left / seconds:.0f} orders a second by the worker alone")
        self.bench.end("portal")
        try:
            print(self.bench.command("check"), end="")
        except RuntimeError as error:
            # The figures were measured all the same; the bench ends with this at the end.
            self.problem = error
            print(error)

    def _open_jobs(self, condition="true"):
        return int(self.bench.psql("owner", f"SELECT count(*) FROM jobs WHERE kind = 'billPayment' AND {condition}")[0][0])

    def file_lines(self):
        """Has the portal's code take a file with all top-ups of the longest statement."""
        day, lines = "2026-01-05", self.bench.folder / "lines.csv"
        rows = (
            "SELECT 'BENCH' || o.id, o.number, o.amount FROM orders o JOIN enterprises e ON e.id = o.enterprise_id "
            f"WHERE o.kind = 'topUp' AND e.merchant_number = 'M99{COMPANIES + 3:012}' ORDER BY o.id")
        self.bench.psql("owner", f"\\copy ({rows}) TO '{lines}' WITH (FORMAT csv)")
        file = self.bench.folder / "bank-file.txt"
        answer = subprocess.run(
            [self.filer, "make", day, lines, file], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True)
        print(f"    a file of {file.stat().st_size >> 20} MiB in Base64, with {int(answer.stdout):,} MiB of lines")
        for _ in range(self.passes):
            self.bench.psql("owner", file="file-lines.sql", lines=lines)
            seconds = {}
            for table in ("bench_plain", "bench_keyed"):
                columns = "file_id, line, channel, trade, serial, order_number, amount, fee, is_duplicate"
                source = self.bench.folder / "copied.csv"
                self.bench.psql("owner", f"\\copy (SELECT {columns} FROM bench_lines) TO '{source}' WITH (FORMAT csv)")
                began = time.monotonic()
                self.bench.psql("owner", f"\\copy {table} ({columns}) FROM '{source}' WITH (FORMAT csv)")
                seconds[table] = time.monotonic() - began
            answer = subprocess.run(
                [self.filer, "take", self.bench.url("app"), self.bench.folder / "keys", day, file],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True)
            staging, filing, matching, memory = answer.stdout.split()
            print(f"    staging {float(staging):.1f} s, filing {float(filing):.1f} s, COPY with the same keys "
                  f"{seconds['bench_keyed']:.1f} s")
            self.figures.add(
                "file_lines_matched", float(matching), seconds["bench_plain"], "s", "plain COPY of the lines",
                memory_mib=float(memory))
            self.bench.psql("owner", "DROP TABLE bench_lines, bench_plain, bench_keyed; TRUNCATE bank_files CASCADE")

    def rendering(self):
        """Runs the render bench, a package of its own that Scripts/bench has built."""
        if not self.renderer.exists():
            print(f"    left out: {self.renderer} is not built")
            return
        answer = subprocess.run(
            [self.renderer, HERE / "Render" / "Templates", str(self.passes)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True, check=True)
        for line in answer.stdout.splitlines():
            measured = json.loads(line)
            for name in ("compiled", "mustache"):
                self.figures.add(
                    f"render_{name}", measured[name], measured["writer"], "µs", "a writer by hand",
                    ratio=measured["writer"] / measured[name])


def say(text):
    print(f"· {datetime.datetime.now():%H:%M:%S} {text}", flush=True)


def show(results):
    print(f"\n{'figure':26} {'value':>10} {'unit':11} {'ratio':>7} {'p50 ms':>8} {'p99 ms':>8}  {'against':28} aim")
    for result in results:
        latencies = [f"{result[key]:8.1f}" if key in result else " " * 8 for key in ("p50_ms", "p99_ms")]
        print(f"{result['name']:26} {result['value']:10.1f} {result['unit']:11} {result['ratio']:7.3f} "
              f"{latencies[0]} {latencies[1]}  {result['against']:28} {verdict(result)}")


def main():
    parser = argparse.ArgumentParser(description="See Scripts/bench.")
    parser.add_argument("--quick", action="store_true", help="one short pass, to try things")
    parser.add_argument("--seconds", type=int, help="of one measurement; 10, and 4 in a quick run")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / ".run" / "bench")
    parser.add_argument("--binaries", type=pathlib.Path, default=ROOT / ".build" / "release")
    parser.add_argument("--renderer", type=pathlib.Path, default=ROOT / ".build/bench-render/release/RenderBench")
    options = parser.parse_args()
    bench = Bench(options.folder.absolute(), options.binaries.absolute())
    run = Run(bench, options)
    try:
        say("A new database with durable commits …")
        run.prepare()
        run.measure()
        run.drain()
        say("A file of the bank with a line for each movement of the longest statement …")
        run.file_lines()
    finally:
        bench.stop()
    say("Rendering …")
    run.rendering()
    results = list(run.figures.results())
    show(results)
    file = options.folder.parent / "bench.json"
    file.write_text(json.dumps(results, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"\nWritten to {file}.")
    if run.problem:
        raise run.problem
    missed = [result["name"] for result in results if "short" in verdict(result)]
    # One short pass proves nothing either way.
    if missed and not options.quick:
        raise RuntimeError("short of the aim: " + ", ".join(missed))


if __name__ == "__main__":
    # A request to end ends what was started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Scripts/bench: was told to end"))
    try:
        main()
    except (RuntimeError, subprocess.CalledProcessError) as error:
        sys.exit(f"Scripts/bench: {error}")
