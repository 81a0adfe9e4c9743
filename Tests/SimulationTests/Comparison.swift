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
        let madeUp = try await linesOfTheBankFilesOnly(bank)
        found += try await openEnds()
        found += try await openSettlements()
        found += try await undecided(madeUp)
        found += try await clearing(bank, besides: madeUp)
        found += try await words(bank)
        found += try await payouts(bank)
        found += try await reserve(bank)
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
        guard try await areBillersQuiet(), try await areSettlementsQuiet() else { return false }
        let jobs: Int64 = try row["jobs"]
        let cases: Int64 = try row["cases"]
        let lastFile = try row.decode("last_file", as: String?.self).flatMap { BankDay($0) }
        let held: Int64 = try row["reserve"]
        let isSettled = bank.closedDays.filter { $0.net != 0 }.allSatisfy { $0.transferAt < clock.now }
        return jobs == 0 && cases == 0 && (lastFile ?? BankDay(number: 0)) >= last.settlementDay.adding(4)
            && isSettled && held == bank.reserveLines.reduce(0) { $0 + $1.amount }
    }

    /// Whether the billers have stated everything that they have written off, and all that we call written off is agreed.
    private func areBillersQuiet() async throws -> Bool {
        var last = LocalDate(plan.start)
        for book in world.sandbox.billers.values {
            for payment in try await book.all(at: clock.now) {
                last = max(last, LocalDate(payment.writtenOffAt ?? payment.bookedAt))
            }
            if await book.isWaiting { return false }
        }
        return try await owner.query(
            """
            SELECT NOT EXISTS (SELECT FROM jobs WHERE kind = 'billerStatement')
                AND NOT EXISTS (
                    SELECT FROM biller_statements GROUP BY biller_code HAVING max(day) <= \(last))
                AND NOT EXISTS (
                    SELECT FROM orders o JOIN bill_payments p ON p.order_id = o.id
                    WHERE o.state = 'paid' AND o.write_off = 'writtenOff' AND p.agreed_on IS NULL) AS are_quiet
            """
        ).only()["are_quiet"]
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

    /// Lines that the bank's files had and its book has not, by serial, in fen: what the fault plan made up.
    private func linesOfTheBankFilesOnly(_ bank: BankState) async throws -> [String: Int64] {
        var madeUp: [String: Int64] = [:]
        let rows = try await owner.query(
            "SELECT DISTINCT l.serial, \(fragment: BankLine.signedAmount) AS amount FROM bank_file_lines l")
        for row in rows {
            let serial: String = try row["serial"]
            if bank.trade(serial) == nil { madeUp[serial] = try row["amount"] }
        }
        return madeUp
    }

    /// Lines that a file made up and that are no case of their class and amount on which two people have decided.
    private func undecided(_ madeUp: [String: Int64]) async throws -> [String] {
        let serials = madeUp.keys.sorted()
        return try await owner.query(
            """
            SELECT l.serial || ' ' || l.class AS subject FROM bank_file_classes l
            WHERE l.serial = ANY(\(serials)) AND NOT EXISTS (
                SELECT FROM differences d JOIN difference_events v ON v.difference_id = d.id AND v.event = 'approved'
                WHERE d.channel = l.channel AND d.serial = l.serial AND d.class = l.class AND d.bank_amount = l.amount)
            ORDER BY 1
            """
        ).map { "a line that only a file has is not decided: \(try $0.decode("subject", as: String.self))" }
    }

    /// A place in clearing: an order, or the serial of a line that belongs to none, under a settlement day.
    private struct Place: Hashable {
        let subject: String
        let day: String
    }

    /// Clearing to the fen. By order, all days together, our books have what the bank's book has, but for what a file made up
    /// or kept to itself. Whatever stands under a day beside that is an order with a case, or such a gap with a case of the
    /// day's net; and all of it together is what is left under the day, less what the cases of its net have taken out.
    private func clearing(_ bank: BankState, besides madeUp: [String: Int64]) async throws -> [String] {
        let untold = try await untold(bank)
        let settlements = try await settlementsOfPayouts()
        func subject(_ trade: Trade) -> String {
            // A refund has a number of its own; it belongs to the payment. So has each payout of a settlement.
            trade.originalSerial.flatMap { trade.kind == .refund ? bank.trade($0) : nil }?.order.orderId
                ?? settlements[trade.order.orderId] ?? trade.order.orderId
        }
        func subject(_ serial: String) -> String { bank.trade(serial).map { subject($0) } ?? serial }

        // What stays in clearing: what we have posted, less what each line of a file settles and where, plus the lines, less
        // the bank's trades: a day's net pays for the lines' items, and the difference between the two stays under the day.
        var rests: [Place: Int64] = [:]
        var takenOut: [String: Int64] = [:]
        for row in try await postings() {
            let (name, day): (String, String) = (try row["subject"], try row["day"])
            let net: Int64 = try row["net"]
            if try row["is_of_reserve"] {
                takenOut[day, default: 0] += net
            } else {
                rests[Place(subject: subject(name), day: day), default: 0] += net
            }
        }
        for row in try await fileLines() {
            let name = subject(try row.decode("serial", as: String.self))
            let (amount, fee): (Int64, Int64) = (try row["amount"], try row["fee"])
            rests[Place(subject: name, day: try row["item"]), default: 0] -= amount
            rests[Place(subject: name, day: try row["day"]), default: 0] += amount - fee
        }
        var gaps = madeUp
        var gapPlaces: Set<Place> = []
        for trade in bank.trades where trade.isInFile {
            let place = Place(subject: subject(trade), day: trade.settlementDay.text)
            rests[place, default: 0] -= trade.net
            if untold.contains(trade.serial) {
                gaps[place.subject, default: 0] -= trade.net
                gapPlaces.insert(place)
            }
        }
        rests = rests.filter { $0.value != 0 }

        var found: [String] = []
        for (name, places) in Dictionary(grouping: rests, by: \.key.subject).merging(
            gaps.mapValues { _ in [] }, uniquingKeysWith: { places, _ in places })
        {
            let rest = places.reduce(0) { $0 + $1.value }
            if rest != gaps[name] ?? 0 {
                found.append(
                    "clearing of \(name): \(rest) beside the bank's book, explained \(gaps[name] ?? 0)")
            }
        }
        let orders = Set(
            try await names(
                """
                SELECT DISTINCT coalesce(o.number, d.serial) AS name FROM differences d
                LEFT JOIN orders o ON o.id = d.order_id
                WHERE d.channel <> 'reserve' AND (o.id IS NOT NULL OR d.serial IS NOT NULL)
                """
            ).map { subject($0) })
        let days = try await names(
            """
            SELECT DISTINCT settlement_date::text AS name FROM differences
            WHERE channel = 'reserve' AND class <> 'bankOnly'
            """)
        for (place, rest) in rests where !orders.contains(place.subject) {
            guard !gapPlaces.contains(place) || !days.contains(place.day) else { continue }
            found.append("clearing of \(place.subject) under \(place.day): \(rest) has no case")
        }
        let items = Dictionary(grouping: rests, by: \.key.day).mapValues { $0.reduce(0) { $0 + $1.value } }
        var left: [String: Int64] = [:]
        for row in try await owner.query(
            "SELECT item, sum(amount)::bigint AS net FROM postings WHERE account = 'bankClearing' GROUP BY 1")
        {
            left[try row["item"]] = try row["net"]
        }
        for day in Set(left.keys).union(items.keys).union(takenOut.keys) {
            let (item, taken) = (items[day] ?? 0, takenOut[day] ?? 0)
            if left[day] ?? 0 != item + taken {
                found.append(
                    "clearing under \(day): \(left[day] ?? 0) is left, its items are \(item) and \(taken)")
            }
            if taken != 0, taken != -item {
                found.append("clearing under \(day): the cases of its net took out \(-taken) of \(item)")
            }
        }
        return found.sorted()
    }

    private func names(_ sql: SQL) async throws -> Set<String> {
        Set(try await owner.query(sql).map { try $0.decode("name", as: String.self) })
    }

    /// What orders, refunds, settlements and cases have posted in clearing, by order or serial and by day.
    private func postings() async throws -> [Row] {
        try await owner.query(
            """
            SELECT coalesce(o.number, d.serial, s.number, '') AS subject, p.item AS day,
                coalesce(d.channel = 'reserve', false) AS is_of_reserve, sum(p.amount)::bigint AS net
            FROM journal_entries e JOIN postings p ON p.entry_id = e.id AND p.booked_at = e.booked_at
            LEFT JOIN refunds r ON e.source_kind = 'refund' AND r.id = e.source_id
            LEFT JOIN differences d
                ON d.id = CASE e.source_kind WHEN 'difference' THEN e.source_id WHEN 'refund' THEN r.difference_id END
            LEFT JOIN orders o ON o.kind = e.source_kind AND o.id = e.source_id OR o.id = d.order_id
            LEFT JOIN biller_settlements s ON e.source_kind = 'billerSettlement' AND s.id = e.source_id
            WHERE p.account = 'bankClearing'
                AND e.source_kind IN ('topUp', 'withdrawal', 'difference', 'refund', 'billerSettlement')
            GROUP BY 1, 2, 3
            """)
    }

    /// The lines of the files with the day of the file and the day under which the line's money stands with us: that of the
    /// answer by which an order was booked, of the case that a refund or a reversal of parked money is about, or the file's.
    private func fileLines() async throws -> [Row] {
        try await owner.query(
            """
            SELECT l.serial, \(fragment: BankLine.signedAmount) AS amount, l.fee, f.settlement_date::text AS day,
                coalesce(
                    CASE WHEN l.class IN ('matched', 'feeDiffers') THEN coalesce(t.settlement_date, w.settlement_date) END,
                    c.settlement_date, x.settlement_date, st.settlement_date, f.settlement_date)::text AS item
            FROM bank_files f JOIN bank_file_classes l ON l.file_id = f.id AND NOT l.is_duplicate
            LEFT JOIN top_ups t ON l.channel = 'unionpay-b2b' AND t.order_id = l.order_id
            LEFT JOIN withdrawals w ON l.channel = 'unionpay-payout' AND w.order_id = l.order_id
            LEFT JOIN biller_settlement_attempts st ON l.trade = 'payout' AND st.bank_serial = l.serial
            LEFT JOIN refunds r ON l.trade = 'refund' AND r.number = l.order_number
            LEFT JOIN differences c ON c.id = r.difference_id
            LEFT JOIN differences x ON l.trade = 'reversal' AND x.channel = l.channel AND x.serial = l.original_serial
                AND x.parking = 'receipt'
            """)
    }

    /// What came after an order's own success, a return, a reversal or a second payment, and is left out of the file of its
    /// day, which is there: nobody can know of it but by the day's net.
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
                let isLater =
                    [.payoutReturn, .reversal, .lateDebitReturn].contains(trade.kind)
                    || trade.serial == bank.orders[trade.order]?.secondPaymentQueryId
                return isLater && trade.isInFile && !told.contains(trade.serial)
                    && days.contains(trade.settlementDay.text)
            }.map(\.serial))
    }

    /// What our events say that the bank has said is what the bank knows.
    private func words(_ bank: BankState) async throws -> [String] {
        let orders = Dictionary(
            bank.orders.values.map { ($0.orderId, $0) }, uniquingKeysWith: { first, _ in first })
        let rows = try await owner.query(
            """
            SELECT o.number, e.event, e.to_state FROM order_events e JOIN orders o ON o.id = e.order_id
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
            // A file may bring the money of a late debit after all: it is parked then, and never credited.
            let isLateDebit =
                try event == "paidConfirmed" && row["to_state"] == "credited" && order?.state == .debitedLate
            guard !isTrue || isLateDebit else { return nil }
            return "our \(event), at the bank \(order?.state.rawValue ?? "unknown"): \(number)"
        }
    }

    /// The reserve, the fees and what the bank has not transferred yet.
    private func reserve(_ bank: BankState) async throws -> [String] {
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

    /// Every case that has a serial stands on a line of a file or statement, and every one without on an order or the net of a
    /// day; what is open still is nothing that people could end.
    private func unexplained(_ bank: BankState) async throws -> [String] {
        let left = Array(office.left)
        return try await owner.query(
            """
            SELECT d.number || ' ' || d.class || ' ' || d.state AS subject FROM differences d
            WHERE d.state IN ('open', 'proposed', 'waitingCutOff') AND d.number <> ALL (\(left))
                OR d.channel <> 'reserve' AND d.serial IS NULL AND d.order_id IS NULL
                OR d.serial NOT LIKE 'RF%'
                    AND NOT EXISTS (SELECT FROM biller_settlement_attempts t WHERE t.number = d.serial)
                    AND NOT EXISTS (SELECT FROM bank_file_lines l WHERE l.serial = d.serial)
                    AND NOT EXISTS (SELECT FROM reserve_statement_lines l WHERE l.serial = d.serial)
                    AND NOT EXISTS (
                        SELECT FROM biller_statement_lines l JOIN biller_statements s ON s.id = l.statement_id
                        WHERE d.serial = s.biller_code || '/' || l.payment_number)
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
        var untold: Int64 = 0
        let rows = try await owner.query(
            """
            SELECT number, state || '/' || write_off AS state, amount, agreed_on IS NOT NULL AS is_agreed,
                EXISTS (SELECT FROM biller_statement_lines l WHERE l.payment_number = number) AS is_told,
                EXISTS (SELECT FROM order_events v WHERE v.order_id = id AND v.event = 'borne') AS is_borne
            FROM orders JOIN bill_payments ON order_id = id ORDER BY number
            """)
        for row in rows {
            let number: String = try row["number"]
            let state: String = try row["state"]
            let amount: Int64 = try row["amount"]
            let their = theirs.removeValue(forKey: number)
            let (isAgreed, isTold, isBorne): (Bool, Bool, Bool) =
                (try row["is_agreed"], try row["is_told"], try row["is_borne"])
            let isSame =
                switch state {
                case "paid/writtenOff": their?.state == .writtenOff && isAgreed
                // Written off late: the platform has borne it, or no statement has told of it.
                case "paid/failed" where their?.state == .writtenOff: isBorne || !isTold
                case "paid/failed": their?.state == .writeOffFailed
                case "paid/pending": their?.state == .writeOffUnknown
                case "refused/none": their == nil || their?.state == .refused
                case "returnedToMaker/none", "withdrawn/none": their == nil
                default: false
                }
            if state == "paid/failed", their?.state == .writtenOff, !isTold { untold += amount }
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
        let agreed = try await owner.query(
            """
            SELECT coalesce(sum(gross), 0)::bigint AS sum FROM biller_settlements
            WHERE state NOT IN ('collecting', 'reconciling', 'pendingReview')
            """
        ).only().decode("sum", as: Int64.self)
        if payable != written - untold - agreed {
            found.append("billerPayable: ours \(payable) and \(agreed) settled, the billers' \(written)")
        }
        return found
    }
}
