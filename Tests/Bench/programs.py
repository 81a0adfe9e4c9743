"""What the bench starts: a cluster of its own with durable commits, the sandbox, and the portal under changing settings."""

import base64
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "Tests" / "Bench"
MERCHANT = "777290058110097"

# The lowest cost that argon2 knows, a setting of this bench's portal only; and what the portal does by itself.
LOW_COST = {"PORTAL_PASSWORD_MEMORY_KIB": "8", "PORTAL_PASSWORD_ITERATIONS": "1"}
FULL_COST = {}

# How long pgbench's connections need to prepare and plan their statements, all at once on few cores.
WARM_SECONDS = 5


def program(name):
    """One of PostgreSQL's programs, wherever Debian has put it."""
    folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    for folder in folders:
        if (folder / name).exists():
            return str(folder / name)
    return shutil.which(name) or name


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Bench:
    """The installation under `.run/bench`."""

    def __init__(self, folder, binaries):
        self.folder = folder
        self.binaries = binaries
        self.portal_port = free_port()
        self.sandbox_port = free_port()
        self.portal = f"http://127.0.0.1:{self.portal_port}"
        self.sandbox = f"http://localhost:{self.sandbox_port}"
        self.processes = {}
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith("PORTAL_") and name != "DATABASE_URL"}
        self.environment = kept | {
            "PORTAL_LISTEN_PORT": str(self.portal_port), "PORTAL_PUBLIC_ADDRESS": self.portal,
            "PORTAL_BANK_ADDRESS": self.sandbox, "PORTAL_PHONE_ADDRESS": self.sandbox,
            "PORTAL_BANK_MERCHANT_ID": MERCHANT, "PORTAL_KEYS_FOLDER": str(folder / "keys"),
        }

    # Starting and stopping.

    def start(self):
        """A new, migrated database and the sandbox; the portal comes later."""
        self.remove()
        self.folder.mkdir(parents=True)
        self._script("start", self.folder / "postgres")
        self.environment["PORTAL_DATABASE_URL"] = self.url("app")
        keys = self.folder / "keys"
        keys.mkdir(mode=0o700)
        for name in ("field-encryption", "lookup", "pepper", "bank-messages-1"):
            with os.fdopen(os.open(keys / f"{name}.key", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
                file.write(base64.b64encode(os.urandom(32)) + b"\n")
        self._launch(
            "sandbox", {}, "sandbox", "serve", "--host", "127.0.0.1", "--port", str(self.sandbox_port), "--portal",
            self.portal, "--keys", str(keys), "--directory", str(self.folder / "sandbox"), "--merchant", MERCHANT)
        self._wait("sandbox", self.sandbox_port)
        self.command("migrate", PORTAL_OWNER_DATABASE_URL=self.url("owner"))

    def remove(self):
        """Stops and removes what an earlier run has left."""
        place = self.folder / "postgres" / "cluster-path"
        if place.exists():
            self._script("stop", self.folder / "postgres")
            shutil.rmtree(place.read_text(), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self):
        for name in ("portal", "sandbox"):
            self.end(name)
        if (self.folder / "postgres").exists():
            self._script("stop", self.folder / "postgres")

    def serve(self, cost=LOW_COST, worker=False):
        """Starts the portal, in place of one that runs under other settings."""
        self.end("portal")
        options = [] if worker else ["--without-worker"]
        self._launch("portal", cost, "portal", "serve", *options)
        self._wait("portal", self.portal_port)

    def end(self, name):
        process = self.processes.pop(name, None)
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def command(self, *arguments, **settings):
        """Runs a subcommand of `portal` and gives what it printed."""
        answer = subprocess.run(
            [self.binaries / "portal", *arguments], cwd=ROOT, env=self.environment | settings,
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if answer.returncode != 0:
            raise RuntimeError(
                f"portal {arguments[0]} ended with {answer.returncode}:\n{answer.stdout}{answer.stderr[-2000:]}")
        return answer.stdout

    def _launch(self, name, settings, binary, *arguments):
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                [str(self.binaries / binary), *arguments], cwd=ROOT, env=self.environment | settings,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def _wait(self, name, port):
        deadline = time.monotonic() + 60
        while True:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    return
            if self.processes[name].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the {name} does not come up; see {self.folder / name}.log")
            time.sleep(0.02)

    def _script(self, *arguments):
        subprocess.run([ROOT / "Scripts/postgres", *arguments], cwd=ROOT, check=True, stdin=subprocess.DEVNULL)

    # The database.

    def url(self, role):
        answer = subprocess.run(
            [ROOT / "Scripts/postgres", "url", self.folder / "postgres", role], cwd=ROOT, check=True,
            capture_output=True, text=True)
        return answer.stdout.strip()

    def libpq(self, role, database="portal"):
        """libpq's environment for a role: in the environment, because arguments can be seen by everybody."""
        url = urllib.parse.urlsplit(self.url("owner" if role == "postgres" else role))
        user, password = url.username, urllib.parse.unquote(url.password)
        if role == "postgres":
            user, password = "postgres", (self.folder / "postgres" / "superuser.password").read_text()
        return os.environ | {
            "PGHOST": urllib.parse.parse_qs(url.query)["host"][0], "PGUSER": user, "PGPASSWORD": password,
            "PGDATABASE": database}

    def psql(self, role, sql=None, file=None, database="portal", **variables):
        """Runs a statement or a file of this folder; gives rows of texts."""
        arguments = [program("psql"), "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--field-separator=\t",
                     "--set=ON_ERROR_STOP=1"]
        arguments += [f"--set={name}={value}" for name, value in variables.items()]
        arguments += ["--file", str(HERE / file)] if file else ["--command", sql]
        answer = subprocess.run(
            arguments, env=self.libpq(role, database), stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if answer.returncode != 0:
            raise RuntimeError(f"psql: {answer.stderr.strip()[-2000:]}")
        return [line.split("\t") for line in answer.stdout.splitlines()]

    # The two load generators. Both give operations a second.

    def pgbench(self, script, connections, seconds, database, **variables):
        """Runs a script of this folder in prepared mode as the portal's own role.

        Each connection of pgbench is new and has to prepare and plan everything first, which the portal's have done long
        ago: the seconds of warming up are left out.
        """
        arguments = [program("pgbench"), "--no-vacuum", "--protocol=prepared", f"--client={connections}", "--jobs=1",
                     "--progress=1", f"--time={WARM_SECONDS + seconds}", f"--file={HERE / script}"]
        arguments += [f"--define={name}={value}" for name, value in variables.items()]
        answer = subprocess.run(
            arguments, env=self.libpq("app", database), stdin=subprocess.DEVNULL, capture_output=True, text=True)
        rates = [float(rate) for rate in re.findall(r"^progress: [^,]*, ([0-9.]+) tps", answer.stderr, re.MULTILINE)]
        if answer.returncode != 0 or len(rates) <= WARM_SECONDS or "aborted" in answer.stderr:
            raise RuntimeError(f"pgbench {script}: {answer.stdout[-500:]}{answer.stderr[-1000:]}")
        return statistics.mean(rates[WARM_SECONDS:])

    def wrk(self, script, connections, seconds, path, *arguments, **settings):
        """Runs a wrk script of this folder; gives what it counted, with `rate` of good answers."""
        answer = subprocess.run(
            ["wrk", "--threads=1", f"--connections={connections}", f"--duration={seconds}s", "--timeout=10s",
             f"--script={HERE / script}", self.portal + path, "--", *map(str, arguments)],
            env=os.environ | settings, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if answer.returncode != 0 or not answer.stdout.strip():
            raise RuntimeError(f"wrk {script}: {answer.stderr[-1000:]}")
        result = json.loads(answer.stdout.strip().splitlines()[-1])
        if result["bad"] or result["broken"]:
            raise RuntimeError(f"wrk {script}: {result['bad']} other answers, {result['broken']} without an answer")
        result["rate"] = result["good"] / result["seconds"]
        return result
