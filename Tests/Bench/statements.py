"""Holds the scripts of pgbench equal to what the portal sends: statements on the same tables, in the same order."""

import re

from programs import HERE
from sessions import Browser

WORDS = re.compile(
    r"\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)|\b(create_order|post_entry)\b|^(BEGIN|COMMIT)", re.IGNORECASE)
RECORD = re.compile(r"^\d{4}-\d\d-\d\d \S+ \S+ \[\d+\]")


def key(statement):
    """What a statement touches, in order."""
    return tuple(next(filter(None, found)).lower() for found in WORDS.findall(statement.strip()))


def in_script(name):
    """The statements of a script: a line each, and no lines but those, comments and commands of pgbench."""
    lines = (HERE / name).read_text().splitlines()
    return [key(line) for line in lines if line and not line.startswith(("--", "\\"))]


def in_log(text):
    """The statements that the server's log tells of."""
    records, statements = [], []
    for line in text.splitlines():
        if RECORD.match(line):
            records.append(line)
        elif records:
            records[-1] += "\n" + line
    for record in records:
        found = re.search(r"duration: \S+ ms  (?:execute [^:]*|statement): (.*)", record, re.DOTALL)
        if found:
            statements.append(key(found[1]))
    # Without the settings that a new connection begins with.
    return [statement for statement in statements if statement]


def compare(run):
    """Sends one of each request and compares. Raises RuntimeError where a script is not the portal's any more."""
    bench = run.bench
    log = (bench.folder / "postgres" / "cluster-path").read_text() + "/postgres.log"
    session = run.sessions[0]
    bench.psql("postgres", "ALTER ROLE portal_app SET log_min_duration_statement = 0")
    try:
        bench.serve()
        browser = Browser(bench.portal_port)
        session.ask_for_bills(browser)
        requests = {
            "confirm-post.sql": ("POST", "/account/bill-payments", dict(
                csrf=session.csrf, query=session.query, payer=session.merchant, paymentPassword=run.password,
                command="00000000-0000-4000-8000-000000000000", amount="1.00")),
            "statement-page.sql": ("GET", "/account/transactions", {}),
        }
        for script, (method, path, fields) in requests.items():
            with open(log, encoding="utf-8", errors="replace") as file:
                file.seek(0, 2)
                browser.send(method, path, **fields)
                sent = in_log(file.read())
            # Statements of one page may run at the same moment.
            expected, found = in_script(script), sent
            if method == "GET":
                expected, found = sorted(expected), sorted(found)
            if expected != found:
                raise RuntimeError(f"{script} is not what the portal sends:\n  script {expected}\n  portal {found}")
    finally:
        bench.psql("postgres", "ALTER ROLE portal_app RESET log_min_duration_statement")
