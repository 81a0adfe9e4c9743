"""What people come for, done as they do it, from the first click to the last result."""

import csv
import io
import pathlib
import re

from checks import check_page, expect
from installation import ROOT
from people import Company, fen


def opening(world):
    """From 开户 to the first sign-in: four eyes, a phone, two passwords."""
    company = Company("湖南浏阳河示例商贸有限公司", "91430181MA4JRN1Y0", "liuyang.wang", "13800000311")
    manager, supervisor = world.account_manager, world.supervisor
    manager.open("/admin")
    manager.follow("开户")
    manager.fill_opening(company)
    world.screenshot(manager, "opening")
    manager.press("提交审核")
    number = manager.order_number(r"/admin/approvals/(\w[\w-]+)$")
    expect(manager.page.get_by_role("button", name="通过", exact=True).count() == 0,
           "the account manager may approve the own application")

    supervisor.open("/admin")
    supervisor.follow("待审核")
    supervisor.sees(company.name)
    world.screenshot(supervisor, "approvals")
    supervisor.open(f"/admin/approvals/{number}")
    supervisor.press("通过")
    supervisor.follow("查看企业")
    supervisor.sees(company.name)
    for person in (manager, supervisor):
        person.open(f"/admin/approvals/{number}")
        expect("/activation/" not in person.page.content(), "a page of staff shows the activation link")

    # The operator reads the message on the phone and follows its link.
    operator = world.person({"role": "clerk", "loginId": company.login_id, "password": "浏阳河 弯过九道弯 2026"})
    world.activation_link(company.mobile)
    operator.page.goto(f"{world.installation.sandbox}/phone?number={company.mobile}")
    with operator.page.expect_navigation():
        operator.page.locator("a[href*='/activation/']").first.click()
    operator.fill("登录密码", operator.login["password"])
    operator.fill("再次输入登录密码", operator.login["password"])
    operator.fill("支付密码", operator.login["password"])
    operator.fill("再次输入支付密码", operator.login["password"])
    expect(operator.press("激活") == 422, "the same password serves for signing in and paying")
    operator.fill("登录密码", operator.login["password"])
    operator.fill("再次输入登录密码", operator.login["password"])
    operator.fill("支付密码", "五十里水路到湘江")
    operator.fill("再次输入支付密码", "五十里水路到湘江")
    operator.press("激活")
    operator.sees("激活成功")

    # From the front door: 首页, 商户首页, and the sign-in page on the way.
    operator.open("/")
    operator.follow("商户首页")
    expect(operator.path.startswith("/login"), f"商户首页 led to {operator.path}")
    operator.fill("登录ID", company.login_id)
    operator.fill("登录密码", operator.login["password"])
    operator.press("登录")
    expect(operator.path == "/account", f"after signing in the browser is at {operator.path}")
    operator.sees(company.name)
    operator.sees("账户还没有交易")

    # Nothing can leave before two people have verified the registered account.
    address = world.enterprise_address(company)
    operations = world.operations
    operations.open(address)
    operations.fill("核实依据", "开户许可证 J5510001234501，已与开户银行核实")
    operations.press("提交人工核实")
    if operations.page.get_by_role("button", name="确认账户", exact=True).count():
        expect(operations.press("确认账户") == 422, "one person verified the account alone")
    supervisor.open(address)
    supervisor.press("确认账户")
    supervisor.sees("已验证")
    operator.open("/account")
    operator.sees("已验证")
    operator.press("退出")
    operator.open("/account")
    expect(operator.path.startswith("/login"), "after 退出 the account is still open")
    operator.close()


def two_people(world):
    """An application that came back is corrected and approved."""
    number = world.returned_opening
    manager = world.account_manager
    manager.open(f"/admin/openings/{number}")
    manager.fill("法定代表人（负责人）", "欧阳·新国")
    manager.press("提交审核")
    expect(manager.path == f"/admin/approvals/{number}", f"the browser is at {manager.path}")
    world.approve(number)
    world.supervisor.sees("查看企业")


def to_the_bank(person):
    """From the order's page to the bank's; with script by itself."""
    with person.page.expect_navigation(url=re.compile(r"/gateway/")):
        person.page.get_by_role("button", name="前往银行付款", exact=True).click()
    person.page.get_by_role("button", name="付款", exact=True).wait_for()


def top_up(world):
    """充值 through the bank's page and back, with double clicks and Back."""
    person = world.clerk
    before = person.available()
    person.open("/account/top-ups/new")
    person.fill("充值金额", "12,345.67")
    person.sees("人民币壹万贰仟叁佰肆拾伍元陆角柒分")
    person.choose("银行", "CCB")
    with person.page.expect_navigation(url=re.compile("/account/top-ups/TP")):
        person.page.get_by_role("button", name="下一步", exact=True).dblclick()
    number = person.order_number(r"/account/top-ups/(TP\w+)$")
    person.sees("人民币壹万贰仟叁佰肆拾伍元陆角柒分")
    world.screenshot(person, "top-up")
    to_the_bank(person)
    person.sees(number)
    with person.page.expect_navigation(url=re.compile("/account/top-ups/TP")):
        person.page.get_by_role("button", name="付款", exact=True).dblclick()
    person.wait_for_outcome("充值成功")
    check_page(person.page, "a top-up that has arrived")

    # Back, and back again: no step of the way brings a second order or payment.
    for _ in range(6):
        if not person.back():
            continue
        pay = person.page.get_by_role("button", name="前往银行付款", exact=True)
        if person.path == f"/account/top-ups/{number}" and pay.count():
            with person.page.expect_navigation():
                pay.click()
            person.page.wait_for_load_state()
            break
    person.open(f"/account/top-ups/{number}")
    person.wait_for_outcome("充值成功")
    expect(person.available() == before + 1234567, "the balance did not grow by exactly the amount")
    payments = [entry for entry in world.installation.books()["bank"]["payments"] if entry["amount"] == 1234567]
    expect(len(payments) == 1, f"the bank has {len(payments)} orders of that amount")


def top_up_given_up(world):
    """放弃 at the bank: the order stays open and says so."""
    person = world.clerk
    before = person.available()
    number = person.order_top_up("77.00")
    to_the_bank(person)
    with person.page.expect_navigation(url=re.compile("/account/top-ups/TP")):
        person.page.get_by_role("button", name="放弃", exact=True).click()
    person.sees(number)
    person.wait_for_outcome("处理中")
    expect(person.available() == before, "the balance changed")


def top_up_without_answer(world):
    """The bank never answers: the clerk leaves its page, and nothing pretends to know."""
    person = world.clerk
    before = person.available()
    number = person.order_top_up("88.00")
    to_the_bank(person)
    person.open(f"/account/top-ups/{number}")
    person.wait_for_outcome("处理中")
    person.sees("请勿重复付款")
    person.open("/account")
    expect(person.page.locator(f"a[href='/account/top-ups/{number}']").count() == 1, "商户首页 does not show the open order")
    expect(person.available() == before, "the balance changed")


def top_up_notice_lost(world):
    """The bank's notice is lost: asking the bank brings the money."""
    person = world.clerk
    world.installation.control("faults", fault="notification", effect="lose")
    before = person.available()
    person.order_top_up("99.00")
    to_the_bank(person)
    with person.page.expect_navigation(url=re.compile("/account/top-ups/TP")):
        person.page.get_by_role("button", name="付款", exact=True).click()
    person.wait_for_outcome("充值成功", seconds=90)
    expect(person.available() == before + 9900, "the balance did not grow by the amount")


def top_up_by_gateway(world):
    """A bank found while typing; the gateway does not jump to it, so the payer chooses it there once more."""
    person = world.clerk
    before = person.available()
    person.open("/account/top-ups/new")
    person.fill("充值金额", "321.09")
    person.page.get_by_label("查找银行", exact=True).press_sequentially("长沙")
    person.sees("找到 1 家银行")
    bank = person.page.get_by_label("银行", exact=True)
    expect(bank.input_value() == "CSCB", f"{bank.input_value()} is chosen")
    expect(person.page.get_by_label("充值金额", exact=True).input_value() == "321.09", "the search lost the amount")
    person.press("下一步")
    person.sees("请在那里选择长沙银行")
    with person.page.expect_navigation(url=re.compile(r"/gateway/")):
        person.page.get_by_role("button", name="前往银行付款", exact=True).click()
    person.sees("请选择付款银行")
    person.press("长沙银行")
    with person.page.expect_navigation(url=re.compile("/account/top-ups/TP")):
        person.page.get_by_role("button", name="付款", exact=True).click()
    person.wait_for_outcome("充值成功")
    expect(person.available() == before + 32109, "the balance did not grow by the amount")


def top_up_again(world):
    """A second open top-up of the same amount: a warning with the way to the first, and the way on."""
    person = world.clerk
    first = person.order_top_up("55.50")
    person.open("/account/top-ups/new")
    person.fill("充值金额", "55.5")
    person.choose("银行", "中国建设银行")
    expect(person.press("下一步") == 422, "nobody was warned of a second top-up of the same amount")
    expect(person.page.locator(f"main a[href='/account/top-ups/{first}']").count() == 1, "no way leads to the first")
    check_page(person.page, "the warning of a second top-up")
    person.press("仍要充值")
    second = person.order_number(r"/account/top-ups/(TP\w+)$")
    expect(second != first, "going on made no second order")
    for number in (first, second):
        person.open(f"/account/top-ups/{number}")
        person.press("取消订单")
        person.wait_for_outcome("已关闭")


def bank_change(world):
    """银行渠道: switched off by two people a bank cannot be chosen at once, switched on again it can."""
    maker, checker, clerk = world.operations, world.second_operations, world.clerk

    def change(state, notice):
        maker.open("/admin/banks/CIB")
        maker.choose("开放充值", state)
        maker.fill("公告", notice)
        maker.fill("变更原因", "银行通知")
        maker.press("提交变更")
        maker.sees("等待他人复核")
        expect(not maker.page.get_by_role("button", name="通过").count(), "one person may change a bank alone")
        checker.open("/admin")
        checker.follow("兴业银行")
        checker.press("通过")
        clerk.open("/account/top-ups/new")
        return clerk.page.locator("#bank option[value=CIB]")

    option = change("停用", "银行系统升级，暂停两日")
    expect(option.get_attribute("disabled") is not None, "a bank that was switched off can be chosen")
    clerk.sees("银行系统升级，暂停两日")
    check_page(clerk.page, "a bank that was switched off")
    check_page(checker.page, "a bank with its history")
    option = change("开放", "")
    expect(option.get_attribute("disabled") is None, "a bank that was switched on cannot be chosen")


def confirm_bill(person, payment_password):
    person.fill("支付密码", payment_password)
    return person.press("确认支付")


def pay_bill(world, item, biller, customer_number, amount=None):
    """对公消费 from the choice to 缴费成功; checks that the balance falls by exactly what the page said."""
    person = world.clerk
    before = person.available()
    person.query_bills(item, biller, customer_number)
    if amount:
        person.fill("缴费金额", amount)
    person.press("下一步")
    shown = fen(person.page.locator("dl.facts div", has_text="缴费金额").locator(".facts-amount").inner_text())
    expect(person.page.get_by_label("商户编号 / 登录ID").input_value() == person.login["merchantNumber"],
           "商户编号 / 登录ID is not filled in")
    person.sees("0.00 元")
    if item == "electricity":
        world.screenshot(person, "bill-payment")
    confirm_bill(person, person.login["paymentPassword"])
    number = person.order_number(r"/account/bill-payments/(BP\w+)$")
    person.wait_for_outcome("缴费成功")
    expect(person.available() == before - shown, "the balance did not fall by the amount of the page")
    payments = world.installation.books()["billers"][biller]["payments"]
    own = [payment for payment in payments if payment["customerNumber"] == customer_number]
    expect([payment["amount"] for payment in own] == [shown], f"the biller's book has {own}")
    return number


def pay_water(world):
    """All arrears at once; afterwards there are none."""
    number = pay_bill(world, "water", "CSWATER", "10054321")
    check_page(world.clerk.page, f"the bill payment {number}")
    world.clerk.query_bills("water", "CSWATER", "10054321")
    world.clerk.sees("暂无欠费")


def pay_electricity(world):
    """A free amount in advance; Back from its result comes to the result, and not to a form that would pay again."""
    number = pay_bill(world, "electricity", "CSPOWER", "4301009876", "350.50")
    person = world.clerk
    # From 商户首页, where the balance was looked up, over the result to the confirmation.
    person.back()
    person.back()
    expect(person.path == f"/account/bill-payments/{number}", f"Back led to {person.path}")


def pay_cable(world):
    """Some of the periods, the oldest first."""
    person = world.clerk
    person.query_bills("cable-tv", "CSCABLE", "731054321")
    boxes = person.page.locator("input[name=bill]")
    expect(boxes.count() > 2, "there are no periods to choose from")
    for index in range(boxes.count()):
        boxes.nth(index).set_checked(index < 2)
    total = fen(person.page.locator("#bill-total").inner_text())
    person.press("下一步")
    shown = fen(person.page.locator("dl.facts div", has_text="缴费金额").locator(".facts-amount").inner_text())
    expect(shown == total, "the total under the table is not the amount to be confirmed")
    confirm_bill(person, person.login["paymentPassword"])
    person.wait_for_outcome("缴费成功")


def wrong_payer(world):
    """A wrong payment password, and another company's number: one sentence, values kept, one count of tries."""
    person = world.clerk
    person.query_bills("gas", "CSGAS2", "60054321")
    person.press("下一步")
    label = person.page.get_by_label("商户编号 / 登录ID")
    sentences = []
    for payer, password in (
        (person.login["merchantNumber"], "not the password"),
        (world.login("clerk", 1)["merchantNumber"], person.login["paymentPassword"]),
    ):
        label.fill(payer)
        expect(confirm_bill(person, password) == 422, "a wrong payer was not refused with 422")
        expect(label.input_value() == payer, "商户编号 / 登录ID was not kept")
        expect(person.page.get_by_label("支付密码", exact=True).input_value() == "", "the password came back")
        sentences.append(person.page.locator("#paymentPassword-error").inner_text())
    left = [int(re.search(r"(\d+) 次", sentence)[1]) for sentence in sentences]
    expect(left == [left[0], left[0] - 1], f"the tries left are {left}")
    expect(len({re.sub(r"\d+", "", sentence) for sentence in sentences}) == 1, f"the sentences differ: {sentences}")
    label.fill(person.login["loginId"])
    confirm_bill(person, person.login["paymentPassword"])
    person.wait_for_outcome("缴费成功")


def pay_twice(world):
    """A double click on 确认支付 pays once, and Back brings no second payment."""
    person = world.clerk
    person.query_bills("gas", "CSGAS1", "2100654321")
    person.press("下一步")
    person.fill("支付密码", person.login["paymentPassword"])
    with person.page.expect_navigation(url=re.compile("/account/bill-payments/BP")):
        person.page.get_by_role("button", name="确认支付", exact=True).dblclick()
    number = person.order_number(r"/account/bill-payments/(BP\w+)$")
    person.wait_for_outcome("缴费成功")
    person.back()
    if person.page.get_by_role("button", name="确认支付", exact=True).count():
        confirm_bill(person, person.login["paymentPassword"])
    bills = world.installation.books()["billers"]["CSGAS1"]["bills"]
    numbers = [numbers for bill, numbers in bills.items() if "2100654321" in bill]
    expect(numbers and all(payments == [number] for payments in numbers), f"the biller's bills were paid by {numbers}")


def answer_lost(world):
    """The biller books and its answer is lost: 结果确认中, and then the truth."""
    person = world.clerk
    world.installation.control("faults", holdSeconds=1)
    person.query_bills("water", "CSWATER", "10054005")
    person.press("下一步")
    confirm_bill(person, person.login["paymentPassword"])
    person.wait_for_outcome("缴费成功", seconds=90)


def refused_bill(world):
    """The biller refuses: the money is available again."""
    person = world.clerk
    before = person.available()
    person.query_bills("water", "CSWATER", "10054007")
    person.press("下一步")
    confirm_bill(person, person.login["paymentPassword"])
    person.wait_for_outcome("缴费失败，资金已退回余额")
    expect(person.available() == before, "the money did not come back")


def withdrawal(world):
    """结算 to 已到账, with the money held on the way."""
    person = world.clerk
    before = person.available()
    person.open("/account")
    person.follow("结算")
    person.fill("提现金额", "1,500")
    person.press("下一步")
    person.sees("人民币壹仟伍佰元整")
    world.screenshot(person, "withdrawal")
    submit_withdrawal(person, person.login["paymentPassword"])
    address = person.path
    expect(person.available() == before - 150000, "the amount is not held")
    person.open(address)
    person.wait_for_outcome("已到账", seconds=90)
    check_page(person.page, "a withdrawal that has arrived")
    expect(person.available() == before - 150000, "the balance changed when the payout arrived")
    # 返回修改 keeps what was entered.
    person.open("/account/withdrawals/new?amount=12.34")
    person.follow("返回修改")
    expect(person.page.get_by_label("提现金额", exact=True).input_value() == "12.34", "返回修改 lost the amount")


def withdrawal_cancelled(world):
    """撤销 of a withdrawal that waits for the end of a pause: its money is back, and nothing is sent afterwards."""
    person = world.clerk
    before = person.available()
    world.set_payouts("暂停", "银行系统升级")
    person.open("/account/withdrawals/new")
    person.sees("提现通道暂停（银行系统升级）")
    world.withdraw("33.00")
    person.sees("恢复后自动提交银行")
    address = person.path
    expect(person.available() == before - 3300, "the amount is not held")
    person.open(address)
    button = person.page.get_by_role("button", name="确认撤销", exact=True)
    expect(not button.is_visible(), "撤销 asks before it shows what it does")
    person.page.get_by_text("撤销提现", exact=True).click()
    check_page(person.page, "the question whether to cancel")
    person.press("确认撤销")
    person.wait_for_outcome("已撤销")
    expect(person.available() == before, "the money did not come back")
    world.set_payouts("正常")
    person.open("/account/withdrawals/new")
    expect("提现通道暂停" not in person.text(), "the pause is over, and the form still tells of it")
    person.open(address)
    person.wait_for_outcome("已撤销")


def submit_withdrawal(person, payment_password):
    person.fill("支付密码", payment_password)
    return person.press("确认提现")


def withdraw_all(world):
    """全部提现 fills the whole available balance in; nothing is submitted."""
    person = world.clerk
    available = person.available()
    person.open("/account/withdrawals/new")
    person.follow("全部提现")
    shown = fen(person.page.locator("dl.facts div", has_text="提现金额").locator(".facts-amount").inner_text())
    expect(shown == available, "全部提现 is not the available balance")


def movements(world):
    """交易明细: filters in the address, pages, totals, and a CSV of exactly what is filtered."""
    person = world.clerk
    person.open("/account")
    world.screenshot(person, "account")
    person.follow("交易明细")
    world.screenshot(person, "transactions")
    person.page.locator("[name=kind]").select_option(label="充值")
    person.press("查询")
    expect("kind=" in person.path, f"the filter is not in the address {person.path}")
    total = person.page.locator("tfoot tr", has_text="全部合计").locator("td.amount").first.inner_text()
    count = 0
    while True:
        summaries = person.page.locator("section[aria-labelledby=movements] tbody tr td:nth-child(3)").all_inner_texts()
        expect(summaries and all("充值" in text for text in summaries), f"other movements among the top-ups: {summaries}")
        count += len(summaries)
        older = person.page.locator(".pager a", has_text="下一页")
        if older.count() == 0:
            break
        with person.page.expect_navigation():
            older.first.click()
    with person.page.expect_download() as download:
        person.page.get_by_role("link", name="导出 CSV", exact=True).click()
    expect("交易明细" in download.value.suggested_filename, f"the file is named {download.value.suggested_filename}")
    with open(download.value.path(), "rb") as file:
        content = file.read()
    expect(content.startswith(b"\xef\xbb\xbf"), "the file has no byte order mark")
    rows = list(csv.reader(io.StringIO(content[3:].decode("utf-8"), newline="")))
    expect(len(rows) - 1 == count, f"the file has {len(rows) - 1} movements, the pages have {count}")
    income = sum(fen(row[rows[0].index("收入(元)")]) for row in rows[1:])
    expect(fen(total) == income, f"the page says {total}, the file's income is {income} fen")
    expect(content.count(b"\r\n") == len(rows), "the lines do not end as Excel likes it")
    person.follow("重置")
    expect(person.path == "/account/transactions", "重置 leaves the filter in the address")


def balances_of_movements(world):
    """Income and expense of the file lead from its first to its last balance, fen by fen."""
    person = world.clerk
    person.open("/account/transactions")
    with person.page.expect_download() as download:
        person.page.get_by_role("link", name="导出 CSV", exact=True).click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    amount = lambda text: fen(text) if text else 0
    for newer, older in zip(rows, rows[1:]):
        expected = fen(older["余额(元)"]) + amount(newer["收入(元)"]) - amount(newer["支出(元)"])
        expect(fen(newer["余额(元)"]) == expected, f"the balance of {newer['订单号']} does not follow from the one before")


def circle_without_script(world):
    """The whole circle in a browser that runs no script: sign-in, top-up, bill, withdrawal, movements."""
    login = world.login("clerk", 1)
    person = world.person(login, has_script=False)
    person.open("/")
    person.follow("商户首页")
    person.fill("登录ID", login["loginId"])
    person.fill("登录密码", login["password"])
    person.press("登录")
    person.open("/account/top-ups/new")
    person.fill("查找银行", "ZGJS")
    person.press("查找")
    bank = person.page.get_by_label("银行", exact=True)
    expect(bank.input_value() == "CCB", f"without a script the search chose {bank.input_value()}")
    number = person.order_top_up("2000")
    person.press("前往银行付款")
    # The way to the bank may be reloaded, left by Back and come back to.
    person.page.reload()
    person.back()
    expect(person.path == f"/account/top-ups/{number}", f"Back led to {person.path}")
    person.page.go_forward()
    person.press("继续前往银行")
    person.press("付款")
    person.press("返回商户")
    person.sees("已从银行返回")
    # The bank sent the browser: the strict cookie stays away from this page, and comes along from the link on.
    person.follow("查看充值结果")
    expect(person.path == f"/account/top-ups/{number}", f"the browser is at {person.path}")
    person.wait_for_outcome("充值成功", reload=True)
    person.query_bills("electricity", "CSPOWER", "4301005432")
    person.fill("缴费金额", "123.45")
    person.press("下一步")
    person.sees("人民币壹佰贰拾叁元肆角伍分")
    confirm_bill(person, login["paymentPassword"])
    person.wait_for_outcome("缴费成功", reload=True)
    person.open("/account/withdrawals/new")
    person.fill("提现金额", "1000")
    person.press("下一步")
    submit_withdrawal(person, login["paymentPassword"])
    person.wait_for_outcome("已到账", seconds=90, reload=True)
    person.follow("查看交易明细")
    amounts = person.page.locator("section[aria-labelledby=movements] tbody td.amount").all_inner_texts()
    for amount in ("2,000.00", "123.45", "1,000.00"):
        expect(amount in amounts, f"{amount} is not among the movements {amounts}")
    expect(person.available() == 200000 - 12345 - 100000, "the balance is not what is left")
    person.press("退出")
    person.close()


def by_keyboard(world):
    """Signing in and ordering a top-up with the keyboard alone."""
    login = world.login("clerk", 1)
    person = world.person(login)
    person.open("/login")
    keys = person.page.keyboard

    def tab_to(name):
        for _ in range(60):
            keys.press("Tab")
            if person.page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()") == name:
                return
        raise AssertionError(f"the Tab key does not come to {name}")

    tab_to("login")
    keys.type(login["loginId"])
    tab_to("password")
    keys.type(login["password"])
    with person.page.expect_navigation():
        keys.press("Enter")
    tab_to("充值")
    with person.page.expect_navigation():
        keys.press("Enter")
    tab_to("amount")
    keys.type("10.00")
    tab_to("bank")
    keys.press("ArrowDown")
    with person.page.expect_navigation():
        tab_to("下一步")
        keys.press("Enter")
    person.order_number(r"/account/top-ups/(TP\w+)$")
    person.close()


# Whether the column heads are in view, and whether they cover what has the focus.
HEADS = """() => {
    const head = document.querySelector('section[aria-labelledby=movements] thead th').getBoundingClientRect();
    const focused = document.activeElement.getBoundingClientRect();
    return [head.top > -2 && head.bottom < innerHeight, focused.top < head.bottom - 1];
}"""


def heads_stay(world):
    """The column heads of a long list stay in view, and what has the focus never hides under them."""
    person = world.clerk
    person.open("/account/transactions")
    links = person.page.locator("section[aria-labelledby=movements] tbody a")
    count = links.count()
    expect(count > 10, f"the list has only {count} lines")
    for width in (1280, 320):
        # Low, so that the list is much longer than the window.
        person.page.set_viewport_size({"width": width, "height": 400})
        links.last.focus()
        for _ in range(count - 1):
            in_view, is_covered = person.page.evaluate(HEADS)
            expect(in_view, f"at {width} the column heads are out of view")
            expect(not is_covered, f"at {width} the focus is under the column heads")
            person.page.keyboard.press("Shift+Tab")
    person.page.set_viewport_size({"width": 1280, "height": 800})


def session_end(world):
    """Two minutes before a session ends a dialog offers 继续操作 and 退出, and does not shut out what is announced."""
    person = world.person(world.login("clerk", 1)).sign_in()
    page = person.page
    page.clock.install()
    person.open("/account")
    seconds = int(page.locator("body").get_attribute("data-session-seconds"))
    dialog = page.get_by_role("dialog", name="登录即将超时", exact=True)
    announced_in = "() => document.getElementById('announcements').parentElement.tagName"
    page.clock.fast_forward((seconds - 119) * 1000)
    dialog.wait_for(state="visible")
    expect(page.evaluate(announced_in) == "DIALOG", "what is announced is outside of the dialog")
    with page.expect_response(lambda answer: answer.url.endswith("/account")):
        dialog.get_by_role("button", name="继续操作", exact=True).click()
    dialog.wait_for(state="hidden")
    # The answer begins the time anew.
    page.wait_for_timeout(300)
    expect(page.evaluate(announced_in) == "BODY", "what is announced stayed in the closed dialog")
    page.clock.fast_forward((seconds - 119) * 1000)
    dialog.wait_for(state="visible")
    page.clock.fast_forward(60_000)
    page.locator("#announcements", has_text="1 分钟").wait_for(state="attached")
    with page.expect_navigation():
        dialog.get_by_role("button", name="退出", exact=True).click()
    expect(person.path.startswith("/login"), f"退出 led to {person.path}")
    person.close()


def readme_pictures(world):
    """Each picture of README is one that these tests make, and small."""
    named = set(re.findall(r"Tests/Browser/Screenshots/([\w-]+)\.png", (ROOT / "README.md").read_text(encoding="utf-8")))
    expect(named, "README shows no picture")
    made = set(re.findall(r'world\.screenshot\([\w.]+, "([\w-]+)"\)', pathlib.Path(__file__).read_text(encoding="utf-8")))
    folder = ROOT / "Tests/Browser/Screenshots"
    there = {file.stem for file in folder.glob("*.png")}
    expect(named <= there <= made, f"named {named}, there {there}, made {made}")
    large = [file.name for file in folder.glob("*.png") if file.stat().st_size > 120_000]
    expect(not large, f"too large: {large}")


def front_pages(world):
    """The first things people see; for README's pictures too."""
    world.visitor.open("/")
    world.screenshot(world.visitor, "home")
    world.visitor.open("/login")
    world.screenshot(world.visitor, "sign-in")


def books_agree(world):
    """After all of it, `portal check` finds nothing, and bank and billers have what we have."""
    answer = world.installation.command("check")
    expect(answer.returncode == 0, f"portal check: {answer.stdout}{answer.stderr}")


def messages(world):
    """提醒与消息: a result is told, opening it leads to the order and marks it as read, 全部已读 marks the rest."""
    person = world.clerk
    person.open("/account/messages?show=unread")
    rows = person.page.locator("section[aria-labelledby=messages] tbody tr")
    before = rows.count()
    expect(before > 0, "nothing of all that has happened is unread")
    order = rows.locator("button", has_text=re.compile("^(TP|BP|WD)")).first
    number = order.inner_text()
    with person.page.expect_navigation():
        order.click()
    expect(person.path.endswith(f"/{number}"), f"the message of {number} leads to {person.path}")
    person.open("/account/messages")
    read = person.page.locator("section[aria-labelledby=messages] a", has_text=number)
    expect(read.count() > 0, f"the message of {number} is not read")
    person.press("全部已读")
    person.open("/account/messages?show=unread")
    person.sees("没有未读消息")
    expect("未读" not in person.page.locator("header").inner_text(), "the header still counts unread messages")


def reconciliation(world):
    """对账: balances lead from one to the other, the file has the items of the page, and printing leaves the menus out."""
    person = world.clerk
    person.open("/account")
    person.follow("对账")
    table = person.page.locator("section[aria-labelledby=balances] table")
    cell = lambda row, place: fen(table.locator("tr", has_text=row).locator("td.amount").nth(place).inner_text())
    expected = cell("期初余额", 0) + cell("合计与期末余额", 0) - cell("合计与期末余额", 1)
    expect(cell("合计与期末余额", 2) == expected, f"the closing balance is not {expected} fen")
    numbers = person.page.locator("section[aria-labelledby=items] tbody tr td:first-child").all_inner_texts()
    with person.page.expect_download() as download:
        person.page.get_by_role("link", name="导出 CSV", exact=True).click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [row["订单号"] for row in rows if row["核对结果"]]
    expect(found == numbers and numbers, f"the file has {found}, the page {numbers}")


def second_start(world):
    """A second start beside the first says so and disturbs nothing; stopping and starting again keeps everybody's data and
    takes seconds."""
    available = world.clerk.available()
    beside = world.installation.run_beside()
    expect(beside.returncode == 1 and world.installation.portal in beside.stderr, f"beside: {beside.stdout}{beside.stderr}")
    expect(world.clerk.available() == available, "the second start disturbed the first")
    expect(world.installation.stop() == 0, "Scripts/run did not stop cleanly")
    seconds = world.installation.start_again()
    expect(seconds < 20, f"the second start took {seconds:.0f} s")
    expect(world.clerk.available() == available, "the balance is another one after the second start")


def tests():
    """All journeys as (sentence, test)."""
    world_tests = [
        readme_pictures, front_pages, opening, two_people, top_up, top_up_given_up, top_up_without_answer, top_up_notice_lost,
        top_up_by_gateway, top_up_again, bank_change, pay_water, pay_electricity, pay_cable, wrong_payer, pay_twice, answer_lost,
        refused_bill, withdrawal, withdrawal_cancelled, withdraw_all, movements, balances_of_movements, messages, reconciliation, heads_stay,
        circle_without_script, by_keyboard, session_end, books_agree, second_start,
    ]
    return [(f"{test.__name__}: {test.__doc__.splitlines()[0]}", test) for test in world_tests]
