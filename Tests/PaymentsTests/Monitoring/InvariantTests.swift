import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Invariants of the books")
struct InvariantTests {
    /// What is damaged, as only the owner of the tables can, and what the check must then say.
    struct Damage: Sendable, CustomStringConvertible {
        let invariant: String
        let what: String
        /// Selects, before the damage, the name of the one row that is to be named.
        let subject: SQL
        let statements: [SQL]
        /// Other invariants that the same damage breaks by their nature.
        var others: Set<String> = []
        /// Whether nothing but the damaged row is named.
        var isNamedAlone = true
        var description: String { "\(invariant), \(what)" }
    }

    private static let entry: SQL =
        "SELECT 'entry ' || min(id) AS subject FROM journal_entries WHERE code = 'P01'"
    private static let available: SQL = """
        SELECT 'account enterpriseAvailable of enterprise ' || min(enterprise_id) AS subject FROM enterprise_accounts
        """

    private static let checkpoint: SQL =
        "SELECT 'checkpoint ' || max(id) || ' of bankClearing unionpay-b2b' AS subject FROM journal_entries"
    /// A checkpoint of all there is, as `close_checkpoint` makes it.
    private static let close: SQL = """
        INSERT INTO account_checkpoints (account, owner, through_entry, balance, closed_at)
        SELECT account, owner, (SELECT max(id) FROM journal_entries), sum(amount), max(booked_at)
        FROM postings WHERE account_version IS NULL GROUP BY 1, 2
        """

    /// A statement of one payment of a biller.
    private static let statement: SQL = """
        INSERT INTO biller_statements (biller_code, day, digest, accepted_at, stated_count, stated_sum)
        VALUES ('EXACT', '2026-11-22', sha256(''), '2026-11-23 10:00:00+08', 1, 5)
        """

    static let damages = [
        Damage(
            invariant: "I1", what: "an event that the order never had", subject: entry,
            statements: [
                "UPDATE journal_entries SET event = 'answerUnclear' WHERE id = (SELECT min(id) FROM journal_entries)"
            ]),
        Damage(
            invariant: "I1", what: "lines that do not sum to zero", subject: entry,
            statements: [
                """
                UPDATE postings SET amount = amount + 1
                WHERE account = 'bankClearing' AND entry_id = (SELECT min(id) FROM journal_entries)
                """
            ], others: ["I3"]),
        Damage(
            invariant: "I1", what: "a claim that is gone", subject: entry,
            statements: [
                """
                DELETE FROM journal_claims WHERE source_id =
                    (SELECT source_id FROM journal_entries ORDER BY id LIMIT 1) AND event = 'paidConfirmed'
                """
            ]),
        Damage(
            invariant: "I1", what: "money of another enterprise's order", subject: entry,
            statements: [
                """
                INSERT INTO enterprises (
                    merchant_number, name, credit_code, legal_representative, city_code, internet_banking_bank,
                    opened_at)
                SELECT 'M99000000000000', name, '91430100MA4ANTHER0', legal_representative, city_code,
                    internet_banking_bank, opened_at
                FROM enterprises
                """,
                """
                UPDATE orders SET enterprise_id = (SELECT max(id) FROM enterprises)
                WHERE id = (SELECT source_id FROM journal_entries ORDER BY id LIMIT 1)
                """,
            ]),
        Damage(
            invariant: "I2", what: "a version without a posting", subject: available,
            statements: [
                "UPDATE enterprise_accounts SET version = version + 1 WHERE account = 'enterpriseAvailable'"
            ]),
        Damage(
            invariant: "I2", what: "a stored balance", subject: available,
            statements: [
                "UPDATE enterprise_accounts SET balance = balance + 1 WHERE account = 'enterpriseAvailable'"
            ]),
        Damage(
            invariant: "I2", what: "a link of the chain", subject: available,
            statements: [
                """
                UPDATE postings SET balance_after = balance_after + 1 WHERE account = 'enterpriseAvailable'
                    AND account_version = (SELECT max(account_version) FROM postings WHERE account = 'enterpriseAvailable')
                """
            ]),
        Damage(
            invariant: "I2", what: "what the statement says was spent",
            subject: "SELECT 'entry ' || max(id) AS subject FROM journal_entries",
            statements: [
                """
                UPDATE journal_entries SET enterprise_change = enterprise_change + 1
                WHERE id = (SELECT max(id) FROM journal_entries)
                """
            ]),
        Damage(
            invariant: "I2", what: "a checkpoint", subject: checkpoint,
            statements: [
                close,
                "UPDATE account_checkpoints SET balance = balance + 1 WHERE owner = 'unionpay-b2b'",
            ]),
        Damage(
            invariant: "I2", what: "a checkpoint that leaves an account out", subject: checkpoint,
            statements: [close, "DELETE FROM account_checkpoints WHERE owner = 'unionpay-b2b'"]),
        Damage(
            invariant: "I3", what: "whose money it has become",
            subject: "SELECT 'order ' || number AS subject FROM orders WHERE kind = 'billPayment'",
            statements: ["UPDATE postings SET owner = 'PERIODS' WHERE account = 'billerPayable'"],
            others: ["I6"]),
        Damage(
            invariant: "I2", what: "what the totals of the statement are made of",
            subject:
                "SELECT 'entry ' || max(id) AS subject FROM journal_entries WHERE enterprise_change <> 0",
            statements: [
                """
                UPDATE journal_entries SET statement_income = statement_income + 1
                WHERE id = (SELECT max(id) FROM journal_entries WHERE enterprise_change <> 0)
                """
            ]),
        Damage(
            invariant: "I3", what: "an amount",
            subject: "SELECT 'order ' || number AS subject FROM orders WHERE kind = 'topUp'",
            statements: ["UPDATE orders SET amount = amount + 1 WHERE kind = 'topUp'"]),
        Damage(
            invariant: "I4", what: "an amount that is held",
            subject:
                "SELECT 'frozen of enterprise ' || min(enterprise_id) AS subject FROM enterprise_accounts",
            statements: [
                "UPDATE orders SET amount = amount + 1 WHERE kind = 'withdrawal' AND state = 'accepted'"
            ], others: ["I3"]),
        Damage(
            invariant: "I5", what: "money on its way of no order",
            subject: "SELECT 'withdrawalInTransit item WDOTHER' AS subject",
            statements: ["UPDATE postings SET item = 'WDOTHER' WHERE account = 'withdrawalInTransit'"],
            // The item where the money is missing is named, too.
            isNamedAlone: false),
        Damage(
            invariant: "I6", what: "what is owed for no payment",
            subject: "SELECT 'billerPayable EXACT item BPOTHER' AS subject",
            statements: ["UPDATE postings SET item = 'BPOTHER' WHERE account = 'billerPayable'"],
            // The payment for which nothing is owed is named, too.
            isNamedAlone: false),
        Damage(
            invariant: "I12", what: "a biller's statement whose lines are gone",
            subject: "SELECT 'statement of EXACT 2026-11-22' AS subject", statements: [statement]),
        Damage(
            invariant: "I12", what: "a biller's line of which nobody has a case",
            subject: "SELECT 'line 1 of EXACT 2026-11-22' AS subject",
            statements: [
                statement,
                """
                INSERT INTO biller_statement_lines (
                    statement_id, line, payment_number, serial, amount, customer_number, written_off_at, class)
                SELECT max(id), 1, 'BPOTHER', 'S1', 5, '1', '2026-11-22 10:00:00+08', 'billerOnly' FROM biller_statements
                """,
            ]),
        Damage(
            invariant: "I14", what: "a job",
            subject:
                "SELECT 'order ' || number AS subject FROM orders WHERE kind = 'withdrawal' AND state = 'atBank'",
            statements: [
                """
                DELETE FROM jobs WHERE kind = 'withdrawal'
                    AND subject_id = (SELECT id FROM orders WHERE kind = 'withdrawal' AND state = 'atBank')
                """
            ]),
        Damage(
            invariant: "I14", what: "a job, and the order's own mark that it is final",
            subject:
                "SELECT 'order ' || number AS subject FROM orders WHERE kind = 'withdrawal' AND state = 'atBank'",
            statements: [
                "UPDATE orders SET is_final = true WHERE kind = 'withdrawal' AND state = 'atBank'",
                """
                DELETE FROM jobs WHERE kind = 'withdrawal'
                    AND subject_id = (SELECT id FROM orders WHERE kind = 'withdrawal' AND state = 'atBank')
                """,
            ]),
        Damage(
            invariant: "I14", what: "the job of a refund of no order",
            subject: "SELECT 'refund RFOTHER00' AS subject",
            statements: [
                """
                INSERT INTO differences (
                    number, channel, class, settlement_date, detail, parking, amount, state, handling, raised_at, state_since)
                VALUES (
                    'DFOTHER00', 'unionpay-b2b', 'bankOnly', '2026-11-22', '', 'receipt', 5, 'resolved', 'returned',
                    '2026-11-22 10:00:00+08', '2026-11-22 10:00:00+08')
                """,
                """
                INSERT INTO refunds (number, kind, difference_id, original_serial, amount, state, created_at, state_since)
                SELECT 'RFOTHER00', 'receiptReturn', max(id), 'S1', 5, 'accepted', '2026-11-22 10:00:00+08',
                    '2026-11-22 10:00:00+08'
                FROM differences
                """,
            ], others: ["I3", "I5"]),
        Damage(
            invariant: "I14", what: "the case of a refund that is disputed",
            subject: "SELECT 'refund RFOTHER00' AS subject",
            statements: [
                """
                INSERT INTO differences (
                    number, channel, class, settlement_date, detail, parking, amount, state, handling, raised_at, state_since)
                VALUES (
                    'DFOTHER00', 'unionpay-b2b', 'bankOnly', '2026-11-22', '', 'receipt', 5, 'resolved', 'returned',
                    '2026-11-22 10:00:00+08', '2026-11-22 10:00:00+08')
                """,
                """
                INSERT INTO refunds (number, kind, difference_id, original_serial, amount, state, created_at, state_since)
                SELECT 'RFOTHER00', 'receiptReturn', max(id), 'S1', 5, 'disputed', '2026-11-22 10:00:00+08',
                    '2026-11-22 10:00:00+08'
                FROM differences
                """,
            ], others: ["I3"]),
        Damage(
            invariant: "I14", what: "a day of the bank",
            subject: "SELECT 'bank file of 2026-11-21' AS subject",
            statements: [
                """
                INSERT INTO bank_files (settlement_date, name, digest, accepted_at)
                SELECT day, '', sha256(''), '2026-11-20 10:00:00+08'
                FROM (VALUES (DATE '2026-11-20'), ('2026-11-22')) AS days (day)
                """
            ]),
        Damage(
            invariant: "I14", what: "the end of a cut-off",
            subject: "SELECT 'difference DFOTHER00' AS subject",
            statements: [
                """
                INSERT INTO bank_files (settlement_date, name, digest, accepted_at)
                SELECT day, '', sha256(''), '2026-11-23 10:00:00+08'
                FROM generate_series(DATE '2026-11-19', DATE '2026-11-22', '1 day') AS day
                """,
                """
                INSERT INTO differences (
                    number, channel, class, settlement_date, detail, parking, amount, state, raised_at, state_since)
                VALUES (
                    'DFOTHER00', 'unionpay-b2b', 'cutOff', '2026-11-19', '', 'none', 0, 'waitingCutOff',
                    '2026-11-20 10:00:00+08', '2026-11-20 10:00:00+08')
                """,
            ]),
        Damage(
            invariant: "I14", what: "a settlement that is being put together",
            subject: "SELECT 'settlement STOTHER00' AS subject",
            statements: [
                """
                INSERT INTO biller_settlements (number, biller_code, settlement_day, state, created_at, state_since)
                VALUES (
                    'STOTHER00', 'EXACT', '2026-11-22', 'collecting', '2026-11-22 10:00:00+08', '2026-11-22 10:00:00+08')
                """
            ]),
        Damage(
            invariant: "I14", what: "what nobody settles",
            subject: "SELECT 'payment ' || number AS subject FROM orders WHERE kind = 'billPayment'",
            statements: ["UPDATE bill_payments SET agreed_on = '2026-11-01'"]),
        Damage(
            invariant: "I17", what: "who decided",
            subject: "SELECT 'approval ' || min(id) AS subject FROM approvals",
            statements: [
                "ALTER TABLE approvals DISABLE TRIGGER USER",
                "ALTER TABLE approvals DROP CONSTRAINT approvals_two_persons",
                "UPDATE approvals SET checker_person = maker_person WHERE id = (SELECT min(id) FROM approvals)",
            ]),
    ]

    @Test("One damaged row is named by its invariant", arguments: damages)
    func damaged(damage: Damage) async throws {
        try await MoneyFixture.with { money in
            let sent = try await money.withdraw(fen: 300)
            try await money.pass(0)
            #expect(try await money.withdrawal(sent).status == .atBank)
            let query = try await money.askForBills()
            let bill = try await money.platform.billPayments.pay(
                money.command(), query: query, plan: BillPayments.plan(query, chosen: [], amount: nil),
                account: money.merchantNumber, password: MoneyFixture.paymentPassword, by: money.clerk)
            try await money.pass(0)
            #expect(try await money.payment(bill).status == .writtenOff)
            _ = try await money.withdraw(fen: 200, funding: 0)
            #expect(try await money.broken() == [])
            let row = try #require(try await money.owner.query(damage.subject).first)
            let subject = try row.decode("subject", as: String.self)
            for statement in damage.statements { try await money.owner.execute(statement) }
            let reports = try await money.platform.monitoring.check().filter { $0.count > 0 }
            let report = try #require(reports.first { $0.invariant.name == damage.invariant })
            #expect(report.subjects.contains(subject))
            if damage.isNamedAlone { #expect(report.subjects == [subject]) }
            let others = Set(reports.map(\.invariant.name)).subtracting([damage.invariant])
            #expect(others.isSubset(of: damage.others))
        }
    }

    @Test("An overdue job is found after its slack")
    func overdue() async throws {
        try await MoneyFixture.with { money in
            _ = try await money.withdraw(fen: 300)
            money.clock.advance(599)
            #expect(try await money.broken() == [])
            money.clock.advance(2)
            #expect(try await money.broken().first?.hasPrefix("I14") == true)
        }
    }

    @Test("Every invariant that applies is checked")
    func names() {
        #expect(
            Monitoring.invariants.map(\.name) == [
                "I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I12", "I14", "I15", "I17",
            ])
    }
}
