"""A client of the balancer for the tests: what a request comes to, told in one line.

ask ADDRESS URL                      status, and the body's first line or a redirect's target
await ADDRESS URL BODY SECONDS       `came` once that body comes
hammer ADDRESS URL BODY THREADS STOP until the file STOP is there: half of the threads with a connection a
                                     request, half with one kept; the counts as JSON
"""

import http.client
import json
import os
import ssl
import sys
import threading
import time
from urllib.parse import urlsplit


def connection(address, url):
    parts = urlsplit(url)
    if parts.scheme == "https":
        # The certificate is a lab's; its names are looked at by the test itself.
        context = ssl._create_unverified_context()
        made = http.client.HTTPSConnection(address, parts.port or 443, timeout=30, context=context)
        plain = made._context.wrap_socket
        made._context.wrap_socket = lambda sock, server_hostname=None: plain(sock, server_hostname=parts.hostname)
        return made
    return http.client.HTTPConnection(address, parts.port or 80, timeout=30)


def send(made, url, keep):
    parts = urlsplit(url)
    headers = {"Host": parts.netloc, "Connection": "keep-alive" if keep else "close"}
    made.putrequest("GET", parts.path or "/", skip_host=True)
    for name, value in headers.items():
        made.putheader(name, value)
    made.endheaders()
    return made.getresponse()


def ask(address, url):
    made = connection(address, url)
    answer = send(made, url, False)
    body = answer.read().decode(errors="replace")
    told = answer.getheader("Location") or (body.splitlines() or [""])[0]
    return f"{answer.status} {told}"


def wait(address, url, body, seconds):
    """Six times running: every server behind the balancer has it."""
    end = time.time() + float(seconds)
    seen, row = "", 0
    while time.time() < end:
        try:
            seen = ask(address, url)
        except OSError as error:
            seen = str(error)
        row = row + 1 if seen == f"200 {body}" else 0
        if row == 6:
            return "came"
        time.sleep(0.3)
    return seen


class Hammer:
    """What became of the requests."""

    def __init__(self, address, url, body, stop):
        self.address, self.url, self.body, self.stop = address, url, body, stop
        self.lock = threading.Lock()
        self.counts = {"single": 0, "single_failed": 0, "kept": 0, "kept_closed": 0, "kept_retried": 0, "wrong": []}

    def count(self, name, more=1):
        with self.lock:
            self.counts[name] += more

    def wrong(self, what):
        with self.lock:
            self.counts["wrong"].append(what)

    def good(self, answer):
        body = answer.read().decode(errors="replace")
        return answer.status == 200 and body == self.body, f"{answer.status} {body[:80]}"

    def single(self):
        while not os.path.exists(self.stop):
            self.count("single")
            try:
                good, told = self.good(send(connection(self.address, self.url), self.url, False))
            except (OSError, http.client.HTTPException) as error:
                good, told = False, repr(error)
            if not good:
                self.count("single_failed")
                self.wrong(told)
            time.sleep(0.005)

    def kept(self):
        made = connection(self.address, self.url)
        while not os.path.exists(self.stop):
            self.count("kept")
            try:
                answer = send(made, self.url, True)
            except (OSError, http.client.HTTPException):
                # Closed before the first byte of an answer: nginx reloaded. Each is good on one retry.
                self.count("kept_closed")
                made.close()
                made = connection(self.address, self.url)
                try:
                    good, told = self.good(send(made, self.url, True))
                except (OSError, http.client.HTTPException) as error:
                    good, told = False, repr(error)
                self.count("kept_retried", 1 if good else 0)
                if not good:
                    self.wrong(told)
                continue
            try:
                good, told = self.good(answer)
            except (OSError, http.client.HTTPException) as error:
                good, told = False, f"cut body: {error!r}"
            if not good:
                self.wrong(told)
            time.sleep(0.005)


def hammer(address, url, body, threads, stop):
    made = Hammer(address, url, body, stop)
    runs = [threading.Thread(target=made.single if at % 2 else made.kept) for at in range(int(threads))]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    return json.dumps(made.counts)


print({"ask": ask, "await": wait, "hammer": hammer}[sys.argv[1]](*sys.argv[2:]))
