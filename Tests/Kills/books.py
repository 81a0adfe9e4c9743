"""What has to be true when the storm is over. Each test gives a list of faults, each in a sentence."""

import collections


class Afterwards:
    """Everything there is to compare: the database, the books outside, and what the clerks were told."""

    def __init__(self, installation, clerks, first_order):
        self.books = installation.books()
        self.installation = installation
        self.receipts = [receipt for clerk in clerks for receipt in clerk.receipts]
        self.paid_at_bank = {number: fen for clerk in clerks for number, fen in clerk.paid_at_bank.items()}
        self.first_order = first_order
        self.orders = {
            number: Order(kind, number, state, write_off, is_final == "t", int(amount), int(row), serial, biller, bills)
            for kind, number, state, write_off, is_final, amount, row, serial, biller, bills in installation.query("""
                SELECT o.kind, o.number, o.state, o.write_off, o.is_final, o.amount, o.id,
                    coalesce(t.bank_serial, w.bank_serial, p.biller_serial, ''), coalesce(p.biller_code, ''),
                    coalesce((SELECT string_agg(b ->> 'billNumber', ',') FROM jsonb_array_elements(p.bills) b), '')
                FROM orders o LEFT JOIN top_ups t ON t.order_id = o.id LEFT JOIN withdrawals w ON w.order_id = o.id
                LEFT JOIN bill_payments p ON p.order_id = o.id ORDER BY o.id""")}

    def of_kind(self, kind):
        return [order for order in self.orders.values() if order.kind == kind]

    def counts(self):
        """How many of the orders of this run ended in which state."""
        return collections.Counter(
            (order.kind, order.status) for order in self.orders.values() if order.row > self.first_order)

    def interruptions(self):
        """What the kills and faults did to orders, as their events tell it."""
        (found, unanswered, resent), = self.installation.query(f"""
            SELECT count(*) FILTER (WHERE event = 'noAnswer' AND note = 'restarted while sending'),
                count(*) FILTER (WHERE event = 'noAnswer' AND note <> 'restarted while sending'),
                count(*) FILTER (WHERE event = 'resent')
            FROM order_events WHERE order_id > {self.first_order}""")
        return [
            ("a worker found an order that its predecessor was just sending", int(found)),
            ("bank or biller gave no clear answer", int(unanswered)),
            ("bank or biller did not know an order, and it was sent again", int(resent))]

    # The tests.

    def receipts_are_kept(self):
        """every order number that a client got by 303 is in the database, with the amount ordered"""
        kinds = {"TP": "topUp", "BP": "billPayment", "WD": "withdrawal"}
        for prefix, number, amount, _ in self.receipts:
            order = self.orders.get(number)
            if order is None:
                yield f"{number} is not in the database"
            elif order.kind != kinds[prefix] or amount not in (None, order.amount):
                yield f"{number} is a {order.kind} of {order.amount} fen and was ordered as {prefix} of {amount}"

    def commands_count_once(self):
        """every form was carried out once, however often it was sent, and every order was told to its clerk"""
        numbers = collections.defaultdict(set)
        for _, number, _, command in self.receipts:
            numbers[command].add(number)
        for command, several in numbers.items():
            if len(several) > 1:
                yield f"the command {command} led to {sorted(several)}"
        told = {number for _, number, _, _ in self.receipts}
        for order in self.orders.values():
            if order.row > self.first_order and order.number not in told:
                yield f"nobody was told of {order.number}, {order.kind} {order.status}"

    def everything_is_final(self):
        """every order is final ten minutes later"""
        for order in self.orders.values():
            if not order.is_final:
                events = self.installation.query(
                    "SELECT string_agg(e.event || ' ' || e.note, ', ' ORDER BY e.sequence) || '; due ' || coalesce("
                    "(SELECT due_at::text FROM jobs j WHERE j.kind = o.kind AND j.subject_id = o.id), 'never') "
                    "FROM orders o JOIN order_events e ON e.order_id = o.id "
                    f"WHERE o.id = {order.row} GROUP BY o.id, o.kind")
                yield f"{order.number} is {order.status}: {events[0][0]}"

    def bank_has_our_top_ups(self):
        """the top-ups paid in the bank's book are the ones credited in ours, fen by fen and serial by serial"""
        theirs = {
            payment["orderId"]: (payment["amount"], payment["queryId"])
            for payment in self.books["bank"]["payments"] if payment["state"] == "paid"}
        ours = {
            order.number: (order.amount, order.serial) for order in self.of_kind("topUp") if order.state == "credited"}
        yield from differences(theirs, ours, "the bank's book", "ours")
        for number, fen in self.paid_at_bank.items():
            if theirs.get(number, (0,))[0] != fen:
                yield f"{number} was paid on the bank's page with {fen} fen, and its book has {theirs.get(number)}"

    def bank_has_our_payouts(self):
        """the payouts in the bank's book are our withdrawals, paid or refused, fen by fen"""
        theirs = {
            payout["orderId"]: (payout["state"], payout["amount"]) for payout in self.books["bank"]["payouts"]}
        ours = {
            order.number: (order.state, order.amount) for order in self.of_kind("withdrawal")
            if order.state == "paid" or (order.state == "refused" and order.number in theirs)}
        yield from differences(theirs, ours, "the bank's book", "ours")

    def billers_have_our_payments(self):
        """each biller's payments, written off or not, are ours, fen by fen"""
        names = {
            ("paid", "writtenOff"): "writtenOff", ("paid", "failed"): "writeOffFailed", ("refused", "none"): "refused"}
        for biller, book in sorted(self.books["billers"].items()):
            theirs = {
                payment["paymentNumber"]: (payment["status"], payment["amount"], payment.get("serial") or "")
                for payment in book["payments"]}
            ours = {
                order.number: (names[order.state, order.write_off], order.amount, order.serial)
                for order in self.of_kind("billPayment")
                if order.biller == biller and (order.state, order.write_off) in names}
            yield from differences(theirs, ours, f"the book of {biller}", "ours")

    def ledger_agrees(self):
        """the ledger's accounts with bank and billers hold the sums of the books outside, and nothing is in transit"""
        expected = {
            ("bankClearing", "unionpay-b2b"): self.books["bank"]["paymentsPaid"],
            ("bankClearing", "unionpay-payout"): -self.books["bank"]["payoutsPaid"]}
        for biller, book in self.books["billers"].items():
            expected["billerPayable", biller] = -book["writtenOff"]
        held = {
            (account, owner): int(balance)
            for account, owner, balance in self.installation.query(
                "SELECT account, owner, balance FROM platform_balances WHERE balance <> 0")}
        expected = {key: total for key, total in expected.items() if total}
        yield from differences(expected, held, "the books outside", "the ledger")

    def bills_are_paid_once(self):
        """no bill was paid twice, in the billers' books and in ours"""
        for biller, book in self.books["billers"].items():
            for bill, payments in book["bills"].items():
                if len(payments) != 1:
                    yield f"{biller} has {payments} for the bill {bill}"
        paid = collections.Counter(
            (order.biller, bill) for order in self.of_kind("billPayment")
            if order.state == "paid" and order.write_off == "writtenOff" for bill in order.bills)
        for (biller, bill), count in paid.items():
            if count > 1:
                yield f"we paid the bill {bill} of {biller} {count} times"

    def nothing_is_left(self):
        """no job is due, no bill is claimed, and no message of the bank was refused"""
        offset = self.installation.clock_offset
        for kind, subject in self.installation.query(
                f"SELECT kind, subject_id FROM jobs WHERE due_at <= now() + interval '{offset} seconds'"):
            yield f"the job {kind} {subject} is due"
        for row in self.installation.query(
                "SELECT b.bill_number, o.number FROM open_bills b JOIN orders o ON o.id = b.order_id"):
            yield f"the bill {row[0]} is still claimed by {row[1]}"
        for row in self.installation.query("SELECT id, problem, content FROM bank_messages WHERE problem IS NOT NULL"):
            yield f"the bank's message {row[0]} was refused: {row[1]} {row[2][:300]}"
        for row in self.installation.query(
                "SELECT w.kind, w.detail, o.number FROM work_items w LEFT JOIN orders o ON o.id = w.order_id"):
            yield f"somebody has to look at {row[2]}: {row[0]} {row[1]}"

    def check_is_clean(self):
        """`portal check` finds nothing"""
        answer = self.installation.command("check")
        if answer.returncode != 0:
            yield f"it ended with {answer.returncode}:\n{answer.stdout}{answer.stderr[-2000:]}"

    def tests(self):
        return [
            self.receipts_are_kept, self.commands_count_once, self.everything_is_final, self.bank_has_our_top_ups,
            self.bank_has_our_payouts, self.billers_have_our_payments, self.ledger_agrees, self.bills_are_paid_once,
            self.nothing_is_left, self.check_is_clean]


class Order:
    """An order as the database has it."""

    def __init__(self, kind, number, state, write_off, is_final, amount, row, serial, biller, bills):
        self.kind = kind
        self.number = number
        self.state = state
        self.write_off = write_off
        self.is_final = is_final
        self.amount = amount
        self.row = row
        self.serial = serial
        self.biller = biller
        self.bills = bills.split(",") if bills else []

    @property
    def status(self):
        return self.state if self.write_off == "none" else f"{self.state}, {self.write_off}"


def differences(theirs, ours, their_name, our_name):
    """What is in one book and not, or otherwise, in the other."""
    for key in sorted(theirs.keys() | ours.keys(), key=str):
        if theirs.get(key) != ours.get(key):
            yield f"{key}: {their_name} has {theirs.get(key)}, {our_name} {ours.get(key)}"
