"""The browser tests: a whole installation, and people at their browsers.

    python3 Tests/Browser/run.py                  everything
    python3 Tests/Browser/run.py --only WORD      only tests whose sentence contains WORD
    python3 Tests/Browser/run.py --screenshots    also writes README's pictures to Tests/Browser/Screenshots
    python3 Tests/Browser/run.py --pictures       also writes a picture of every page visited to .run/browser-pictures

Needs the release build of both programs and the packages of requirements.txt; Scripts/test sees to both.
"""

import argparse
import pathlib
import signal
import sys
import time
import traceback

from playwright.sync_api import sync_playwright

import journeys
import visits
from installation import ROOT, Installation
from people import launch
from world import World


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="run the tests whose sentence contains this")
    parser.add_argument("--screenshots", action="store_true", help="write README's pictures")
    parser.add_argument("--pictures", action="store_true", help="write a picture of every page visited")
    options = parser.parse_args()
    installation = Installation("browser")
    passed = failed = 0
    with sync_playwright() as playwright:
        browser = launch(playwright)
        print("Starting database, sandbox and portal with fresh demo data …", flush=True)
        try:
            installation.start()
            pictures = ROOT / ".run/browser-pictures" if options.pictures else None
            world = World(browser, installation, pictures, options.screenshots)
            # The visits come first: one company is still empty then, and nothing waits for a review.
            for sentence, test in visits.tests() + journeys.tests():
                if options.only not in sentence:
                    continue
                began = time.monotonic()
                try:
                    test(world)
                    world.expect_no_complaints()
                    passed += 1
                    print(f"ok      {sentence} ({time.monotonic() - began:.1f} s)", flush=True)
                except Exception as error:
                    failed += 1
                    print(f"FAILED  {sentence}\n    {error}", flush=True)
                    if not isinstance(error, AssertionError):
                        traceback.print_exc()
                    world.after_failure(failed)
        finally:
            browser.close()
            code = installation.stop()
    if code == 0:
        passed += 1
    else:
        failed += 1
        print(f"FAILED  Ctrl-C stops everything: Scripts/run ended with {code}\n{installation.printed[-1500:]}")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    # A request to end ends what was started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("the browser tests were told to end"))
    sys.exit(main())
