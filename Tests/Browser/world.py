"""Who takes part in a test run, and what has happened so far."""

import functools
import re

from PIL import Image

from people import Company, Person, expect
from installation import ROOT


class World:
    """One installation and the people around it; each signs in when first needed, and stays."""

    def __init__(self, browser, installation, pictures, has_screenshots):
        self.browser = browser
        self.installation = installation
        self.pictures = pictures
        self.has_screenshots = has_screenshots
        self.people = []
        self.logins = installation.logins()
        if pictures:
            pictures.mkdir(parents=True, exist_ok=True)

    def person(self, login=None, has_script=True):
        """Somebody with a browser of their own who is not signed in."""
        person = Person(self.browser, self.installation, login, has_script)
        self.people.append(person)
        return person

    def login(self, role, number=0):
        return [login for login in self.logins if login["role"] == role][number]

    @functools.cached_property
    def clerk(self):
        """Of the company with a month of movements."""
        return self.person(self.login("clerk", 0)).sign_in()

    @functools.cached_property
    def newcomer(self):
        """Of the company that has just been opened."""
        return self.person(self.login("clerk", 1)).sign_in()

    @functools.cached_property
    def account_manager(self):
        return self.person(self.login("account_manager")).sign_in()

    @functools.cached_property
    def supervisor(self):
        return self.person(self.login("supervisor")).sign_in()

    @functools.cached_property
    def operations(self):
        return self.person(self.login("operations")).sign_in()

    @functools.cached_property
    def national_supervisor(self):
        """Decides about what belongs to the whole country."""
        return self.person(self.login("supervisor", 1)).sign_in()

    @functools.cached_property
    def second_operations(self):
        """Another of operations, for what takes two; with the first password changed."""
        return self.added("O0000009", "郑敏", "13800000109", "橘子洲头 看万山红遍 2026")

    @functools.cached_property
    def operations_elsewhere(self):
        """Of operations in a city where nothing has happened yet."""
        return self.added("O4302001", "谢楠", "13800000110", "炎帝故里 株洲晚风 2026", "--region", "city:430200")

    def added(self, number, name, mobile, password, *options):
        """A member of operations added by the command line, with the first password changed."""
        answer = self.installation.command(
            "staff", "add", "--number", number, "--name", name, "--role", "operations", "--mobile", mobile, *options)
        expect(answer.returncode == 0, f"portal staff add: {answer.stderr}")
        first = answer.stdout.strip().split("\t")[-1]
        person = self.person({"role": "operations", "loginId": number, "password": first}).sign_in()
        person.login["password"] = password
        person.fill("当前密码", first)
        person.fill("新密码", person.login["password"])
        person.fill("再次输入新密码", person.login["password"])
        person.press("修改密码")
        return person.sign_in()

    @functools.cached_property
    def visitor(self):
        """Nobody in particular."""
        return self.person()

    # Things that pages need to be there.

    @functools.cached_property
    def waiting_opening(self):
        """The number of an opening that waits for its review."""
        return self.submit_opening(Company("长沙岳麓待审示例有限公司", "91430104MA4WA1T1N", "waiting.one", "13800000301"))

    @functools.cached_property
    def returned_opening(self):
        """The number of an opening that came back to the account manager."""
        number = self.submit_opening(Company("长沙天心退回示例有限公司", "91430103MA4RET1R0", "returned.one", "13800000302"))
        person = self.supervisor
        person.open(f"/admin/approvals/{number}")
        person.fill("退回原因", "法定代表人姓名与营业执照不一致，请核对。")
        person.press("退回")
        return number

    @functools.cached_property
    def approved_company(self):
        """A company whose opening is approved, and no more."""
        company = Company("长沙雨花激活示例有限公司", "91430111MA4ACT1W0", "activate.one", "13800000303")
        self.approve(self.submit_opening(company))
        return company

    @functools.cached_property
    def activation_address(self):
        """An activation link that nobody has used."""
        return self.activation_link(self.approved_company.mobile)

    @functools.cached_property
    def unverified_enterprise(self):
        """The page for staff of a company whose registered account nobody has verified."""
        return self.enterprise_address(self.approved_company)

    @functools.cached_property
    def checked_enterprise(self):
        """The page of the same company after one person has vouched for its account, and none has confirmed it."""
        address = self.unverified_enterprise
        person = self.operations
        person.open(address)
        person.fill("核实依据", "开户许可证 J5510001234502，已与开户银行核实")
        person.press("提交人工核实")
        return address

    @functools.cached_property
    def unactivated_enterprise(self):
        """The page for staff of a company whose operator has not activated."""
        company = Company("长沙望城待激活示例有限公司", "91430112MA4WAT1T2", "not.yet.active", "13800000304")
        self.approve(self.submit_opening(company))
        return self.enterprise_address(company)

    @functools.cached_property
    def reissue_requested(self):
        """The page for staff of a company for which somebody has asked for another activation link."""
        person = self.account_manager
        person.open(self.unactivated_enterprise)
        person.fill("重发原因", "经办人没有收到短信")
        person.press("重发激活链接")
        return self.unactivated_enterprise

    @functools.cached_property
    def settlement_day(self):
        """The newest settlement day that staff see."""
        person = self.operations
        person.open("/admin/reconciliation")
        links = person.page.locator("table a[href^='/admin/reconciliation/']")
        expect(links.count() > 0, "对账 shows no day")
        return links.first.get_attribute("href").split("/")[-1]

    def difference(self, serial):
        """The page of a case about the clerk's newest top-up, opened as the machine opens one: nothing is parked."""
        order = self.order_address("top-ups").split("/")[-1]
        number = f"DF20260101{serial}"
        self.installation.rows(
            f"SELECT open_difference('{number}', 'unionpay-b2b', 'feeDiffers', settlement_date, o.id, '{serial}', o.amount,"
            f" o.amount, '银行收取的手续费与约定不符', 'none', 0, 'found', o.created_at)"
            f" FROM orders o, (SELECT max(settlement_date) AS settlement_date FROM bank_files) f WHERE o.number = '{order}'")
        return f"/admin/differences/{number}"

    @functools.cached_property
    def open_difference(self):
        """The page of a case that waits for operations."""
        return self.difference("VISITED00001")

    @functools.cached_property
    def proposed_difference(self):
        """The page of a case whose handling waits for a second person."""
        address = self.difference("VISITED00002")
        person = self.operations
        person.open(address)
        person.choose("处理方式", "acknowledged")
        person.fill("处理依据", "已与银行核实，次日退还")
        person.press("提交复核")
        return address

    @functools.cached_property
    def left_item(self):
        """The page of an ended order with an item that only a person closes, raised as the machine raises one."""
        rows = self.installation.rows(
            "INSERT INTO work_items (kind, order_id, detail, raised_at)"
            " SELECT 'topUp.contradicted', o.id, '订单已了结，银行又通知 00', o.state_since FROM orders o"
            " WHERE o.kind = 'topUp' AND o.is_final AND NOT EXISTS (SELECT FROM differences d WHERE d.order_id = o.id)"
            " ORDER BY o.id LIMIT 1 RETURNING (SELECT number FROM orders WHERE id = order_id)")
        return f"/admin/orders/{rows[0][0]}"

    def set_payouts(self, state, notice=""):
        """Two people pause the channel of payouts, or let it work again."""
        address = "/admin/channels/unionpay-payout"
        person = self.operations
        person.open(address)
        person.choose("状态", {"正常": "working", "暂停": "paused"}[state])
        person.fill("公告", notice)
        person.fill("变更原因", "银行通知")
        person.press("提交复核")
        decider = self.national_supervisor
        decider.open(address)
        decider.press("同意变更")
        expect(decider.page.locator(".page-head .tag").inner_text() == state, f"the channel is not {state}")

    @functools.cached_property
    def channel_change(self):
        """The page of a channel of which a change waits for a second person."""
        person = self.operations
        person.open("/admin/channels/unionpay-b2b")
        person.fill("公告", "周日凌晨银行升级，到账可能延迟")
        person.fill("变更原因", "银行通知")
        person.press("提交复核")
        return "/admin/channels/unionpay-b2b"

    @functools.cached_property
    def settlement(self):
        """The page of a settlement to a biller, put together of what its statement has: as the machine does it on a working day."""
        found = self.installation.rows(
            "UPDATE bill_payments SET agreed_on = current_date WHERE biller_code = 'CSPOWER' AND agreed_on IS NULL;"
            " SELECT collect_biller_settlement('ST20260101VISITED0001', 'CSPOWER', current_date, now());"
            " SELECT number FROM biller_settlements WHERE biller_code = 'CSPOWER' AND state = 'pendingReview' ORDER BY id DESC"
            " LIMIT 1")
        return f"/admin/settlements/{found[-1][0]}"

    @functools.cached_property
    def proposed_settlement(self):
        """The page of the same settlement after a member of operations has proposed to pay it."""
        person = self.operations
        person.open(self.settlement)
        person.press("提交付款申请")
        return self.settlement

    def withdraw(self, amount):
        """Leaves the clerk on the withdrawal's page."""
        person = self.clerk
        person.open(f"/account/withdrawals/new?amount={amount}")
        person.fill("支付密码", person.login["paymentPassword"])
        person.press("确认提现")
        return person.order_number(r"/account/withdrawals/(WD\w+)$")

    @functools.cached_property
    def bank_change(self):
        """The page of a bank of which a change waits for a second person."""
        person = self.operations
        person.open("/admin/banks/HXBANK")
        person.fill("维护时间", "23:30-00:30")
        person.fill("变更原因", "银行通知每晚维护")
        person.press("提交变更")
        return "/admin/banks/HXBANK"

    @functools.cached_property
    def open_case(self):
        """The page of a case of follow-up monitoring that nobody has taken: five small withdrawals, and the rules applied."""
        person = self.clerk
        for amount in range(1, 6):
            person.open(f"/account/withdrawals/new?amount={amount}.00")
            person.fill("支付密码", person.login["paymentPassword"])
            person.press("确认提现")
            person.order_number(r"/account/withdrawals/(WD\w+)$")
        staff = self.operations
        for _ in range(100):
            staff.open("/admin/monitoring?rule=manySmall&state=open")
            links = staff.page.locator("table a[href^='/admin/monitoring/RC']")
            if links.count():
                return links.first.get_attribute("href")
            staff.page.wait_for_timeout(1_000)
        raise AssertionError("five small withdrawals were no case")

    @functools.cached_property
    def taken_case(self):
        """The page of the same case after a member of operations has taken it."""
        person = self.operations
        person.open(self.open_case)
        person.press("接手案例")
        return self.open_case

    def enterprise_address(self, company):
        """The page for staff of a company, found by its name."""
        person = self.supervisor
        person.open("/admin/enterprises")
        person.fill("名称、商户编号、信用代码或登录ID", company.name)
        person.press("查询")
        return person.page.get_by_role("link", name=company.name, exact=True).get_attribute("href")

    def forged_notification(self):
        """A message in the bank's name that the bank has not signed."""
        number = self.order_address("top-ups").split("/")[-1]
        answer = self.visitor.context.request.post("/notifications/unionpay", form={
            "version": "5.1.0", "encoding": "UTF-8", "txnType": "01", "txnSubType": "01", "bizType": "000202",
            "merId": "777290058110097", "orderId": number, "respCode": "00", "txnAmt": "99999900", "signMethod": "01",
            "signature": "Zm9yZ2Vk"})
        expect(answer.status == 200, f"the notification was answered {answer.status}")

    def submit_opening(self, company):
        person = self.account_manager
        person.open("/admin/enterprises/new")
        person.fill_opening(company)
        person.press("提交审核")
        return person.order_number(r"/admin/approvals/(\w[\w-]+)$")

    def approve(self, number):
        person = self.supervisor
        person.open(f"/admin/approvals/{number}")
        person.press("通过")

    def activation_link(self, mobile):
        """The path of the link in the newest message on a phone."""
        for _ in range(100):
            for message in self.installation.messages(mobile):
                match = re.search(r"/activation/[\w-]+", message["text"])
                if match:
                    return match[0]
            self.visitor.page.wait_for_timeout(100)
        raise AssertionError(f"no activation link came to {mobile}")

    @functools.lru_cache
    def order_address(self, kind):
        """The page of the clerk's newest order of a kind: top-ups, bill-payments or withdrawals."""
        person = self.clerk
        person.open("/account/transactions?" + {
            "top-ups": "kind=topUp", "bill-payments": "kind=billPayment", "withdrawals": "kind=withdrawal"}[kind])
        links = person.page.locator(f"table a[href^='/account/{kind}/']")
        expect(links.count() > 0, f"交易明细 shows no order of {kind}")
        return links.first.get_attribute("href")

    # Pictures and complaints.

    def picture(self, person, name):
        """A picture of the whole page at both widths, when pictures are wanted."""
        if not self.pictures:
            return
        for width in (1280, 320):
            person.page.set_viewport_size({"width": width, "height": 800})
            person.page.screenshot(path=self.pictures / f"{name}-{width}.png", full_page=True)
        person.page.set_viewport_size({"width": 1280, "height": 800})

    def screenshot(self, person, name):
        """A picture for README, in few colours to keep it small."""
        if not self.has_screenshots:
            return
        folder = ROOT / "Tests/Browser/Screenshots"
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}.png"
        person.page.evaluate("scrollTo(0, 0)")
        person.page.screenshot(path=path)
        with Image.open(path) as image:
            image.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)

    def expect_no_complaints(self):
        for person in self.people:
            person.expect_no_complaints()

    def after_failure(self, number):
        """Keeps what everybody saw, for whoever looks into it."""
        folder = ROOT / ".run/browser-failures"
        folder.mkdir(parents=True, exist_ok=True)
        for index, person in enumerate(self.people):
            person.complaints.clear()
            try:
                person.page.screenshot(path=folder / f"{number}-{index}.png", full_page=True, timeout=5_000)
            except Exception:
                # A window that is already closed has nothing to show.
                continue
