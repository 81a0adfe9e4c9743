"""The programs of a run: a cluster of its own, the sandbox, the portal and the worker as two processes to be killed."""

import base64
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "Browser"))
from installation import ROOT, Installation, is_listening  # noqa: E402

MERCHANT = "777290058110097"


class KilledInstallation(Installation):
    """An installation whose portal and worker can be killed and started again one by one."""

    def __init__(self, folder, portal, sandbox, seed_days):
        super().__init__("kills")
        self.folder = folder
        self.portal_program = portal
        self.sandbox_program = sandbox
        self.seed_days = seed_days
        self.clock_offset = 0
        self.processes = {}
        # Processes that ended without being told to.
        self.deaths = []
        self.environment |= {
            # A crash is to end a process like a kill, not to hold it for the seconds that a backtrace takes.
            "SWIFT_BACKTRACE": "enable=no",
            "PORTAL_LISTEN_PORT": str(self.portal_port), "PORTAL_PUBLIC_ADDRESS": self.portal,
            "PORTAL_BANK_ADDRESS": self.sandbox, "PORTAL_PHONE_ADDRESS": self.sandbox,
            "PORTAL_BANK_MERCHANT_ID": MERCHANT, "PORTAL_KEYS_FOLDER": str(folder / "keys"),
            "PORTAL_PUBLIC_FOLDER": str(ROOT / "Public"),
            # What is killed here is the money's way, so hashing is not to be the limit.
            "PORTAL_PASSWORD_MEMORY_KIB": "64", "PORTAL_PASSWORD_ITERATIONS": "1",
            # Short enough that an order which nobody pays ends within the ten minutes.
            "PORTAL_TOP_UP_LIFETIME_SECONDS": "120", "PORTAL_PAYOUT_FIRST_QUERY_SECONDS": "3",
            "PORTAL_BANK_TIMEOUT_SECONDS": "2", "PORTAL_BILLER_TIMEOUT_SECONDS": "2",
            "PORTAL_LOG_LEVEL": "notice",
        }

    # Starting.

    def start(self):
        self._remove()
        self.folder.mkdir(parents=True)
        # As in production: what the database has acknowledged is on the disk.
        self._run_script("start", self.folder / "postgres")
        self.environment["PORTAL_DATABASE_URL"] = self._database_url("app")
        self._make_secrets()
        self._launch(
            "sandbox", self.sandbox_program, "serve", "--host", "127.0.0.1", "--port", str(self.sandbox_port),
            "--portal", self.portal, "--keys", str(self.folder / "keys"), "--directory", str(self.folder / "sandbox"),
            "--merchant", MERCHANT)
        self.wait_for("sandbox", self.sandbox_port)
        self._must_work("migrate", "--folder", str(ROOT / "Migrations"),
                        PORTAL_OWNER_DATABASE_URL=self._database_url("owner"))
        self._must_work("seed", "--demo", "--days", str(self.seed_days),
                        "--logins", str(self.folder / "demo-logins.json"))

    def _make_secrets(self):
        keys = self.folder / "keys"
        keys.mkdir(mode=0o700)
        for name in ("field-encryption", "lookup", "pepper", "bank-messages-1"):
            descriptor = os.open(keys / f"{name}.key", os.O_WRONLY | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.b64encode(os.urandom(32)) + b"\n")

    def _run_script(self, *arguments):
        subprocess.run([ROOT / "Scripts/postgres", *arguments], cwd=ROOT, check=True, stdin=subprocess.DEVNULL)

    def _database_url(self, role):
        answer = subprocess.run(
            [ROOT / "Scripts/postgres", "url", self.folder / "postgres", role], cwd=ROOT, check=True,
            capture_output=True, text=True)
        return answer.stdout.strip()

    def command(self, *arguments, **settings):
        """Runs a subcommand of `portal` under the clock of the running ones."""
        environment = self.environment | {"PORTAL_CLOCK_OFFSET_SECONDS": str(self.clock_offset)} | settings
        return subprocess.run(
            [self.portal_program, *arguments], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120)

    def _must_work(self, *arguments, **settings):
        answer = self.command(*arguments, **settings)
        if answer.returncode != 0:
            raise RuntimeError(f"portal {arguments[0]} ended with {answer.returncode}:\n{answer.stderr[-2000:]}")

    # The processes.

    def _launch(self, name, *command):
        environment = self.environment | {"PORTAL_CLOCK_OFFSET_SECONDS": str(self.clock_offset)}
        with open(self.folder / f"{name}.log", "ab") as log:
            # A session of its own keeps a terminal's Ctrl-C away from it.
            self.processes[name] = subprocess.Popen(
                [str(part) for part in command], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True)

    def launch(self, name):
        """Starts `portal` or `worker` and does not wait."""
        if name == "portal":
            self._launch("portal", self.portal_program, "serve", "--without-worker")
        else:
            self._launch("worker", self.portal_program, "worker")

    def wait_for(self, name, port, seconds=60):
        """Waits until a program listens."""
        deadline = time.monotonic() + seconds
        while not is_listening(port):
            if self.processes[name].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the {name} does not come up; see {self.folder / name}.log")
            time.sleep(0.02)

    def launch_both(self):
        for name in ("portal", "worker"):
            self.launch(name)
        self.wait_for("portal", self.portal_port)

    def kill(self, names):
        """SIGKILL to each of them at the same moment, and the next start at once."""
        for name in names:
            self._note_death(name)
            self.processes[name].send_signal(signal.SIGKILL)
        for name in names:
            self.processes[name].wait()
        for name in names:
            self.launch(name)

    def _note_death(self, name):
        code = self.processes[name].poll()
        if code is not None:
            self.deaths.append(f"the {name} had ended by itself with {code}")

    def end(self, name):
        """Asks a program to end, as the system does; gives its exit code."""
        process = self.processes.pop(name)
        if process.poll() is not None:
            self.deaths.append(f"the {name} had ended by itself with {process.returncode}")
            return process.returncode
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None

    def move_clock(self, seconds):
        """Moves the sandbox's clock now, and the portal's at its next start."""
        self.clock_offset += seconds
        self.control("clock", offsetSeconds=str(self.clock_offset))

    def stop(self):
        """Ends everything, whatever state it is in."""
        for name in ("worker", "portal", "sandbox"):
            if name in self.processes:
                self.end(name)
        if (self.folder / "postgres").exists():
            self._run_script("stop", self.folder / "postgres")

    # The database, read as the owner and never written.

    def query(self, sql):
        """Rows of texts."""
        if not hasattr(self, "psql_environment"):
            url = urllib.parse.urlsplit(self._database_url("owner"))
            # In the environment, because arguments can be seen by everybody on the machine.
            self.psql_environment = os.environ | {
                "PGHOST": urllib.parse.parse_qs(url.query)["host"][0], "PGUSER": url.username,
                "PGPASSWORD": urllib.parse.unquote(url.password), "PGDATABASE": url.path[1:],
                "PGOPTIONS": "-c default_transaction_read_only=on"}
        program = shutil.which("psql") or next(map(str, pathlib.Path("/usr/lib/postgresql").glob("*/bin/psql")))
        answer = subprocess.run(
            [program, "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--field-separator=\t",
             "--set=ON_ERROR_STOP=1", "--command", sql],
            env=self.psql_environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        if answer.returncode != 0:
            raise RuntimeError(f"psql: {answer.stderr.strip()}")
        return [tuple(line.split("\t")) for line in answer.stdout.splitlines()]
