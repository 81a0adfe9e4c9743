"""Every page of `portal routes`: with data, empty and after a bad POST, at 1280 and 320 pixels, with axe."""

import functools
import re
import urllib.parse

from checks import check_page, expect

BILL_FORM = {"city": "430100", "item": "water", "biller": "CSWATER"}

# What has been filled in on a page, field by field; secrets apart.
ENTERED = """() => [...document.querySelectorAll('main form:not([role=search]) [name]')]
    .filter((field) => !['hidden', 'password', 'radio'].includes(field.type))
    .map((field) => `${field.name}: ${field.type === 'checkbox' ? field.checked : field.value}`)"""


def page(role, address, status=200, sees=None):
    """Opens an address; it may depend on the world. `sees` is a text that has to be there."""
    def visit(world):
        person = getattr(world, role)
        person.open(address(world) if callable(address) else address, status)
        if sees:
            person.sees(sees)
        return person
    return visit


def posted(role, address, button, to=None, status=422, prepare=None, **fields):
    """Fills some fields of a page, presses a button, and expects the page to come back with the fault and with all that was
    entered but the secrets. `to` is the route that the form is posted to; without it the form asks by GET."""
    def visit(world):
        person = getattr(world, role)
        person.open(address(world) if callable(address) else address)
        if prepare:
            prepare(person)
        for label, value in fields.items():
            person.fill(label, value)
        entered = person.page.evaluate(ENTERED)
        with person.page.expect_request(lambda request: request.is_navigation_request()) as request:
            found = person.press(button)
        path = urllib.parse.urlsplit(request.value.url).path
        method = "POST" if to else "GET"
        expect(request.value.method == method, f"{button} on {address} is a {request.value.method}, not a {method}")
        expect(not to or is_of_route(path, to), f"{button} posts to {path}, not to {to}")
        expect(found == status, f"{button} on {address} answered {found}, not {status}")
        expect(person.page.title().startswith("错误："), f"the title of a refused form is “{person.page.title()}”")
        kept = person.page.evaluate(ENTERED)
        expect(kept == entered, f"of what was entered, {entered}, the refused form kept {kept}")
        secrets = person.page.locator("main input[type=password]").evaluate_all("(fields) => fields.map((field) => field.value)")
        expect(not any(secrets), "a password came back with the refused form")
        return person
    visit.to = to
    return visit


def is_of_route(path, route):
    """Whether a path is one of a route's, whose varying parts are written `:name`."""
    return re.fullmatch(re.sub(r":\w+", "[^/]+", route), path) is not None


def choose_water(number):
    def prepare(person):
        for name, value in BILL_FORM.items():
            person.page.locator(f"[name={name}]").select_option(value)
        person.page.locator("[name=customerNumber]").fill(number)
    return prepare


def choose_nothing(person):
    for box in person.page.locator("input[name=bill]").all():
        box.uncheck()


def bills(item, biller, number):
    """The address of a bill query of the clerk."""
    @functools.lru_cache
    def address(world):
        world.clerk.query_bills(item, biller, number)
        return world.clerk.path
    return address


def confirmation(world):
    """The confirmation of a bill payment."""
    person = world.clerk
    person.query_bills("electricity", "CSPOWER", "4301007654")
    person.fill("缴费金额", "100.00")
    person.press("下一步")
    return person.path


def own_merchant(world):
    return f"/admin/enterprises/{world.login('clerk')['merchantNumber']}"


def at_the_hand_off(world):
    """The page between the order and the bank, kept from sending itself on at once."""
    person = world.clerk
    person.order_top_up("66.00")
    script = re.compile(r"/site\.js")
    person.page.route(script, lambda route: route.fulfill(content_type="text/javascript", body=""))
    person.press("前往银行付款")
    person.page.unroute(script)
    expect(person.path.endswith("/bank"), f"前往银行付款 led to {person.path}")
    # Asked for again it is the same form, under the same order.
    fields = "(fields) => fields.map((field) => `${field.name}=${field.value}`)"
    form = person.page.locator("form[action*='/gateway/'] input")
    before = form.evaluate_all(fields)
    person.page.reload()
    expect(form.evaluate_all(fields) == before and before, "reloading changed the form to the bank")
    return person


def waiting_withdrawal(world):
    """提现处理 while a withdrawal waits for the end of a pause. Afterwards there is neither."""
    world.set_payouts("暂停", "银行系统升级")
    number = world.withdraw("21.00")
    person = world.supervisor
    person.open("/admin/withdrawals")
    person.sees(number)
    person.sees("通道暂停：银行系统升级")
    clerk = world.clerk
    clerk.page.get_by_text("撤销提现", exact=True).click()
    clerk.press("确认撤销")
    world.set_payouts("正常")
    return person


def order_number(world, kind):
    """The number of an order of the clerk's company."""
    return world.order_address(kind).rsplit("/", 1)[-1]


def foreign(kind):
    """The address of another company's order."""
    return page("newcomer", lambda world: world.order_address(kind), 404)


def closed_item(world):
    """An ended order after a person has closed what nothing else would."""
    person = world.operations
    person.open(world.left_item)
    person.fill("处理说明", "已与银行核实，无须处理")
    person.press("处理完毕")
    expect(person.path == world.left_item, f"处理完毕 led to {person.path}")
    expect(not person.page.get_by_role("button", name="处理完毕").count(), "the item is still open")
    return person


# For each route: what is looked at. A route of the site that is not here fails the first test, and so does one without a look
# at it "with data" and one "empty", unless it stands in one of the tables below. 待审核 comes first: nothing waits yet.
VISITS = {
    "/admin/approvals": {
        "empty": page("supervisor", "/admin/approvals", sees="没有待审核的申请"),
        "with data": lambda world: (world.waiting_opening, page("supervisor", "/admin/approvals")(world))[-1],
    },
    "/": {"signed out": page("visitor", "/"), "signed in": page("clerk", "/")},
    "/login": {
        "empty": page("visitor", "/login"),
        "on the way to a page": page("visitor", "/account/transactions"),
        "bad POST": posted("visitor", "/login", "登录", to="/login", 登录ID="", 登录密码=""),
        "wrong password": posted(
            "visitor", "/login", "登录", to="/login", 登录ID="nobody.here", 登录密码="not the password"),
    },
    "/activation/:token": {
        "with data": page("visitor", lambda world: world.activation_address),
        "used or wrong": page("visitor", "/activation/" + "A" * 43, 410),
        "bad POST": posted(
            "visitor", lambda world: world.activation_address, "激活", to="/activation/:token", 登录密码="12345678",
            再次输入登录密码="12345679", 支付密码="", 再次输入支付密码=""),
    },
    "/activated": {"as it is": page("visitor", "/activated")},
    "/account": {
        "with data": page("clerk", "/account"),
        "empty": page("newcomer", "/account", sees="账户还没有交易"),
    },
    "/account/top-ups/new": {
        "with data": page("clerk", "/account/top-ups/new"),
        "empty": page("newcomer", "/account/top-ups/new"),
        "bad POST": posted("clerk", "/account/top-ups/new", "下一步", to="/account/top-ups", 充值金额="一百元"),
        "banks found": page("clerk", "/account/top-ups/new?amount=12.34&q=中国", sees="家银行"),
        "no bank found": page("clerk", "/account/top-ups/new?q=nobody", sees="没有找到"),
    },
    "/account/top-ups/:number": {
        "with data": page("clerk", lambda world: world.order_address("top-ups")),
        "of another company": foreign("top-ups"),
    },
    "/account/top-ups/:number/bank": {
        "with data": at_the_hand_off,
        "of another company": page("newcomer", lambda world: world.order_address("top-ups") + "/bank", 404),
    },
    "/account/bill-payments/new": {
        "with data": page("clerk", "/account/bill-payments/new"),
        "empty": page("newcomer", "/account/bill-payments/new"),
        "bad POST": posted("clerk", "/account/bill-payments/new", "查询账单", to="/account/bill-queries", 户号=""),
        "bad number": posted(
            "clerk", "/account/bill-payments/new", "查询账单", to="/account/bill-queries",
            prepare=choose_water("10"), 户号="1"),
        "bills to be paid whole": page("clerk", bills("water", "CSWATER", "10077654")),
        "periods to choose": page("clerk", bills("cable-tv", "CSCABLE", "731077654")),
        "no period chosen": posted(
            "clerk", bills("cable-tv", "CSCABLE", "731077654"), "下一步", prepare=choose_nothing),
        "free amount": page("clerk", bills("electricity", "CSPOWER", "4301007654")),
        "no debt": page("clerk", bills("water", "CSWATER", "10077001")),
        "no such customer": page("clerk", bills("water", "CSWATER", "10077000")),
        "biller out of order": page("clerk", bills("water", "CSWATER", "10077004")),
        "bad amount": posted(
            "clerk", bills("electricity", "CSPOWER", "4301007654"), "下一步", 缴费金额="1.234"),
        "confirmation": page("clerk", confirmation),
        "confirmation without money": page("newcomer", lambda world: without_money(world)),
        "wrong payment password": posted(
            "clerk", confirmation, "确认支付", to="/account/bill-payments", 支付密码="not the password"),
    },
    "/account/bill-payments/:number": {
        "with data": page("clerk", lambda world: world.order_address("bill-payments")),
        "of another company": foreign("bill-payments"),
    },
    "/account/withdrawals/new": {
        "with data": page("clerk", "/account/withdrawals/new"),
        "empty": page("newcomer", "/account/withdrawals/new"),
        "confirmation": page("clerk", "/account/withdrawals/new?amount=100.00"),
        "bad amount": page("clerk", "/account/withdrawals/new?amount=-5", 422),
        "wrong payment password": posted(
            "clerk", "/account/withdrawals/new?amount=100.00", "确认提现", to="/account/withdrawals",
            支付密码="not the password"),
    },
    "/account/withdrawals/:number": {
        "with data": page("clerk", lambda world: world.order_address("withdrawals")),
        "of another company": foreign("withdrawals"),
    },
    "/account/transactions": {
        "with data": page("clerk", "/account/transactions"),
        "nothing found": page("clerk", "/account/transactions?order=TP1"),
        "empty": page("newcomer", "/account/transactions", sees="近 30 日没有交易"),
        "bad address": page("clerk", "/account/transactions?from=2026-99-99", 422),
        "filtered": page("clerk", "/account/transactions?state=缴费成功&least=1&direction=expense"),
        "unknown kind": page("clerk", "/account/transactions?kind=top_up&from=0001-01-01", 422),
    },
    "/account/reconciliation": {
        "with data": page("clerk", "/account/reconciliation", sees="充值和提现逐笔核对"),
        "empty": page("newcomer", "/account/reconciliation?from=2026-01-01&until=2026-01-31", sees="没有充值和提现"),
        "bad address": page("clerk", "/account/reconciliation?from=2026-99-99", 422),
        "too many months": page("clerk", "/account/reconciliation?from=2024-01-01&until=2026-01-01", 422),
    },
    "/account/messages": {
        "with data": page("clerk", "/account/messages"),
        "unread": page("clerk", "/account/messages?show=unread"),
        "empty": page("newcomer", "/account/messages?show=unread&before=1", sees="没有未读消息"),
    },
    "/bank-return/:number": {
        "with data": page("visitor", lambda world: "/bank-return/" + world.order_address("top-ups").split("/")[-1]),
        "empty": page("visitor", "/bank-return/TP1"),
    },
    "/admin/login": {
        "empty": page("visitor", "/admin/login"),
        "bad POST": posted("visitor", "/admin/login", "登录", to="/admin/login", 工号="", 密码=""),
        "wrong password": posted(
            "visitor", "/admin/login", "登录", to="/admin/login", 工号="A0000000", 密码="not the password"),
    },
    "/admin/password": {
        "empty": page("operations", "/admin/password"),
        "bad POST": posted(
            "operations", "/admin/password", "修改密码", to="/admin/password", 当前密码="", 新密码="", 再次输入新密码=""),
    },
    "/admin": {
        "empty": page("operations_elsewhere", "/admin", sees="今日无待办"),
        "with data": lambda world: (world.waiting_opening, world.returned_opening, page("account_manager", "/admin")(world))[-1],
        "nothing more": page("operations", "/admin?after=9223372036854775807", sees="本页 0 件"),
        "of a supervisor": page("supervisor", "/admin"),
    },
    "/admin/enterprises": {
        "with data": page("account_manager", "/admin/enterprises"),
        "empty": page("account_manager", "/admin/enterprises?q=nobody", sees="没有符合条件的企业"),
        "for the wrong audience": page("visitor", "/admin/enterprises"),
    },
    "/admin/enterprises/new": {
        "empty": page("account_manager", "/admin/enterprises/new"),
        "bad POST": posted(
            "account_manager", "/admin/enterprises/new", "提交审核", to="/admin/enterprises", 单位名称="无名公司",
            户名="别的公司"),
        "for the wrong role": page("supervisor", "/admin/enterprises/new", 403),
    },
    "/admin/enterprises/:merchantNumber": {
        "with data": page("supervisor", own_merchant),
        "account to be checked": page("operations", lambda world: world.unverified_enterprise),
        "waits for another's check": page("supervisor", lambda world: world.unverified_enterprise),
        "bad POST": posted(
            "operations", lambda world: world.unverified_enterprise, "提交人工核实",
            to="/admin/enterprises/:merchantNumber/account-check", 核实依据=""),
        "account to be confirmed": page("supervisor", lambda world: world.checked_enterprise),
        "confirmed by who asked for it": posted(
            "operations", lambda world: world.checked_enterprise, "确认账户",
            to="/admin/enterprises/:merchantNumber/account-check/approval"),
        "refused without a reason": posted(
            "supervisor", lambda world: world.checked_enterprise, "核实不通过",
            to="/admin/enterprises/:merchantNumber/account-check/refusal", 不通过原因=""),
        "waits for its activation": page("account_manager", lambda world: world.unactivated_enterprise),
        "link asked for without a reason": posted(
            "account_manager", lambda world: world.unactivated_enterprise, "重发激活链接",
            to="/admin/enterprises/:merchantNumber/activation-reissue", 重发原因=""),
        "waits for another link": page("supervisor", lambda world: world.reissue_requested),
        "sent back without a reason": posted(
            "supervisor", lambda world: world.reissue_requested, "退回",
            to="/admin/enterprises/:merchantNumber/activation-reissue/return", 退回原因=""),
        "unknown": page("supervisor", "/admin/enterprises/M00000000000000", 404),
    },
    "/admin/banks": {
        "with data": page("operations", "/admin/banks"),
        "empty": page("operations", "/admin/banks?q=nobody", sees="没有符合条件的银行"),
        "for the wrong role": page("account_manager", "/admin/banks", 403),
    },
    "/admin/banks/:number": {
        "empty": page("operations", "/admin/banks/ICBC", sees="还没有变更"),
        "bad POST": posted(
            "operations", "/admin/banks/ICBC", "提交变更", to="/admin/banks/:number/change", 维护时间="夜间", 变更原因="",
            **{"单笔最低（元）": "一元"}),
        "with data": page("supervisor", lambda world: world.bank_change, sees="拟变更为"),
        "own proposal": page("operations", lambda world: world.bank_change, sees="等待他人复核"),
        "sent back without a reason": posted(
            "national_supervisor", lambda world: world.bank_change, "退回", to="/admin/banks/:number/change/return",
            退回原因=""),
        "unknown": page("operations", "/admin/banks/NOBANK", 404),
    },
    "/admin/enterprises/:merchantNumber/receivable": {
        "with data": page("operations", lambda world: own_merchant(world) + "/receivable", sees="没有欠款"),
        "for the wrong role": page("account_manager", lambda world: own_merchant(world) + "/receivable", 403),
    },
    "/admin/orders": {
        "empty": page("operations", "/admin/orders", sees="按编号查找"),
        "nothing found": page("operations", "/admin/orders?q=TP20260101NOBODY", sees="没有找到订单"),
        "with data": page("operations", lambda world: f"/admin/orders?q={order_number(world, 'top-ups')}"),
        "for the wrong role": page("account_manager", "/admin/orders", 403),
    },
    "/admin/orders/:number": {
        "with data": page("operations", lambda world: f"/admin/orders/{order_number(world, 'top-ups')}", sees="银行报文"),
        "a withdrawal": page("operations", lambda world: f"/admin/orders/{order_number(world, 'withdrawals')}"),
        "no older messages": page(
            "operations", lambda world: f"/admin/orders/{order_number(world, 'top-ups')}?before=0", sees="没有更早的报文"),
        "bad POST": posted(
            "operations", lambda world: world.left_item, "处理完毕", to="/admin/orders/:number/resolution", 处理说明=""),
        "its item closed": closed_item,
        "not there": page("operations", "/admin/orders/TP20260101NOBODY", 404),
        "for the wrong role": page("account_manager", lambda world: f"/admin/orders/{order_number(world, 'top-ups')}", 403),
    },
    "/admin/bank-messages": {
        "empty": page("operations", "/admin/bank-messages", sees="没有未采信的银行报文"),
        "with data": lambda world: (world.forged_notification(), page("operations", "/admin/bank-messages")(world))[-1],
        "for the wrong role": page("account_manager", "/admin/bank-messages", 403),
    },
    "/admin/withdrawals": {
        "empty": page("operations", "/admin/withdrawals?due=overdue", sees="没有符合条件的提现"),
        "with data": waiting_withdrawal,
        "for the wrong role": page("account_manager", "/admin/withdrawals", 403),
    },
    "/admin/channels": {
        "with data": page("operations", "/admin/channels"),
        "for the wrong role": page("account_manager", "/admin/channels", 403),
    },
    "/admin/channels/:number": {
        "with data": page("operations", "/admin/channels/unionpay-payout"),
        "for a reader": page("supervisor", "/admin/channels/unionpay-payout"),
        "bad POST": posted(
            "operations", "/admin/channels/unionpay-payout", "提交复核", to="/admin/channels/:number/proposal",
            截止时间="25:00", 变更原因=""),
        "waits for another": page("operations", lambda world: world.channel_change, sees="等待他人复核"),
        "to be decided": page("national_supervisor", lambda world: world.channel_change),
        "sent back without a reason": posted(
            "national_supervisor", lambda world: world.channel_change, "退回", to="/admin/channels/:number/return",
            退回原因=""),
        "unknown": page("operations", "/admin/channels/nowhere", 404),
    },
    "/admin/settlements": {
        "empty": page("operations", "/admin/settlements?state=carriedForward", sees="没有符合条件的结算单"),
        "with data": lambda world: (world.settlement, page("operations", "/admin/settlements", sees="长沙星光供电（模拟）")(world))[-1],
        "for the wrong role": page("account_manager", "/admin/settlements", 403),
    },
    "/admin/settlements/:number": {
        "with data": page("operations", lambda world: world.settlement),
        "for a reader": page("supervisor", lambda world: world.settlement),
        "return without a reason": posted(
            "national_supervisor", lambda world: world.proposed_settlement, "退回", to="/admin/settlements/:number/return",
            退回原因=""),
        "unknown": page("operations", "/admin/settlements/ST00000000", 404),
    },
    "/admin/monitoring": {
        "empty": page("operations", "/admin/monitoring", sees="还没有风险案例"),
        "nothing found": page("operations", "/admin/monitoring?state=decided&q=nobody", sees="没有符合条件的案例"),
        "with data": lambda world: (world.open_case, page("operations", "/admin/monitoring", sees="本页 1 件")(world))[-1],
        "for a supervisor": page("supervisor", "/admin/monitoring"),
        "for the wrong role": page("account_manager", "/admin/monitoring", 403),
    },
    "/admin/monitoring/:number": {
        "waits for somebody": page("operations", lambda world: world.open_case),
        "with data": page("operations", lambda world: world.taken_case),
        "bad POST": posted(
            "operations", lambda world: world.taken_case, "办结", to="/admin/monitoring/:number/decision", 原因=""),
        "for a supervisor": page("supervisor", lambda world: world.taken_case),
        "unknown": page("operations", "/admin/monitoring/RC00000000", 404),
    },
    "/admin/approvals/:number": {
        "with data": page("supervisor", lambda world: f"/admin/approvals/{world.waiting_opening}"),
        "for its own author": page("account_manager", lambda world: f"/admin/approvals/{world.waiting_opening}"),
        "decided": page("supervisor", lambda world: f"/admin/approvals/{world.returned_opening}"),
        "bad POST": posted(
            "supervisor", lambda world: f"/admin/approvals/{world.waiting_opening}", "退回",
            to="/admin/approvals/:number/return", 退回原因=""),
        "unknown": page("supervisor", "/admin/approvals/KH00000000", 404),
    },
    "/admin/reconciliation": {
        "with data": page("operations", "/admin/reconciliation", sees="清算日"),
        "empty": page("operations", "/admin/reconciliation?from=2090-01-01", sees="没有符合条件的清算日"),
        "bad address": page("operations", "/admin/reconciliation?from=2026-99-99", 422),
        "for the wrong role": page("account_manager", "/admin/reconciliation", 403),
    },
    "/admin/reconciliation/:day": {
        "with data": page("operations", lambda world: f"/admin/reconciliation/{world.settlement_day}?class=all"),
        "empty": page("operations", lambda world: f"/admin/reconciliation/{world.settlement_day}?class=duplicate",
                      sees="没有符合条件的明细"),
        "unknown": page("operations", "/admin/reconciliation/2090-01-01", 404),
    },
    "/admin/biller-statements": {
        "with data": page("operations", "/admin/biller-statements", sees="合计笔数"),
        "empty": page("operations", "/admin/biller-statements?from=2090-01-01", sees="没有符合条件的对账单"),
        "bad address": page("operations", "/admin/biller-statements?from=2026-99-99", 422),
        "for the wrong role": page("account_manager", "/admin/biller-statements", 403),
    },
    "/admin/differences": {
        "empty": page("operations", "/admin/differences?state=resolved&class=duplicate", sees="没有符合条件的差异"),
        "with data": lambda world: (world.open_difference, page("operations", "/admin/differences?state=open")(world))[-1],
        "bad address": page("operations", "/admin/differences?day=2026-99-99", 422),
    },
    "/admin/differences/:number": {
        "with data": page("operations", lambda world: world.open_difference),
        "for a reader": page("supervisor", lambda world: world.open_difference, sees="等待运营员提出处理意见"),
        "bad POST": posted(
            "operations", lambda world: world.open_difference, "提交复核", to="/admin/differences/:number/propose",
            处理依据="已与银行核实"),
        "proposed": page("supervisor", lambda world: world.proposed_difference),
        "own proposal": page("operations", lambda world: world.proposed_difference, sees="等待他人复核"),
        "sent back without a reason": posted(
            "supervisor", lambda world: world.proposed_difference, "退回", to="/admin/differences/:number/decide",
            退回原因=""),
        "unknown": page("operations", "/admin/differences/DF00000000", 404),
    },
    "/admin/openings/:number": {
        "with data": page("account_manager", lambda world: f"/admin/openings/{world.returned_opening}"),
        "bad POST": posted(
            "account_manager", lambda world: f"/admin/openings/{world.returned_opening}", "提交审核",
            to="/admin/openings/:number", 单位名称="", 户名=""),
        "unknown": page("account_manager", "/admin/openings/KH00000000", 404),
    },
}

# Pages of which there is no look "with data", and why.
WITHOUT_DATA = {
    "/": "says the same to everybody", "/activated": "says the same to everybody",
    "/login": "asks, and shows nothing", "/admin/login": "asks, and shows nothing",
    "/admin/enterprises/new": "asks, and shows nothing", "/admin/password": "asks, and shows nothing",
}
# Pages of which there is no look "empty", and why.
WITHOUT_EMPTY = {
    "/": "says the same to everybody", "/activated": "says the same to everybody", "/activation/:token": "of one operator",
    "/account/top-ups/:number": "of one order", "/account/top-ups/:number/bank": "of one order",
    "/account/bill-payments/:number": "of one order", "/account/withdrawals/:number": "of one order",
    "/admin/enterprises/:merchantNumber": "of one company", "/admin/approvals/:number": "of one case",
    "/admin/openings/:number": "of one case", "/admin/differences/:number": "of one case",
    "/admin/channels": "the channels are always there",
    "/admin/channels/:number": "of one channel",
    "/admin/orders/:number": "of one order",
    "/admin/enterprises/:merchantNumber/receivable": "of one company",
    "/admin/monitoring/:number": "of one case",
    "/admin/settlements/:number": "of one settlement",
}
# Forms that no look shows refused, and why.
NEVER_REFUSED = {
    "/admin/enterprises/:merchantNumber/receivable/propose": "offered to a company that owes only; the demo's owe nothing",
    "/admin/enterprises/:merchantNumber/receivable/decide": "offered to a company that owes only; the demo's owe nothing",
    "/logout": "asks for nothing", "/admin/logout": "asks for nothing",
    "/account/top-ups/:number/hand-off": "asks for nothing; what comes too late leads to the order",
    "/account/top-ups/:number/cancellation": "asks for nothing; what comes too late leads to the order",
    "/account/messages/reading": "asks for nothing", "/account/messages/:number/reading": "asks for nothing",
    "/account/withdrawals/:number/cancellation": "asks for nothing; what comes too late leads to the order",
    "/admin/monitoring/:number/owner": "asks for nothing; a case that has changed is shown as it is now",
    "/admin/monitoring/:number/hold": "a hold comes of withdrawals that came back twice, which takes days; page tests refuse it",
    "/admin/monitoring/:number/hold/approval": "asks for nothing; a proposal that has changed is shown as it is now",
    "/admin/monitoring/:number/hold/return": "a hold comes of withdrawals that came back twice, which takes days; page tests refuse it",
    "/admin/settlements/:number/proposal": "asks for nothing; a settlement that has changed is shown as it is now",
    "/admin/settlements/:number/approval": "asks for nothing; a settlement that has changed is shown as it is now",
    "/admin/settlements/:number/resolution": "offered where the bank has contradicted itself only; page tests refuse it",
    "/admin/approvals/:number/approval": "asks for nothing; a case that has changed is shown as it is now",
    "/admin/banks/:number/change/approval": "asks for nothing; a change that has been decided is shown as it is now",
    "/admin/channels/:number/approval": "asks for nothing; a change that has been decided is shown as it is now",
    "/admin/enterprises/:merchantNumber/activation-reissue/approval": "asks for nothing; a request that has changed is shown as it is now",
}


def without_money(world):
    """The confirmation of a bill payment that the balance does not cover."""
    person = world.newcomer
    person.query_bills("electricity", "CSPOWER", "4301007655")
    person.fill("缴费金额", "100.00")
    person.press("下一步")
    return person.path


# Answers that are no pages, with the beginning of their media type.
PLAIN = {
    "/health": ("visitor", "text/plain"), "/ready": ("visitor", "text/plain"),
    "/account/transactions/export.csv": ("clerk", "text/csv"),
    "/admin/reconciliation/export.csv": ("operations", "text/csv"),
    "/admin/reconciliation/:day/lines.csv": ("operations", "text/csv"),
    "/admin/biller-statements/export.csv": ("operations", "text/csv"),
    "/admin/differences/export.csv": ("operations", "text/csv"),
    "/account/reconciliation/export.csv": ("clerk", "text/csv"),
    "/admin/withdrawals/export.csv": ("operations", "text/csv"),
    "/admin/monitoring/export.csv": ("operations", "text/csv"),
    "/admin/settlements/:number/lines.csv": ("operations", "text/csv"),
}


def every_route_is_here(world):
    routes = world.installation.routes()
    pages = {path for method, path, audience in routes if method == "GET" and audience != "file"} - set(PLAIN)
    expect(pages == set(VISITS), f"not visited: {pages - set(VISITS)}; no longer there: {set(VISITS) - pages}")
    for look, excused in (("with data", WITHOUT_DATA), ("empty", WITHOUT_EMPTY)):
        missing = {path for path, visits in VISITS.items() if look not in visits}
        expect(missing == set(excused), f"without a look “{look}”: {missing}; excused: {set(excused)}")


def every_form_is_refused(world):
    """Each POST route that a form of ours leads to is seen refusing one, or stands in the table with the reason."""
    # What the bank sends comes from no form.
    forms = {path for method, path, audience in world.installation.routes() if method == "POST" and audience != "bank"}
    refused = {getattr(visit, "to", None) for visits in VISITS.values() for visit in visits.values()} - {None}
    missing = forms - refused
    expect(missing == set(NEVER_REFUSED), f"never refused: {missing}; excused: {set(NEVER_REFUSED)}")
    expect(refused <= forms, f"no routes of the site: {refused - forms}")


def files_and_machines(world):
    for method, path, audience in world.installation.routes():
        if method != "GET" or (audience != "file" and path not in PLAIN):
            continue
        role, media_type = PLAIN.get(path, ("visitor", ""))
        number = world.settlement.rsplit("/", 1)[-1] if "settlements" in path else ""
        answer = getattr(world, role).context.request.get(path.replace(":day", "2026-01-01").replace(":number", number))
        expect(answer.status == 200, f"{path} answered {answer.status}")
        expect(answer.headers["content-type"].startswith(media_type), f"{path} is {answer.headers['content-type']}")


def nobody_signed_in(world):
    """Pages of clerks and staff lead strangers to their sign-in page; addresses of machines and strangers do not."""
    stranger = world.person()
    for method, path, audience in world.installation.routes():
        if method != "GET" or not audience.startswith(("clerk", "staff")):
            continue
        stranger.page.goto(path.replace(":number", "TP1").replace(":merchantNumber", "M1").replace(":day", "2026-01-01"))
        wanted = "/login" if audience == "clerk" else "/admin/login"
        expect(stranger.path.split("?")[0] == wanted, f"{path} led a stranger to {stranger.path}")
    stranger.close()


def look(path, name, visit):
    def test(world):
        person = visit(world)
        world.picture(person, f"{path.strip('/').replace('/', '-').replace(':', '') or 'home'}-{name}".replace(" ", "_"))
        check_page(person.page, f"{path}, {name}")
    return f"{path}, {name}", test


def tests():
    """All visits as (sentence, test)."""
    first = [
        ("Every GET route of `portal routes` is visited, with data and empty", every_route_is_here),
        ("Every form is seen refused", every_form_is_refused),
        ("Files and answers for machines are there", files_and_machines),
        ("Strangers are led to the sign-in page", nobody_signed_in),
    ]
    return first + [look(path, name, visit) for path, visits in VISITS.items() for name, visit in visits.items()]
