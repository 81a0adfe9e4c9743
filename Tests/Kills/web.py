"""A browser in miniature: cookies, forms, and the patience of somebody who presses a button again when no answer came."""

import collections
import html.parser
import http.client
import threading
import time
import urllib.parse


class Unexpected(AssertionError):
    """An answer that no honest person should ever get; the text says which."""


class Tally:
    """Counts what happened to all people together."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts = collections.Counter()
        self.open_requests = 0

    def add(self, what, count=1):
        with self.lock:
            self.counts[what] += count

    def change_open(self, by):
        with self.lock:
            self.open_requests += by


class Form:
    """A form of a page with the values a browser would send."""

    def __init__(self, action, method):
        self.action = action
        self.method = method
        self.fields = []
        # Boxes that are there and not ticked.
        self.boxes = []

    def filled(self, values):
        """All fields as (name, value), with some filled in; a list stands for ticked boxes."""
        fields = [(name, value) for name, value in self.fields if name not in values]
        for name, value in values.items():
            fields += [(name, one) for one in (value if isinstance(value, list) else [value])]
        return fields


class FormReader(html.parser.HTMLParser):
    """Reads the forms of a page."""

    def __init__(self, text):
        super().__init__()
        self.forms = []
        self.form = None
        self.select = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        name, value = attributes.get("name"), attributes.get("value") or ""
        if tag == "form":
            self.form = Form(attributes.get("action", ""), attributes.get("method", "get"))
            self.forms.append(self.form)
        elif self.form is None or (name is None and tag != "option"):
            return
        elif tag == "input" and attributes.get("type") in ("checkbox", "radio"):
            (self.form.fields if "checked" in attributes else self.form.boxes).append((name, value))
        elif tag in ("input", "textarea"):
            self.form.fields.append((name, value))
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in attributes and self.select:
            self.form.fields.append((self.select, value))

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = None


class Answer:
    """What came back."""

    def __init__(self, method, path, status, location, text):
        self.method = method
        self.path = path
        self.status = status
        self.location = location
        self.text = text

    def forms(self):
        return FormReader(self.text).forms

    def form(self, ending):
        """The form whose action ends so; None when the page has none."""
        return next((form for form in self.forms() if form.action.partition("?")[0].endswith(ending)), None)

    def expect(self, *statuses):
        if self.status not in statuses:
            raise Unexpected(f"{self.method} {self.path} answered {self.status} {self.location or ''}")
        return self


class Site:
    """One person's way to one server. A request that gets no answer is sent again, the same bytes, until one comes."""

    PATIENCE = 60.0

    def __init__(self, port, host, tally):
        self.port = port
        self.host = host
        self.tally = tally
        self.cookies = {}
        self.connection = None

    def get(self, path):
        return self.send("GET", path)

    def post(self, path, fields):
        return self.send("POST", path, urllib.parse.urlencode(fields))

    def submit(self, form, **values):
        """Sends a form with some fields filled in."""
        path = self.path(form.action)
        fields = form.filled(values)
        if form.method.lower() == "post":
            return self.post(path, fields)
        return self.get(path.partition("?")[0] + "?" + urllib.parse.urlencode(fields))

    @staticmethod
    def path(address):
        parts = urllib.parse.urlsplit(address)
        return parts.path + ("?" + parts.query if parts.query else "")

    def send(self, method, path, body=None):
        deadline = time.monotonic() + self.PATIENCE
        while True:
            try:
                answer = self._send_once(method, path, body)
            except ConnectionRefusedError:
                self.tally.add("connections refused")
            except (OSError, http.client.HTTPException):
                self.tally.add("answers lost")
                if method == "POST":
                    self.tally.add("answers lost to a POST")
            else:
                if answer.status != 503:
                    return answer
                self.tally.add("answers 503")
            self.close()
            if time.monotonic() > deadline:
                raise Unexpected(f"{method} {path} got no answer in {self.PATIENCE:.0f} s")
            time.sleep(0.05)

    def _send_once(self, method, path, body):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Host": self.host, "Origin": f"http://{self.host}", "Accept": "text/html"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.tally.change_open(1)
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        finally:
            self.tally.change_open(-1)
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        self.tally.add("requests answered")
        if answer.status == 500:
            self.tally.add("answers 500")
        return Answer(method, path, answer.status, answer.headers.get("Location"), text)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None
