"""The kills: the circle under load while portal and worker are killed twenty times, and a look at all books afterwards.

    python3 Tests/Kills/run.py                          with the release build
    python3 Tests/Kills/run.py --portal P --sandbox S   with other builds
    python3 Tests/Kills/run.py --kills 5 --seed 7       shorter, or another course of things

Needs both programs and PostgreSQL; Scripts/test sees to them. The data and logs of the last run stay in .run/kills.
"""

import argparse
import datetime
import itertools
import pathlib
import random
import signal
import sys
import threading
import time

from books import Afterwards
from clerks import Clerk
from opening import open_companies
from processes import ROOT, KilledInstallation
from web import Site, Tally

# Whom the kills hit, in turn.
TARGETS = (["portal"], ["worker"], ["portal"], ["worker"], ["portal", "worker"])
# What goes wrong outside around the kills: answers lost before and after the booking, notices lost, late and repeated.
FAULTS = tuple(
    [{"fault": "call", "call": call, "effect": effect, "count": "1"}
     for call in ("payment", "payout") for effect in ("none", "booked")]
    + [{"fault": "call", "call": call, "effect": "none"} for call in ("query", "paymentQuery")]
    + [{"fault": "notification", "effect": "lose"}, {"fault": "notification", "effect": "repeat", "times": "3"},
       {"fault": "notification", "effect": "delay", "seconds": "5"}])
TEN_MINUTES = 600


class Report:
    """What was tested and what came of it."""

    def __init__(self):
        self.passed = self.failed = 0

    def test(self, sentence, faults):
        faults = list(faults)
        if not faults:
            self.passed += 1
            print(f"ok      {sentence}", flush=True)
            return
        self.failed += 1
        print(f"FAILED  {sentence}", flush=True)
        for fault in faults[:12]:
            print(f"        {fault}", flush=True)
        if len(faults) > 12:
            print(f"        … and {len(faults) - 12} more", flush=True)


def keep_away_from_midnight(installation, seconds):
    """Moves all clocks by an hour when the run would cross midnight in Beijing. A payout that was interrupted then waits
    for the bank's file of the next days, and bills get a new month: both right, and not what is looked at here."""
    now = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8)))
    if (now + datetime.timedelta(seconds=seconds)).date() != now.date():
        installation.move_clock(3600)
        print("It is nearly midnight in Beijing: all clocks go one hour ahead.", flush=True)


def open_orders(installation):
    """Numbers and states of the orders that are not final."""
    return {
        number: (kind, state) for number, kind, state in
        installation.query("SELECT number, kind, state FROM orders WHERE NOT is_final")}


def moving(orders):
    """Those among them that wait for nobody's decision: money is set aside or on its way."""
    return {number for number, (kind, _) in orders.items() if kind != "topUp"}


def kill_again_and_again(installation, tally, count, chance):
    """The kills, each as (sentence, faults)."""
    results = []
    for number, target in zip(range(1, count + 1), itertools.cycle(TARGETS)):
        installation.wait_for("portal", installation.portal_port)
        for fault in chance.sample(FAULTS, 2):
            installation.control("faults", **fault)
        time.sleep(chance.uniform(2.0, 5.5))
        before = open_orders(installation)
        deadline = time.monotonic() + 10
        while not moving(before) and time.monotonic() < deadline:
            time.sleep(0.05)
            before = open_orders(installation)
        requests = tally.open_requests
        installation.kill(target)
        # In flight is what was under way before the kill and still is after it.
        after = open_orders(installation)
        caught = {key: after[key] for key in before.keys() & after.keys()}
        states = {}
        for kind, state in caught.values():
            states.setdefault(kind, {}).setdefault(state, 0)
            states[kind][state] += 1
        in_flight = len(moving(caught))
        sentence = f"kill {number:2} of {' and '.join(target):17} {in_flight:3} payments and withdrawals in flight"
        details = "; ".join(
            f"{kind} " + ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
            for kind, counts in sorted(states.items()))
        faults = [] if in_flight else ["no payment or withdrawal was in flight"]
        print(f"  {sentence}, {requests} requests open ({details})", flush=True)
        results.append((sentence, faults))
    return results


def settle(installation):
    """Waits until nothing is left to do under the moved clock."""
    deadline = time.monotonic() + 75
    while time.monotonic() < deadline:
        offset = installation.clock_offset
        (due, open_), = installation.query(
            f"SELECT (SELECT count(*) FROM jobs WHERE due_at <= now() + interval '{offset} seconds'), "
            "(SELECT count(*) FROM orders WHERE NOT is_final)")
        if due == open_ == "0":
            return
        time.sleep(0.5)


def storm(installation, options, report, tally):
    """Load and kills; gives the clerks and the last order before them."""
    chance = random.Random(options.seed)
    installation.launch_both()
    opened = open_companies(installation, tally, chance)
    logins = [login for login in installation.logins() if login["role"] == "clerk"] + opened
    (first_order,), = installation.query("SELECT coalesce(max(id), 0) FROM orders")
    installation.control(
        "faults", payoutDelaySeconds="6", holdSeconds="3", slowSeconds="1", writeOffSeconds="5")
    stop = threading.Event()
    # More clerks than companies, so that some work for the same one.
    clerks = [
        Clerk(number, login, installation, tally, chance.random(), stop)
        for number, login in zip(range(1, options.clerks + 1), itertools.cycle(logins))]
    print(f"{len(clerks)} clerks of {len(logins)} companies go to work.", flush=True)
    began = time.monotonic()
    for clerk in clerks:
        clerk.start()
    try:
        kills = kill_again_and_again(installation, tally, options.kills, chance)
    finally:
        stop.set()
    # Each ends what it has begun, however long it has to insist.
    patience = time.monotonic() + Site.PATIENCE + 15
    for clerk in clerks:
        clerk.join(timeout=max(0.0, patience - time.monotonic()))
    seconds = time.monotonic() - began
    print(f"The storm is over after {seconds:.0f} s:", flush=True)
    for what, count in sorted(tally.counts.items()):
        print(f"  {count:6} {what}", flush=True)
    for sentence, faults in kills:
        report.test(sentence, faults)
    report.test(
        "every clerk was served as usual, apart from waiting",
        [fault for clerk in clerks for fault in clerk.faults]
        + [f"{clerk.name} hangs" for clerk in clerks if clerk.is_alive()]
        + ([f"the portal answered 500 {tally.counts['answers 500']} times"] if tally.counts["answers 500"] else []))
    return clerks, int(first_order)


def afterwards(installation, clerks, first_order, report):
    """Ten minutes later, by moved clocks."""
    faults = [f"the {name} ended with {code}" for name in ("portal", "worker") if (code := installation.end(name)) != 0]
    report.test("portal and worker end cleanly when they are asked to", faults)
    # What was ordered to go wrong has gone wrong by now; the rest of it is taken back.
    installation.control("faults", fault="clear")
    installation.move_clock(TEN_MINUTES)
    installation.launch_both()
    began = time.monotonic()
    settle(installation)
    print(f"Ten minutes later by moved clocks, and {time.monotonic() - began:.0f} s of work:", flush=True)
    found = Afterwards(installation, clerks, first_order)
    for (kind, status), count in sorted(found.counts().items()):
        print(f"  {count:6} {kind} {status}", flush=True)
    for what, count in found.interruptions():
        print(f"  {count:6} times {what}", flush=True)
    print(f"  {len(found.receipts):6} order numbers were told by 303", flush=True)
    for test in found.tests():
        report.test(test.__doc__, test())
    report.test("no process ended by itself", installation.deaths)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--portal", type=pathlib.Path, default=ROOT / ".build/release/portal", help="the program")
    parser.add_argument("--sandbox", type=pathlib.Path, default=ROOT / ".build/release/sandbox", help="the program")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / ".run/kills", help="for data and logs")
    parser.add_argument("--kills", type=int, default=20, help="how many")
    parser.add_argument("--clerks", type=int, default=12, help="how many work at the same time")
    parser.add_argument("--seed", type=int, default=20260801, help="of all that is left to chance")
    options = parser.parse_args()
    for program in (options.portal, options.sandbox):
        if not program.is_file():
            sys.exit(f"{program} is not built; swift build -c release builds it.")
    # Whoever stops the run stops what it has started as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    report, tally = Report(), Tally()
    installation = KilledInstallation(
        options.folder.resolve(), options.portal.resolve(), options.sandbox.resolve(), seed_days=3)
    try:
        print("Starting database, sandbox, portal and worker with fresh demo data …", flush=True)
        installation.start()
        keep_away_from_midnight(installation, 1200)
        clerks, first_order = storm(installation, options, report, tally)
        afterwards(installation, clerks, first_order, report)
    finally:
        installation.stop()
    print(f"{time.monotonic() - began:.0f} s in all; logs in {options.folder}.")
    print(f"{report.passed} passed, {report.failed} failed")
    return 0 if report.failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
