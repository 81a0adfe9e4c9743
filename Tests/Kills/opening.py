"""Companies opened as people do it: 开户 by the account manager, 通过 by the supervisor, activation on the phone, and two
people's word for the account that payouts go to."""

import re
import time

from web import Site, Unexpected

# What the bank does with a payout, by the last digits of the account: arrives, refused after acceptance, answer lost,
# answer unclear, refused at once.
ACCOUNT_TAILS = ("7101", "7102", "0002", "0004", "0005", "0001")


def staff_member(installation, tally, login):
    """A member of staff who has signed in."""
    site = site_of_portal(installation, tally)
    form = site.get("/admin/login").expect(200).form("/admin/login")
    site.submit(form, login=login["loginId"], password=login["password"]).expect(303)
    return site


def site_of_portal(installation, tally):
    return Site(installation.portal_port, f"127.0.0.1:{installation.portal_port}", tally)


def open_companies(installation, tally, random):
    """Opens a company for each of the accounts above; gives the clerks' logins."""
    logins = {login["role"]: login for login in installation.logins() if login["role"] != "clerk"}
    manager, supervisor, operations = (
        staff_member(installation, tally, logins[role]) for role in ("account_manager", "supervisor", "operations"))
    clerks = []
    for number, tail in enumerate(ACCOUNT_TAILS, start=1):
        clerk = {
            "loginId": f"kills.clerk{number}", "password": f"浏阳河 {random.randrange(10 ** 9):09}",
            "paymentPassword": f"湘江北去 {random.randrange(10 ** 9):09}"}
        mobile = f"138000004{number:02}"
        opening = manager.get("/admin/enterprises/new").expect(200)
        name = f"长沙并发示例第{number}有限公司"
        submitted = manager.submit(
            opening.form("/admin/enterprises"), enterpriseName=name,
            creditCode=credit_code(f"91430100MAK11L{number:02}0"), legalRepresentative="欧阳建国",
            operatorName="王小明", operatorMobile=mobile, cityCode="430100", internetBankingBank="CCB",
            accountBank="CCB", lineNumber="105551000012", accountNumber=f"4305017836080000{tail}", holderName=name,
            loginID=clerk["loginId"]).expect(303)
        granted = supervisor.submit(supervisor.get(submitted.location).expect(200).form("/approval")).expect(303)
        link = re.search(r'href="(/admin/enterprises/(M\d+))"', supervisor.get(granted.location).expect(200).text)
        company, clerk["merchantNumber"] = link[1], link[2]
        check = operations.get(company).expect(200).form("/account-check")
        operations.submit(check, reason="开户许可证与账户信息一致").expect(303)
        confirmation = supervisor.get(company).expect(200).form("/account-check/approval")
        supervisor.submit(confirmation).expect(303)
        activate(installation, tally, clerk, mobile)
        clerks.append(clerk)
    return clerks


def activate(installation, tally, clerk, mobile):
    """Follows the link in the message on the operator's phone and sets both passwords."""
    site = site_of_portal(installation, tally)
    form = site.get(activation_link(installation, mobile)).expect(200).forms()[0]
    site.submit(
        form, loginPassword=clerk["password"], loginPasswordAgain=clerk["password"],
        paymentPassword=clerk["paymentPassword"], paymentPasswordAgain=clerk["paymentPassword"]).expect(303)


def activation_link(installation, mobile):
    for _ in range(200):
        for message in installation.messages(mobile):
            match = re.search(r"/activation/[\w-]+", message["text"])
            if match:
                return match[0]
        time.sleep(0.05)
    raise Unexpected(f"no activation link came to {mobile}")


def credit_code(body):
    """The code with its check character, GB 32100-2015."""
    symbols = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total, weight = 0, 1
    for character in body:
        total += symbols.index(character) * weight
        weight = weight * 3 % 31
    return body + symbols[(31 - total % 31) % 31]
