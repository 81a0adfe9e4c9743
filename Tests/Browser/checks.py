"""What every page has to fulfil, whatever it is about."""

import re

from axe_playwright_python.sync_playwright import Axe

WIDTHS = (1280, 320)
HEIGHT = 800
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

axe = Axe()


class Failure(AssertionError):
    """Something a person would call a fault; the text says what."""


def expect(condition, sentence):
    if not condition:
        raise Failure(sentence)


def violations(page):
    """Each violation of WCAG 2.2 A and AA that axe finds, in a line."""
    found = axe.run(page, options={"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]})
    return [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')}".replace("\n", " ")
        for violation in found.response["violations"] for node in violation["nodes"]
    ]


# What sticks out beyond the window and is not inside of something that scrolls by itself and takes the focus.
STICKING_OUT = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const scrolls = (element) => {
        for (let holder = element.parentElement; holder; holder = holder.parentElement) {
            const overflow = getComputedStyle(holder).overflowX;
            if ((overflow === 'auto' || overflow === 'scroll') && holder.tabIndex >= 0) return true;
        }
        return false;
    };
    return [...document.body.querySelectorAll('*')]
        .filter((element) => element.getBoundingClientRect().right > width + 0.5 && !scrolls(element))
        .slice(0, 8)
        .map((element) => `${element.tagName.toLowerCase()}.${element.className} ${element.textContent.trim().slice(0, 30)}`);
}"""

# Areas that scroll sideways have to be reachable by keyboard.
UNREACHABLE = """() => [...document.body.querySelectorAll('*')]
    .filter((element) => element.scrollWidth > element.clientWidth + 1
        && ['auto', 'scroll'].includes(getComputedStyle(element).overflowX) && element.tabIndex < 0)
    .map((element) => element.className)"""


def check_page(page, name):
    """Looks at the page at every width; gives all faults in one list."""
    faults = []
    title = page.title()
    if not re.search(r".+ – 企业缴费门户$", title):
        faults.append(f"the title is “{title}”")
    if page.locator("h1").count() != 1:
        faults.append(f"there are {page.locator('h1').count()} first headings")
    if page.locator("html").get_attribute("lang") != "zh-CN":
        faults.append("the language is not named")
    for table in page.locator("table").all():
        if table.locator("caption").count() != 1:
            faults.append("a table has no caption")
    text = page.locator("body").inner_text()
    for leak in ("{{", "}}", "Optional(", "nil", "undefined", "NaN"):
        if leak in text:
            faults.append(f"the page shows “{leak}”")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        faults += [f"at {width}: {violation}" for violation in violations(page)]
        faults += [f"at {width} sideways: {what}" for what in page.evaluate(STICKING_OUT)]
        faults += [f"at {width} a scrolling area takes no focus: {what}" for what in page.evaluate(UNREACHABLE)]
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    expect(not faults, f"{name} ({page.url}):\n    " + "\n    ".join(faults))
