"""Signs the bench's companies in by the ordinary pages, and asks for their bills, several at a time."""

import http.client
import queue
import re
import threading
import urllib.parse

CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class Browser:
    """One connection, with the cookies of whoever uses it now."""

    def __init__(self, port):
        self.host = f"127.0.0.1:{port}"
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookies = {}

    def send(self, method, path, **fields):
        headers = {"Origin": f"http://{self.host}"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if method == "POST":
            body = urllib.parse.urlencode(fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        expected = 303 if method == "POST" else 200
        if answer.status != expected:
            raise RuntimeError(f"{method} {path} answered {answer.status}")
        return answer.headers.get("Location", ""), text


class Session:
    """A signed-in company."""

    def __init__(self, number):
        self.number = number
        self.login = f"bench{number:06d}"
        self.merchant = f"M99{number:012d}"
        self.cookie = self.csrf = self.query = ""

    def sign_in(self, port, password):
        browser = Browser(port)
        _, page = browser.send("GET", "/login")
        browser.send("POST", "/login", csrf=CSRF.search(page)[1], login=self.login, password=password)
        _, page = browser.send("GET", "/account/bill-payments/new")
        self.csrf = CSRF.search(page)[1]
        self.cookie = f"__Host-clerk={browser.cookies['__Host-clerk']}"
        browser.connection.close()

    def ask_for_bills(self, browser):
        browser.cookies = dict([self.cookie.split("=", 1)])
        location, _ = browser.send(
            "POST", "/account/bill-queries", csrf=self.csrf, city="430100", item="electricity", biller="CSPOWER",
            customerNumber=f"43{self.number:06d}55")
        self.query = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["query"][0]

    def line(self, password):
        """For confirm.lua."""
        return "\t".join([self.cookie, self.csrf, self.query, self.merchant, urllib.parse.quote(password)])


def in_parallel(things, work, make, threads=8):
    """`work(thing, helper)` for each of many things; each thread has one helper made by `make()`."""
    waiting = queue.SimpleQueue()
    for thing in things:
        waiting.put(thing)
    failures = []

    def run():
        helper = make()
        while not failures:
            try:
                thing = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                work(thing, helper)
            except Exception as error:  # Told by the main thread.
                failures.append(error)

    workers = [threading.Thread(target=run) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]
