"""People at their browsers."""

import contextlib
import os
import re
import shutil

from playwright.sync_api import Error as PlaywrightError

from checks import Failure, HEIGHT, WIDTHS, expect


def launch(playwright):
    """The system's Chromium."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise SystemExit("Chromium is not installed; Scripts/bootstrap --browser installs it.")
    # Chromium's own sandbox does not work for root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=program, args=arguments)


class Person:
    """One browser window of one person, with what it complains about."""

    def __init__(self, browser, installation, login=None, has_script=True):
        self.installation = installation
        self.login = login or {}
        self.context = browser.new_context(
            base_url=installation.portal, locale="zh-CN", timezone_id="Asia/Shanghai", java_script_enabled=has_script,
            viewport={"width": WIDTHS[0], "height": HEIGHT}, accept_downloads=True)
        self.context.set_default_timeout(15_000)
        self.complaints = []
        self.page = self.new_page()

    def new_page(self):
        page = self.context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        return page

    def _console(self, message):
        # That a form came back with 422 is no fault of the page.
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def close(self):
        self.context.close()

    def expect_no_complaints(self):
        complaints, self.complaints = self.complaints, []
        expect(not complaints, "the browser complained: " + "; ".join(complaints))

    # Little steps.

    def open(self, address, status=200):
        answer = self.page.goto(address)
        expect(answer.status == status, f"{address} answered {answer.status}, not {status}")
        return answer

    def fill(self, label, value):
        self.page.get_by_label(label, exact=True).fill(value)

    def choose(self, label, value):
        self.page.get_by_label(label, exact=True).select_option(value)

    def press(self, button):
        """Presses a button that leads to another page; gives the answer's status."""
        with self.page.expect_navigation() as navigation:
            self.page.get_by_role("button", name=button, exact=True).first.click()
        return navigation.value.status if navigation.value else None

    def follow(self, link):
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=link, exact=True).first.click()

    def back(self):
        """The browser's Back; tells whether it led to a page. Where a bank answered a POST, a browser asks before it sends
        the form again, and people go back once more."""
        for _ in range(50):
            try:
                self.page.go_back(wait_until="load")
                return True
            except PlaywrightError as error:
                if "ERR_CACHE_MISS" in str(error):
                    return False
                # A page that moves on by itself is being replaced at this very moment.
                if not any(sign in str(error) for sign in ("Not attached to an active page", "ERR_ABORTED")):
                    raise
                self.page.wait_for_timeout(100)
        raise Failure(f"the browser does not come back from {self.page.url}")

    def sees(self, text):
        """Waits until the page shows a text."""
        with contextlib.suppress(Exception):
            self.page.get_by_text(text, exact=False).first.wait_for(state="visible")
            return
        raise Failure(f"{self.page.url} does not show “{text}”; it shows:\n{self.text()[:1500]}")

    def text(self):
        return self.page.locator("main").inner_text()

    @property
    def path(self):
        return re.sub(r"^https?://[^/]+", "", self.page.url)

    # Signing in.

    def sign_in(self):
        if self.login["role"] == "clerk":
            self.open("/login")
            self.fill("登录ID", self.login["loginId"])
            self.fill("登录密码", self.login["password"])
        else:
            self.open("/admin/login")
            self.fill("工号", self.login["loginId"])
            self.fill("密码", self.login["password"])
        self.press("登录")
        expect("login" not in self.path, f"{self.login['loginId']} could not sign in:\n{self.text()[:600]}")
        return self

    # What clerks and staff do again and again.

    def available(self):
        """The available balance in fen, as 商户首页 shows it."""
        self.open("/account")
        figure = self.page.locator("dl.balance div", has_text="可用余额").locator(".figure-large").inner_text()
        return fen(figure)

    def order_top_up(self, amount, bank="CCB"):
        """Leaves the person on the order's page; gives its number."""
        self.open("/account/top-ups/new")
        self.fill("充值金额", amount)
        self.choose("银行", bank)
        self.press("下一步")
        return self.order_number(r"/account/top-ups/(TP\w+)$")

    def order_number(self, pattern):
        match = re.search(pattern, self.path)
        expect(match, f"the browser is at {self.path}, not at an order:\n{self.text()[:1000]}")
        return match[1]

    def query_bills(self, item, biller, customer_number):
        self.open("/account/bill-payments/new")
        self.choose("城市", "430100")
        self.choose("缴费项目", item)
        self.choose("收费单位", biller)
        self.fill("户号", customer_number)
        return self.press("查询账单")

    def wait_for_outcome(self, label, seconds=60, reload=False):
        """Waits until the order's page says so, by its own watching or by pressing 刷新结果."""
        heading = self.page.locator(".outcome h2", has_text=re.compile(f"^{re.escape(label)}$"))
        for _ in range(seconds):
            try:
                heading.wait_for(state="visible", timeout=1_000)
                return
            except Exception:
                if reload and self.page.get_by_role("link", name="刷新结果").count():
                    self.follow("刷新结果")
        raise Failure(f"{self.page.url} does not come to {label}; it shows:\n{self.text()[:1500]}")

    def fill_opening(self, company):
        """Fills 开户 with a company's details."""
        for label, value in company.fields.items():
            self.fill(label, value)
        self.choose("所在城市", "430100")
        self.choose("已开通企业网银", "CCB")
        self.choose("开户银行", "CCB")


def fen(text):
    """`1,234.56` as 123456."""
    match = re.search(r"([\d,]+)\.(\d\d)", text)
    expect(match, f"“{text}” is no amount")
    return int(match[1].replace(",", "")) * 100 + int(match[2])


class Company:
    """An invented company that wants an account."""

    def __init__(self, name, code, login_id, mobile):
        self.name = name
        self.login_id = login_id
        self.mobile = mobile
        self.fields = {
            "单位名称": name, "统一社会信用代码": code + check_character(code), "法定代表人（负责人）": "欧阳·建国",
            "授权经办人": "王小明", "手机号": mobile, "登录ID": login_id, "联行号": "105551000012",
            "账号": "4305017836080000" + mobile[-4:], "户名": name,
        }


def check_character(body):
    """The last character of a unified social credit code, GB 32100-2015."""
    symbols = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total, weight = 0, 1
    for character in body:
        total += symbols.index(character) * weight
        weight = weight * 3 % 31
    return symbols[(31 - total % 31) % 31]
