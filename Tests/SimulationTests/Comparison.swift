import Foundation
import Postgres

@testable import Payments
@testable import Sandbox

/// Our books beside those of the bank and the billers, to the fen and order by order. Every list holds sentences about
/// what does not agree; an empty one is the proof.
extension Simulation {
    /// Everything that has to be true at the end; `isQuiet` is whether there came an end.
    func problems(isQuiet: Bool) async throws -> [String] {
        var found: [String] = []
        for report in try await platform.monitoring.check() where report.count > 0 {
            let subjects = report.subjects.prefix(8).joined(separator: ", ")
            found.append(
                "\(report.invariant.name), \(report.invariant.sentence): \(report.count): \(subjects)")
        }
        let bank = await world.sandbox.bank.state
        let lies = try await linesOfTheBankFilesOnly(bank)
        found += try await openEnds()
        found += try await money(bank, besides: lies)
        found += try await words(bank)
        found += try await reserve(bank, besides: lies)
        found += try await bills()
        found += try await unexplained(bank)
        if !isQuiet {
            found.append("a month after the faults were lifted there is still something to be done")
        }
        return found
    }

    /// Whether nothing is left that time alone would change.
    func isQuiet() async throws -> Bool {
        let bank = await world.sandbox.bank.state
        guard let last = bank.trades.last else { return true }
        let left = Array(office.left)
        let row = try await owner.query(
            """
            SELECT (SELECT count(*) FROM jobs WHERE kind IN ('topUp', 'billPayment', 'withdrawal', 'refund')) AS jobs,
                (SELECT count(*) FROM differences
                    WHERE state IN ('open', 'proposed', 'waitingCutOff') AND number <> ALL (\(left))) AS cases,
                (SELECT max(settlement_date)::text FROM bank_files) AS last_file,
                (SELECT coalesce(sum(amount), 0)::bigint FROM postings WHERE account = 'reserve') AS reserve
            """
        ).only()
        let jobs: Int64 = try row["jobs"]
        let cases: Int64 = try row["cases"]
        let lastFile = try row.decode("last_file", as: String?.self).flatMap { BankDay($0) }
        let held: Int64 = try row["reserve"]
        let isSettled = bank.closedDays.filter { $0.net != 0 }.allSatisfy { $0.transferAt < clock.now }
        return jobs == 0 && cases == 0 && (lastFile ?? BankDay(number: 0)) >= last.settlementDay.adding(4)
            && isSettled && held == bank.reserveLines.reduce(0) { $0 + $1.amount }
    }

    /// Orders that are not final and that no person has before them.
    private func openEnds() async throws -> [String] {
        try await owner.query(
            """
            SELECT o.number || ' in ' || o.state AS subject
            FROM orders o JOIN order_states s ON s.kind = o.kind AND s.state = o.state AND s.write_off = o.write_off
            WHERE NOT s.is_final
                AND NOT EXISTS (SELECT FROM work_items w WHERE w.order_id = o.id AND w.resolved_at IS NULL)
                AND NOT EXISTS (SELECT FROM differences d WHERE d.order_id = o.id AND d.state IN ('open', 'proposed'))
            UNION ALL
            SELECT number || ' in ' || state FROM refunds
            WHERE state NOT IN ('completed', 'refused', 'rejected', 'withdrawn') ORDER BY 1
            """
        ).map { "an order has no end: \(try $0.decode("subject", as: String.self))" }
    }

    // MARK: Bank

    /// Lines that the bank's files had and its book has not, by serial: what the fault plan made up.
    private func linesOfTheBankFilesOnly(_ bank: BankState) async throws -> [String: Int64] {
        var lies: [String: Int64] = [:]
        for row in try await owner.query("SELECT DISTINCT serial, amount FROM bank_file_lines") {
            let serial: String = try row["serial"]
            if bank.trade(serial) == nil { lies[serial] = try row["amount"] }
        }
        return lies
    }

    /// By order: what it has moved in clearing is what the bank's book has moved for it.
    private func money(_ bank: BankState, besides lies: [String: Int64]) async throws -> [String] {
        var theirs: [String: Int64] = [:]
        let untold = try await untold(bank)
        for trade in bank.trades where trade.isInFile && !untold.contains(trade.serial) {
            // A refund has a number of its own; it belongs to the payment.
            let number =
                trade.kind == .refund
                ? trade.originalSerial.flatMap { bank.trade($0)?.order.orderId } ?? trade.order.orderId
                : trade.order.orderId
            theirs[number, default: 0] += trade.isCredit ? trade.amount : -trade.amount
        }
        var ours: [String: Int64] = [:]
        let rows = try await owner.query(
            """
            SELECT coalesce(o.number, d.serial) AS subject, sum(p.amount)::bigint AS net
            FROM journal_entries e JOIN postings p ON p.entry_id = e.id AND p.booked_at = e.booked_at
            LEFT JOIN refunds r ON e.source_kind = 'refund' AND r.id = e.source_id
            LEFT JOIN differences d
                ON d.id = CASE e.source_kind WHEN 'difference' THEN e.source_id WHEN 'refund' THEN r.difference_id END
            LEFT JOIN orders o ON o.kind = e.source_kind AND o.id = e.source_id OR o.id = d.order_id
            WHERE p.account = 'bankClearing' AND e.source_kind IN ('topUp', 'withdrawal', 'difference', 'refund')
                AND d.channel IS DISTINCT FROM 'reserve'
            GROUP BY 1 HAVING sum(p.amount) <> 0
            """)
        for row in rows {
            let subject: String = try row["subject"]
            // Money that only a file has waits as an open case; nobody can give it back.
            if lies[subject] != nil { continue }
            ours[subject] = try row["net"]
        }
        // What no file has told shows in the net of its day, and there people have a case.
        var found: [String] = []
        for trade in bank.trades where untold.contains(trade.serial) {
            let day = LocalDate(entered: trade.settlementDay.text)
            let cases = try await owner.query(
                "SELECT 1 AS one FROM differences WHERE channel = 'reserve' AND settlement_date = \(day)")
            if cases.isEmpty {
                found.append("\(trade.kind) of \(trade.order.orderId) is in no file and no case")
            }
        }
        return found
            + Set(theirs.keys).union(ours.keys).sorted().compactMap { number in
                let (left, right) = (ours[number] ?? 0, theirs[number] ?? 0)
                return left == right ? nil : "clearing of \(number): ours \(left), the bank's \(right)"
            }
    }

    /// What came after an order's own success, a return or reversal, and is left out of the file of its day, which is there:
    /// nobody can know of it but by the day's net.
    func untold(_ bank: BankState) async throws -> Set<String> {
        let told = Set(
            try await owner.query("SELECT DISTINCT serial FROM bank_file_lines").map {
                try $0.decode("serial", as: String.self)
            })
        let days = Set(
            try await owner.query("SELECT settlement_date::text AS day FROM bank_files").map {
                try $0.decode("day", as: String.self)
            })
        return Set(
            bank.trades.filter { trade in
                [.payoutReturn, .reversal, .lateDebitReturn].contains(trade.kind) && trade.isInFile
                    && !told.contains(trade.serial) && days.contains(trade.settlementDay.text)
            }.map(\.serial))
    }

    /// What our events say that the bank has said is what the bank knows.
    private func words(_ bank: BankState) async throws -> [String] {
        let orders = Dictionary(
            bank.orders.values.map { ($0.orderId, $0) }, uniquingKeysWith: { first, _ in first })
        let rows = try await owner.query(
            """
            SELECT o.number, e.event, e.note FROM order_events e JOIN orders o ON o.id = e.order_id
            WHERE e.event IN ('paidConfirmed', 'bankRefused', 'notPaidConfirmed', 'absentFromFiles')
                AND o.kind IN ('topUp', 'withdrawal') ORDER BY o.number, e.sequence
            """)
        return try rows.compactMap { row in
            let number: String = try row["number"]
            let event: String = try row["event"]
            let order = orders[number]
            let isTrue =
                switch event {
                case "paidConfirmed": order?.state == .paid || order?.state == .debitedLate
                case "bankRefused": order?.state == .refused
                case "notPaidConfirmed": order?.state != .paid
                // Credited or paid: the file was wrong. Otherwise the bank never heard of it.
                default: true
                }
            let isLateDebit = event == "paidConfirmed" && order?.state == .debitedLate
            guard !isTrue || isLateDebit else { return nil }
            return "\(number): our event \(event), at the bank \(order?.state.rawValue ?? "unknown")"
        }
    }

    /// The reserve, the fees and what the bank has not transferred yet.
    private func reserve(_ bank: BankState, besides lies: [String: Int64]) async throws -> [String] {
        let row = try await owner.query(
            """
            SELECT (SELECT coalesce(sum(amount), 0)::bigint FROM postings WHERE account = 'reserve') AS reserve,
                (SELECT coalesce(sum(amount), 0)::bigint FROM postings
                    WHERE account = 'channelCost' AND owner = 'fee') AS fees
            """
        ).only()
        let held: Int64 = try row["reserve"]
        let fees: Int64 = try row["fees"]
        let theirs = bank.reserveLines.reduce(Int64(0)) { $0 + $1.amount }
        let theirFees = bank.trades.filter(\.isInFile).reduce(Int64(0)) { $0 + $1.fee }
        return (held == theirs ? [] : ["reserve: ours \(held), the bank's \(theirs)"])
            + (fees == theirFees ? [] : ["fees: ours \(fees), the bank's \(theirFees)"])
    }

    /// Every case that has a serial stands on a line of a file, and every one without on an order; what is open still is
    /// nothing that people could end.
    private func unexplained(_ bank: BankState) async throws -> [String] {
        let left = Array(office.left)
        return try await owner.query(
            """
            SELECT d.number || ' ' || d.class || ' ' || d.state AS subject FROM differences d
            WHERE d.channel <> 'reserve' AND (
                d.state IN ('open', 'proposed', 'waitingCutOff') AND d.number <> ALL (\(left))
                OR d.serial IS NULL AND d.order_id IS NULL
                OR d.serial NOT LIKE 'RF%' AND NOT EXISTS (SELECT FROM bank_file_lines l WHERE l.serial = d.serial))
            ORDER BY 1
            """
        ).map { "an unexplained case: \(try $0.decode("subject", as: String.self))" }
    }

    // MARK: Billers

    /// By payment: what the biller's book says, and what ours says that it says.
    private func bills() async throws -> [String] {
        var theirs: [String: (state: BillerPayment.Status, amount: Int64)] = [:]
        for book in world.sandbox.billers.values {
            for payment in try await book.all(at: clock.now) {
                theirs[payment.paymentNumber] = (payment.status, payment.amount)
            }
        }
        var found: [String] = []
        let rows = try await owner.query(
            """
            SELECT number, state || '/' || write_off AS state, amount FROM orders WHERE kind = 'billPayment'
            ORDER BY number
            """)
        for row in rows {
            let number: String = try row["number"]
            let state: String = try row["state"]
            let amount: Int64 = try row["amount"]
            let their = theirs.removeValue(forKey: number)
            let isSame =
                switch state {
                case "paid/writtenOff": their?.state == .writtenOff
                case "paid/failed": their?.state == .writeOffFailed
                case "paid/pending": their?.state == .writeOffUnknown
                case "refused/none": their == nil || their?.state == .refused
                case "returnedToMaker/none", "withdrawn/none": their == nil
                default: false
                }
            if !isSame || their.map({ $0.amount != amount }) ?? false {
                found.append(
                    "\(number): ours \(state) \(amount), the biller's \(their.map { "\($0)" } ?? "nothing")")
            }
        }
        found += theirs.keys.sorted().map { "\($0): at the biller, not with us" }
        let payable = try await owner.query(
            "SELECT coalesce(-sum(amount), 0)::bigint AS held FROM postings WHERE account = 'billerPayable'"
        ).only().decode("held", as: Int64.self)
        var written: Int64 = 0
        for book in world.sandbox.billers.values {
            written += try await book.all(at: clock.now).filter { $0.status == .writtenOff }
                .reduce(Int64(0)) { $0 + $1.amount }
        }
        if payable != written { found.append("billerPayable: ours \(payable), the billers' \(written)") }
        return found
    }
}
