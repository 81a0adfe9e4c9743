"""A whole installation for a test run: its own folder, ports, database, portal and sandbox, by Scripts/run."""

import csv
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def is_listening(port):
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


class Installation:
    """Starts empty with fresh demo data, and is stopped by the same signal as a person's Ctrl-C."""

    def __init__(self, name, settings=None, has_portal=True):
        self.options = [] if has_portal else ["--without-portal"]
        self.folder = ROOT / ".run" / name
        self.portal_port = free_port()
        self.sandbox_port = free_port()
        # Bank and portal are different sites to a browser only if one is a name and the other an address.
        self.portal = f"http://127.0.0.1:{self.portal_port}"
        self.sandbox = f"http://localhost:{self.sandbox_port}"
        # Settings of the surrounding shell are for the installation of a person, not for this one.
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith("PORTAL_") and name != "DATABASE_URL"}
        self.environment = kept | {
            "RUN_FOLDER": str(self.folder), "PORTAL_PORT": str(self.portal_port),
            "SANDBOX_PORT": str(self.sandbox_port),
        } | (settings or {})
        self.process = None

    def start(self):
        self._remove()
        self.folder.mkdir(parents=True)
        self._run()

    def start_again(self):
        """A second start of the same folder; gives the seconds it took."""
        began = time.monotonic()
        self._run()
        return time.monotonic() - began

    def run_beside(self):
        """Scripts/run once more while the first one runs; gives what became of it."""
        return subprocess.run(
            [ROOT / "Scripts/run", "--built"], cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60)

    def _run(self):
        self.output = self.folder / "run.log"
        # A shell that runs us in the background has us ignore Ctrl-C, and Scripts/run would inherit that.
        if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        # The logins are printed, so the file is for its owner only.
        descriptor = os.open(self.output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as output:
            self.process = subprocess.Popen(
                [ROOT / "Scripts/run", "--built", "--fsync", "off", *self.options], cwd=ROOT, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        deadline = time.monotonic() + 180
        while "Ctrl-C stops everything" not in self.printed:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Scripts/run did not come up:\n{self.printed}")
            time.sleep(0.2)

    @property
    def printed(self):
        return self.output.read_text(encoding="utf-8")

    def stop(self):
        """Gives Scripts/run's exit code."""
        if self.process is None or self.process.poll() is not None:
            return None
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=90)
        self.process = None
        return code

    def _remove(self):
        postgres = self.folder / "postgres"
        if postgres.exists():
            subprocess.run([ROOT / "Scripts/postgres", "stop", postgres], cwd=ROOT, check=False)
            where = postgres / "cluster-path"
            if where.exists():
                shutil.rmtree(where.read_text().strip(), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *arguments):
        """Runs a subcommand of the program `portal`."""
        return subprocess.run(
            [ROOT / "Scripts/portal", *arguments], cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120)

    def routes(self):
        """The route table as (method, address, audience)."""
        answer = self.command("routes")
        if answer.returncode != 0:
            raise RuntimeError(answer.stderr)
        return [tuple(line.split("\t")) for line in answer.stdout.splitlines() if "\t" in line]

    def rows(self, sql):
        """What the owner of the database reads, as lists of texts."""
        url = subprocess.run(
            [ROOT / "Scripts/postgres", "url", self.folder / "postgres", "owner"], cwd=ROOT, check=True,
            capture_output=True, text=True).stdout.strip()
        parts = urllib.parse.urlsplit(url)
        # The password travels in the environment, never in the arguments.
        access = {
            "PGUSER": parts.username, "PGPASSWORD": parts.password, "PGDATABASE": parts.path.lstrip("/"),
            "PGHOST": urllib.parse.parse_qs(parts.query)["host"][0],
        }
        printed = subprocess.run(
            ["psql", "--no-psqlrc", "--csv", "--tuples-only", "--command", sql], env=os.environ | access, check=True,
            capture_output=True, text=True, timeout=60).stdout
        return list(csv.reader(printed.splitlines()))

    def logins(self):
        return json.loads((self.folder / "demo-logins.json").read_text(encoding="utf-8"))

    # What stands outside.

    def sandbox_json(self, path):
        with urllib.request.urlopen(self.sandbox + path, timeout=10) as answer:
            return json.load(answer)

    def books(self):
        """The books of bank and billers."""
        return self.sandbox_json("/control/books.json")

    def messages(self, number):
        """The messages on a phone, the newest first."""
        return self.sandbox_json(f"/phone/messages.json?number={urllib.parse.quote(number)}")

    def control(self, what, **values):
        """Orders faults (`faults`) or moves the sandbox's clock (`clock`)."""
        request = urllib.request.Request(
            f"{self.sandbox}/control/{what}", json.dumps(values).encode(), {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=10).close()
