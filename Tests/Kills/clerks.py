"""Clerks at work: each goes round the circle until told to stop, and keeps every number it was given."""

import random
import re
import threading
import time

from opening import site_of_portal
from web import Site, Unexpected

# Item, biller and first digits of its customer numbers, how many digits they have, and whether one types an amount.
BILLERS = (
    ("water", "CSWATER", "1", 8), ("electricity", "CSPOWER", "43", 10), ("cable-tv", "CSCABLE", "731", 9),
    ("gas", "CSGAS1", "21", 10), ("gas", "CSGAS2", "6", 8),
)
# Last digits that make a biller misbehave: amount changed, slow, answer lost, written off late, refused, not written off,
# not written off late.
MISBEHAVING = ("002", "003", "005", "006", "007", "008", "009")


class Clerk(threading.Thread):
    """One person with one browser."""

    def __init__(self, number, login, installation, tally, seed, stop):
        super().__init__(name=f"clerk {number}", daemon=True)
        self.login = login
        self.tally = tally
        self.stop = stop
        self.random = random.Random(seed)
        self.site = site_of_portal(installation, tally)
        self.bank = Site(installation.sandbox_port, f"localhost:{installation.sandbox_port}", tally)
        # Every 303 for an order of money: kind, number, amount in fen where the clerk chose it, and the command.
        self.receipts = []
        # Top-ups that this clerk has paid on the bank's page, with the amount.
        self.paid_at_bank = {}
        self.faults = []

    # The day's work.

    def run(self):
        try:
            self.sign_in()
            self.top_up(yuan=self.random.randrange(20_000, 60_000), decision="pay")
        except Exception as error:
            self.note(error)
        works = (self.top_up, self.pay_bill, self.withdraw, self.look, self.sign_in_again)
        while not self.stop.is_set():
            work = self.random.choices(works, weights=(34, 44, 14, 6, 2))[0]
            try:
                work()
            except Exception as error:
                self.note(error)
                time.sleep(0.5)
        self.site.close()
        self.bank.close()

    def note(self, error):
        text = str(error) if isinstance(error, Unexpected) else f"{type(error).__name__}: {error}"
        self.faults.append(f"{self.name}: {text}")

    def sign_in(self):
        form = self.site.get("/login").expect(200).form("/login")
        self.site.submit(form, login=self.login["loginId"], password=self.login["password"]).expect(303)

    def sign_in_again(self):
        # Its answer may be lost after the session has ended: the same request then leads to the sign-in page.
        self.site.submit(self.site.get("/account").expect(200).form("/logout")).expect(303)
        self.sign_in()
        self.tally.add("signed in again")

    def look(self):
        for page in ("/account", "/account/transactions"):
            self.site.get(page).expect(200)

    def receipt(self, answer, kind, prefix, amount, command):
        """Keeps the number that a 303 leads to."""
        match = re.fullmatch(rf"/account/{kind}/({prefix}[0-9A-Z]+)", answer.location or "")
        if not match:
            raise Unexpected(f"POST {answer.path} led to {answer.location}")
        self.receipts.append((prefix, match[1], amount, command))
        self.tally.add(f"{kind} ordered")
        return match[1]

    # 充值

    def top_up(self, yuan=None, decision=None):
        fen = yuan * 100 if yuan else self.random.randrange(100_00, 9_000_00)
        decision = decision or self.random.choices(
            ("pay", "abandon", "leave the bank", "never go", "cancel"), weights=(76, 7, 7, 6, 4))[0]
        form = self.site.get("/account/top-ups/new").expect(200).form("/account/top-ups")
        fields = {"amount": f"{fen // 100}.{fen % 100:02}", "bank": "CCB"}
        answer = self.site.submit(form, **fields).expect(303, 422)
        if answer.status == 422:
            # By chance the company has an open top-up of the same amount: the page asks whether to order one more.
            form = answer.form("/account/top-ups")
            answer = self.site.submit(form, **fields).expect(303)
        number = self.receipt(answer, "top-ups", "TP", fen, dict(form.fields)["command"])
        page = self.site.get(answer.location).expect(200)
        if decision == "never go":
            return
        if decision == "cancel":
            self.site.post(f"/account/top-ups/{number}/cancellation", page.form("/hand-off").fields).expect(303)
            return
        bank_page = self.go_to_bank(page)
        if bank_page is None or decision == "leave the bank":
            return
        self.decide(bank_page, number, fen, decision)
        if self.random.random() < 0.3:
            self.site.get(answer.location).expect(200)

    def go_to_bank(self, page):
        """The hand-off and the bank's page. Nobody gives up on the way: the bank knows every order handed over."""
        answer = self.site.submit(page.form("/hand-off")).expect(303)
        if not answer.location.endswith("/bank"):
            return None
        form = self.site.get(answer.location).expect(200).form("/gateway/api/frontTransReq.do")
        return self.bank.submit(form).expect(200)

    def decide(self, bank_page, number, fen, decision):
        form = bank_page.form("/bank/payments")
        result = self.bank.submit(form, decision=decision).expect(200)
        if decision == "pay":
            self.paid_at_bank[number] = fen
            self.tally.add("top-ups paid at the bank")
        # The bank sends the browser back, to a page that needs no session.
        self.site.submit(result.forms()[0]).expect(200)

    # 对公消费

    def pay_bill(self):
        item, biller, start, length = self.random.choice(BILLERS)
        form = self.site.get(
            f"/account/bill-payments/new?city=430100&item={item}&biller={biller}").expect(200).form("/bill-queries")
        answer = self.site.submit(
            form, city="430100", item=item, biller=biller,
            customerNumber=self.customer_number(start, length)).expect(303)
        bills = self.site.get(answer.location).expect(200)
        form = bills.form("/account/bill-payments/new")
        if form is None:
            self.tally.add("bill queries with nothing to pay")
            return
        values = {}
        if biller == "CSPOWER":
            fen = self.random.randrange(10_00, 600_00)
            values["amount"] = f"{fen // 100}.{fen % 100:02}"
        else:
            fen = None
        ticked = [value for name, value in form.fields if name == "bill"]
        if biller == "CSCABLE":
            values["bill"] = ticked[:self.random.randrange(1, 4)]
        confirmation = self.site.submit(form, **values).expect(200)
        form = confirmation.form("/account/bill-payments")
        if form is None:
            self.tally.add("bills that the balance was short for")
            self.top_up(yuan=self.random.randrange(2_000, 9_000), decision="pay")
            return
        answer = self.site.submit(form, paymentPassword=self.login["paymentPassword"]).expect(303, 422)
        if answer.status == 303:
            number = self.receipt(answer, "bill-payments", "BP", fen, dict(form.fields)["command"])
            self.site.get(f"/account/bill-payments/{number}").expect(200)
        else:
            self.refused(answer, ("已有一笔缴费在处理中", "可用余额不足"))

    def customer_number(self, start, length):
        """Half of the bills are wanted by several clerks at once."""
        digits = length - len(start)
        chance = self.random.random()
        if chance < 0.45:
            return start + str(self.random.randrange(10, 40)).rjust(digits, "7")
        fresh = start + "".join(self.random.choices("123456789", k=digits))
        if chance < 0.65:
            return fresh[:-3] + self.random.choice(MISBEHAVING)
        return fresh

    # 结算

    def withdraw(self):
        page = self.site.get("/account/withdrawals/new").expect(200)
        match = re.search(r"可提金额</dt><dd>\D*([\d,]+)\.(\d\d)", page.text)
        available = int(match[1].replace(",", "") + match[2]) if match else 0
        if page.form("/account/withdrawals/new") is None or available < 100_00:
            self.tally.add("withdrawals that the balance was short for")
            return
        fen = self.random.randrange(1_00, available // 4)
        confirmation = self.site.get(
            f"/account/withdrawals/new?amount={fen // 100}.{fen % 100:02}").expect(200, 422)
        form = confirmation.form("/account/withdrawals")
        if form is None:
            self.refused(confirmation, ("可用余额",))
            return
        answer = self.site.submit(form, paymentPassword=self.login["paymentPassword"]).expect(303, 422)
        if answer.status == 422:
            self.refused(answer, ("可用余额",))
            return
        number = self.receipt(answer, "withdrawals", "WD", fen, dict(form.fields)["command"])
        shown = self.site.get(f"/account/withdrawals/{number}").expect(200)
        cancellation = shown.form("/cancellation")
        if cancellation and self.random.random() < 0.3:
            self.site.submit(cancellation).expect(303)

    def refused(self, answer, sentences):
        """A 422 is fine where its page says why."""
        for sentence in sentences:
            if sentence in answer.text:
                self.tally.add(f"refused: {sentence}")
                return
        text = re.sub(r"<[^>]+>|\s+", " ", answer.text)
        raise Unexpected(f"{answer.method} {answer.path} answered {answer.status}: {text[:600]}")
