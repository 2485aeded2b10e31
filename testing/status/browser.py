#!/usr/bin/env python3
"""Looks at a status page in a headless Chromium, and says what it sees.

    browser.py URL FOLDER

Reads commands, a line each, and answers each with a line that begins with "ok"
or "bad", and says why. It speaks WebDriver's HTTP protocol with chromedriver,
and needs nothing but Python's own library, chromium and chromedriver. Exits
with 77 where one of those is missing.

    load N              the page shows N peers and a plot
    state PID STATE     waits until the page shows it, with a reason unless UP
    first PID           it stands above all others
    moves               the plots change as time goes by
    keyboard            a peer can be opened and the page paused by keys alone
    width W DARK NAME   at W pixels nothing sticks out; a screenshot is FOLDER/NAME
    console             it has no errors
    gone                waits until it says that the server is gone
"""
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

PATIENCE = 60
SKIP = 77
TAB, ENTER = "\ue004", "\ue007"


class Browser:
    def __init__(self):
        self.profile = tempfile.mkdtemp()
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        for line in self.driver.stdout:
            found = re.search(r"successfully on port (\d+)", line)
            if found:
                break
        self.base = "http://127.0.0.1:%s/session" % found.group(1)
        options = {
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu",
                     "--disable-dev-shm-usage", "--no-first-run",
                     "--user-data-dir=" + self.profile],
            "binary": shutil.which("chromium"),
        }
        session = self.call("POST", "", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.base += "/" + session["sessionId"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.base + path, data, {"Content-Type": "application/json"},
            method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()[:500]) from error

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync",
                         {"script": script, "args": list(arguments)})

    def chrome(self, command, **parameters):
        self.call("POST", "/goog/cdp/execute",
                  {"cmd": command, "params": parameters})

    def press(self, key):
        self.call("POST", "/actions", {"actions": [{
            "type": "key", "id": "keys",
            "actions": [{"type": "keyDown", "value": key},
                        {"type": "keyUp", "value": key}]}]})

    def end(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            shutil.rmtree(self.profile, ignore_errors=True)


ROWS = """return [...document.querySelectorAll('#peers tbody tr[data-pid]')].map(
    row => [Number(row.dataset.pid), row.dataset.state,
            row.children[2].textContent]);"""
PATHS = """return [...document.querySelectorAll('#plots path')].map(
    path => path.getAttribute('d'));"""


class Page:
    def __init__(self, browser, url, folder):
        self.browser, self.url, self.folder = browser, url, folder

    def until(self, condition, patience=PATIENCE):
        """The first answer of `condition` that is good; its last if none is."""
        deadline = time.monotonic() + patience
        while True:
            good, said = condition()
            if good or time.monotonic() > deadline:
                return good, said
            time.sleep(0.02)

    def do_load(self, peers):
        self.browser.call("POST", "/url", {"url": self.url})

        def loaded():
            rows, paths = self.browser.run(ROWS), self.browser.run(PATHS)
            drawn = sum("L" in (path or "") for path in paths)
            return (len(rows) == int(peers) and drawn >= 4,
                    "%s, %d lines drawn" % (rows, drawn))
        return self.until(loaded)

    def do_state(self, pid, state):
        began = time.monotonic()

        def shown():
            for row in self.browser.run(ROWS):
                if row[0] == int(pid):
                    reason = len(row[2]) > 3
                    return row[1] == state and reason == (state != "UP"), row
            return False, "no such row"
        good, said = self.until(shown)
        return good, "%d ms %s" % (1000 * (time.monotonic() - began), said)

    def do_first(self, pid):
        rows = self.browser.run(ROWS)
        return rows[0][0] == int(pid), rows

    def do_moves(self):
        before = self.browser.run(PATHS)
        return self.until(lambda: (
            all(a != b for a, b in zip(before[:4], self.browser.run(PATHS)[:4])),
            before))

    def do_keyboard(self):
        active = "return document.activeElement.dataset.pid || ''"
        for _ in range(10):
            if self.browser.run(active):
                break
            self.browser.press(TAB)
        pid = self.browser.run(active)
        if not pid:
            return False, "no peer has the focus after ten tabs"
        self.browser.press(ENTER)
        opened = "return document.querySelectorAll('tr.more').length"
        if self.browser.run(opened) != 1:
            return False, "Enter opens nothing"
        # The table is made anew at each turn.
        events = "return document.getElementById('who').textContent"
        before = self.browser.run(events)
        self.until(lambda: (self.browser.run(events) != before, ""))
        if self.browser.run(active) != pid or self.browser.run(opened) != 1:
            return False, "the focus is lost when the page updates itself"
        self.browser.press(ENTER)
        if self.browser.run(opened) != 0:
            return False, "Enter closes nothing"
        paused = "return document.getElementById('pause').ariaPressed"
        self.browser.press("p")
        if self.browser.run(paused) != "true":
            return False, "p does not pause"
        self.browser.press("p")
        return self.browser.run(paused) == "false", "p goes on"

    def do_width(self, width, dark, name):
        scheme = "dark" if dark == "dark" else "light"
        self.browser.chrome("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}])
        self.browser.chrome("Emulation.setDeviceMetricsOverride",
                            width=int(width), height=900, deviceScaleFactor=1,
                            mobile=int(width) < 600)
        settled = """return [document.documentElement.scrollWidth, innerWidth,
            document.querySelector('#plots svg').clientWidth,
            getComputedStyle(document.body).backgroundColor]"""

        def fits():
            seen = self.browser.run(settled)
            return seen[0] <= int(width) == seen[1] and seen[2] > 250, seen
        good, said = self.until(fits, 5)
        # What was drawn for another width is drawn anew within a turn, unless
        # nothing comes any more.
        before = self.browser.run(PATHS)
        self.until(lambda: (self.browser.run(PATHS) != before, ""), 3)
        height = self.browser.run("return document.body.scrollHeight")
        self.browser.chrome("Emulation.setDeviceMetricsOverride",
                            width=int(width), height=min(height, 1400),
                            deviceScaleFactor=1, mobile=int(width) < 600)
        picture = self.browser.call("GET", "/screenshot")
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(base64.b64decode(picture))
        return good, said

    def do_console(self):
        log = self.browser.call("POST", "/se/log", {"type": "browser"})
        bad = [entry["message"] for entry in log
               if entry["level"] in ("SEVERE", "WARNING")]
        return not bad, bad

    def do_gone(self):
        said = "return [document.getElementById('gone').hidden," \
               "document.getElementById('gone').textContent]"

        def gone():
            hidden, text = self.browser.run(said)
            return not hidden and "has not answered since" in text, text
        return self.until(gone)


def main():
    if not shutil.which("chromium") or not shutil.which("chromedriver"):
        sys.exit(SKIP)
    browser = Browser()
    try:
        page = Page(browser, sys.argv[1], sys.argv[2])
        for line in sys.stdin:
            command, *arguments = line.split()
            try:
                good, said = getattr(page, "do_" + command)(*arguments)
            except RuntimeError as error:
                good, said = False, error
            text = str(said).replace("\n", " ")
            print("ok" if good else "bad", text, flush=True)
    finally:
        browser.end()


if __name__ == "__main__":
    main()
