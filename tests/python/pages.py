"""What of a browser the pages need, and how the demo user goes through them."""

import html
import http.client
import re
import time
from urllib.parse import urlencode, urljoin, urlsplit


class Browser:
    """Cookies of each host, and forms sent as they were shown."""

    def __init__(self):
        self.cookies = {}

    def ask(self, url, fields=None):
        parts = urlsplit(url)
        jar = self.cookies.setdefault(parts.netloc, {})
        headers = {"Accept": "text/html", "Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
        body = None if fields is None else urlencode(fields)
        if fields:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(parts.netloc, timeout=60)
        connection.request("GET" if body is None else "POST", parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            jar[name] = value
        location = answer.headers["Location"]
        return answer.status, location and urljoin(url, location), answer.read().decode()


def form(page):
    return html.unescape(re.search(r'name="form" value="([^"]*)"', page)[1])


def picked(browser, place, page):
    """The page after that of institutions, where the application names none: the user picks one."""
    if 'name="institution"' not in page:
        return page
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    kept = {name: html.unescape(value) for name, value in hidden}
    return browser.ask(f"{place}?{urlencode(kept | {'institution': '128807'})}")[2]


def allow_device(browser, uri, code):
    """Types the code of a device, signs the demo user in and allows what is asked."""
    _, _, page = browser.ask(uri)
    _, location, _ = browser.ask(uri, {"form": form(page), "user_code": code})
    _, _, page = browser.ask(location)
    page = picked(browser, uri, page)
    _, location, _ = browser.ask(uri, {"form": form(page), "action": "sign_in", "username": "demo", "password": "latchkey"})
    _, _, page = browser.ask(location)
    assert code in page, "the question names the code"
    time.sleep(1.2)
    _, _, page = browser.ask(uri, {"form": form(page), "action": "allow"})
    assert "Go back to your device" in page, page


def consent(browser, location):
    """Signs the demo user in on the pages, and allows what is asked; returns where the browser is sent."""
    status, led, page = browser.ask(location)
    if status == 303:
        # An alias of the pages leads to them.
        location = led
        _, _, page = browser.ask(location)
    place = location.split("?")[0]
    assert "Demo Library" in page, page
    page = picked(browser, place, page)
    _, location, _ = browser.ask(place, {"form": form(page), "action": "sign_in", "username": "demo", "password": "latchkey"})
    _, _, page = browser.ask(location)
    # A person needs more than a second to read the page; the service may refuse a click that comes sooner.
    time.sleep(1.2)
    _, _, page = browser.ask(place, {"form": form(page), "action": "allow"})
    # The page leads to the application by itself, as its link does.
    return html.unescape(re.search(r'href="([^"]+)">Continue', page)[1])
