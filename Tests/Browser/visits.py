"""Every page of `portal routes`: with data, empty and after a bad POST, at 1280 and 320 pixels, with axe."""

import functools

from checks import check_page, expect

BILL_FORM = {"city": "430100", "item": "water", "biller": "CSWATER"}


def page(role, address, status=200):
    """Opens an address; it may depend on the world."""
    def visit(world):
        person = getattr(world, role)
        person.open(address(world) if callable(address) else address, status)
        return person
    return visit


def posted(role, address, button, status=422, prepare=None, **fields):
    """Fills some fields of a page, presses a button, and expects the page to come back with the fault."""
    def visit(world):
        person = getattr(world, role)
        person.open(address(world) if callable(address) else address)
        if prepare:
            prepare(person)
        for label, value in fields.items():
            person.fill(label, value)
        found = person.press(button)
        expect(found == status, f"{button} on {address} answered {found}, not {status}")
        expect(person.page.title().startswith("错误："), f"the title of a refused form is “{person.page.title()}”")
        return person
    return visit


def choose_water(number):
    def prepare(person):
        for name, value in BILL_FORM.items():
            person.page.locator(f"[name={name}]").select_option(value)
        person.page.locator("[name=customerNumber]").fill(number)
    return prepare


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


def foreign(kind):
    """The address of another company's order."""
    return page("newcomer", lambda world: world.order_address(kind), 404)


# For each route: what is looked at. A route of the site that is not here fails the first test.
VISITS = {
    "/": {"signed out": page("visitor", "/"), "signed in": page("clerk", "/")},
    "/login": {
        "empty": page("visitor", "/login"),
        "on the way to a page": page("visitor", "/account/transactions"),
        "bad POST": posted("visitor", "/login", "登录", 422, 登录ID="", 登录密码=""),
        "wrong password": posted("visitor", "/login", "登录", 422, 登录ID="nobody.here", 登录密码="not the password"),
    },
    "/activation/:token": {
        "with data": page("visitor", lambda world: world.activation_address),
        "used or wrong": page("visitor", "/activation/" + "A" * 43, 410),
        "bad POST": posted(
            "visitor", lambda world: world.activation_address, "激活", 登录密码="12345678", 再次输入登录密码="12345679",
            支付密码="", 再次输入支付密码=""),
    },
    "/activated": {"as it is": page("visitor", "/activated")},
    "/account": {"with data": page("clerk", "/account"), "empty": page("newcomer", "/account")},
    "/account/top-ups/new": {
        "with data": page("clerk", "/account/top-ups/new"),
        "empty": page("newcomer", "/account/top-ups/new"),
        "bad POST": posted("clerk", "/account/top-ups/new", "下一步", 充值金额="一百元"),
    },
    "/account/top-ups/:number": {
        "with data": page("clerk", lambda world: world.order_address("top-ups")),
        "of another company": foreign("top-ups"),
    },
    "/account/bill-payments/new": {
        "with data": page("clerk", "/account/bill-payments/new"),
        "empty": page("newcomer", "/account/bill-payments/new"),
        "bad POST": posted("clerk", "/account/bill-payments/new", "查询账单", 户号=""),
        "bad number": posted(
            "clerk", "/account/bill-payments/new", "查询账单", prepare=choose_water("10"), 户号="1"),
        "bills to be paid whole": page("clerk", bills("water", "CSWATER", "10077654")),
        "periods to choose": page("clerk", bills("cable-tv", "CSCABLE", "731077654")),
        "free amount": page("clerk", bills("electricity", "CSPOWER", "4301007654")),
        "no debt": page("clerk", bills("water", "CSWATER", "10077001")),
        "no such customer": page("clerk", bills("water", "CSWATER", "10077000")),
        "biller out of order": page("clerk", bills("water", "CSWATER", "10077004")),
        "bad amount": posted(
            "clerk", bills("electricity", "CSPOWER", "4301007654"), "下一步", 缴费金额="1.234"),
        "confirmation": page("clerk", confirmation),
        "confirmation without money": page("newcomer", lambda world: without_money(world)),
        "wrong payment password": posted("clerk", confirmation, "确认支付", 支付密码="not the password"),
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
            "clerk", "/account/withdrawals/new?amount=100.00", "确认提现", 支付密码="not the password"),
    },
    "/account/withdrawals/:number": {
        "with data": page("clerk", lambda world: world.order_address("withdrawals")),
        "of another company": foreign("withdrawals"),
    },
    "/account/transactions": {
        "with data": page("clerk", "/account/transactions"),
        "nothing found": page("clerk", "/account/transactions?order=TP1"),
        "empty": page("newcomer", "/account/transactions"),
        "bad address": page("clerk", "/account/transactions?from=2026-99-99", 422),
    },
    "/bank-return/:number": {
        "with data": page("visitor", lambda world: "/bank-return/" + world.order_address("top-ups").split("/")[-1]),
        "unknown": page("visitor", "/bank-return/TP1"),
    },
    "/admin/login": {
        "empty": page("visitor", "/admin/login"),
        "bad POST": posted("visitor", "/admin/login", "登录", 422, 工号="", 密码=""),
    },
    "/admin": {
        "empty": page("operations", "/admin"),
        "with data": lambda world: (world.waiting_opening, world.returned_opening, page("account_manager", "/admin")(world))[-1],
        "of a supervisor": page("supervisor", "/admin"),
    },
    "/admin/enterprises": {
        "with data": page("account_manager", "/admin/enterprises"),
        "nothing found": page("account_manager", "/admin/enterprises?q=nobody"),
        "for the wrong audience": page("visitor", "/admin/enterprises"),
    },
    "/admin/enterprises/new": {
        "empty": page("account_manager", "/admin/enterprises/new"),
        "bad POST": posted("account_manager", "/admin/enterprises/new", "提交审核", 单位名称="无名公司", 户名="别的公司"),
        "for the wrong role": page("supervisor", "/admin/enterprises/new", 403),
    },
    "/admin/enterprises/:merchantNumber": {
        "with data": page("supervisor", own_merchant),
        "account to be checked": page("operations", lambda world: world.unverified_enterprise),
        "waits for another's check": page("supervisor", lambda world: world.unverified_enterprise),
        "bad POST": posted("operations", lambda world: world.unverified_enterprise, "提交人工核实", 核实依据=""),
        "unknown": page("supervisor", "/admin/enterprises/M00000000000000", 404),
    },
    "/admin/bank-messages": {
        "empty": page("operations", "/admin/bank-messages"),
        "with data": lambda world: (world.forged_notification(), page("operations", "/admin/bank-messages")(world))[-1],
        "for the wrong role": page("account_manager", "/admin/bank-messages", 403),
    },
    "/admin/approvals": {
        "with data": lambda world: (world.waiting_opening, page("supervisor", "/admin/approvals")(world))[-1],
    },
    "/admin/approvals/:number": {
        "with data": page("supervisor", lambda world: f"/admin/approvals/{world.waiting_opening}"),
        "for its own author": page("account_manager", lambda world: f"/admin/approvals/{world.waiting_opening}"),
        "decided": page("supervisor", lambda world: f"/admin/approvals/{world.returned_opening}"),
        "bad POST": posted("supervisor", lambda world: f"/admin/approvals/{world.waiting_opening}", "退回", 退回原因=""),
        "unknown": page("supervisor", "/admin/approvals/KH00000000", 404),
    },
    "/admin/openings/:number": {
        "with data": page("account_manager", lambda world: f"/admin/openings/{world.returned_opening}"),
        "bad POST": posted(
            "account_manager", lambda world: f"/admin/openings/{world.returned_opening}", "提交审核", 单位名称="", 户名=""),
        "unknown": page("account_manager", "/admin/openings/KH00000000", 404),
    },
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
}


def every_route_is_here(world):
    known = set(VISITS) | set(PLAIN)
    missing = [path for method, path, audience in world.installation.routes()
               if method == "GET" and audience != "file" and path not in known]
    expect(not missing, f"these routes are not visited: {', '.join(missing)}")


def nothing_waits(world):
    """待审核 before anybody has submitted anything."""
    world.supervisor.open("/admin/approvals")
    world.supervisor.sees("没有待审核的申请")
    world.picture(world.supervisor, "admin-approvals-empty")
    check_page(world.supervisor.page, "/admin/approvals, empty")


def files_and_machines(world):
    for method, path, audience in world.installation.routes():
        if method != "GET" or (audience != "file" and path not in PLAIN):
            continue
        role, media_type = PLAIN.get(path, ("visitor", ""))
        answer = getattr(world, role).context.request.get(path)
        expect(answer.status == 200, f"{path} answered {answer.status}")
        expect(answer.headers["content-type"].startswith(media_type), f"{path} is {answer.headers['content-type']}")


def nobody_signed_in(world):
    """Pages of clerks and staff lead strangers to their sign-in page; addresses of machines and strangers do not."""
    stranger = world.person()
    for method, path, audience in world.installation.routes():
        if method != "GET" or not audience.startswith(("clerk", "staff")):
            continue
        stranger.page.goto(path.replace(":number", "TP1").replace(":merchantNumber", "M1"))
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
        ("Every GET route of `portal routes` is visited", every_route_is_here),
        ("Files and answers for machines are there", files_and_machines),
        ("Strangers are led to the sign-in page", nobody_signed_in),
        ("/admin/approvals, empty", nothing_waits),
    ]
    return first + [look(path, name, visit) for path, visits in VISITS.items() for name, visit in visits.items()]
