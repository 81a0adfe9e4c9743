import Foundation
import Postgres

/// What the bank's files do to a settlement. Good news is booked at once; what nobody can explain is parked as with every payout
/// and waits for two people.
extension BillerSettlements {
    /// A payout of ours as a file names it.
    private struct Named {
        let settlement: BillerSettlement
        let attempt: BillerSettlement.Attempt
    }

    /// The settlement, locked, whose payout has this number or this serial of the bank.
    private static func named(
        _ number: String, serial: String? = nil, on connection: isolated Connection
    ) throws -> Named? {
        let rows = try connection.query(
            """
            SELECT settlement_id, number FROM biller_settlement_attempts
            WHERE number = \(number) OR bank_serial = \(serial) ORDER BY bank_serial = \(serial) DESC NULLS LAST LIMIT 1
            """)
        guard let row = rows.first else { return nil }
        let settlement = try lock(try row["settlement_id"], on: connection)
        let attempts = try connection.query(
            """
            SELECT number AS attempt_number, transaction_time, bank_serial, settlement_date, outcome
            FROM biller_settlement_attempts WHERE number = \(try row.decode("number", as: String.self))
            """
        ).compactMap(attempt)
        return attempts.first.map { Named(settlement: settlement, attempt: $0) }
    }

    /// A payout in the bank's file. False where the number is none of a settlement.
    func settle(
        _ number: String, serial: String, amount: Money, settlementDate: LocalDate, at moment: Date,
        on connection: isolated Connection
    ) throws -> Bool {
        guard let found = try Self.named(number, on: connection) else { return false }
        let (now, attempt) = (found.settlement, found.attempt)
        if attempt.bankSerial == serial, amount == now.net { return true }
        var new = Differences.New(
            channel: .payout, kind: .stateDiffers, settlementDate: settlementDate, serial: serial,
            bankAmount: amount, ourAmount: now.net, detail: "", parking: .loss, amount: amount)
        if attempt.bankSerial == serial {
            new.kind = .amountDiffers
            new.detail = "收费单位结算 \(number) 已入账的金额与银行文件不符"
            try new.parkDifference(of: amount, from: now.net, in: .payout)
        } else if amount != now.net {
            new.kind = .amountDiffers
            new.detail = "银行付出的金额与收费单位结算 \(number) 不符"
        } else if attempt.bankSerial != nil {
            new.kind = .duplicate
            new.detail = "收费单位结算 \(number)，银行付款两次"
        } else if attempt.transactionTime == nil {
            new.detail = "未提交银行的收费单位结算 \(number)，银行却已付款"
        } else if now.status == .payable || now.status.isSent && now.attempt?.number == attempt.number {
            try Self.bookPaid(
                now, attempt, serial: serial, settlementDate: settlementDate, at: moment, on: connection)
            return true
        } else {
            new.detail = "收费单位结算 \(number) 已另行付款，银行又付款"
        }
        try platform.differences.open(new, at: moment, on: connection)
        return true
    }

    /// What came back after it was paid (退汇, P62), in the bank's file: the biller is to get it again, what the bank kept is our
    /// cost, and the account is to be corrected first. False where it gives back none of a settlement's payouts.
    ///
    /// - Parameters:
    ///   - serial: of the return.
    ///   - original: of the payout that it gives back.
    ///   - amount: what came back.
    func payoutReturned(
        _ number: String, serial: String, original: String, amount: Money, settlementDate: LocalDate,
        at moment: Date, on connection: isolated Connection
    ) throws -> Bool {
        guard var found = try Self.named(number, serial: original, on: connection) else { return false }
        if found.attempt.bankSerial == nil,
            let payment = try Self.payment(original, of: found.attempt.number, on: connection)
        {
            // The payment comes first, wherever the file has it.
            _ = try settle(
                found.attempt.number, serial: original, amount: payment.amount,
                settlementDate: payment.settlementDate, at: moment, on: connection)
            found = try Self.named(number, serial: original, on: connection) ?? found
        }
        let (now, attempt) = (found.settlement, found.attempt)
        var new = Differences.New(
            channel: .payout, kind: .stateDiffers, settlementDate: settlementDate, serial: serial,
            bankAmount: amount, ourAmount: now.net, detail: "")
        if let loss = try Differences.loss(of: original, .payout, on: connection),
            loss.state.isOpen, amount <= loss.amount
        {
            // A payout too many comes back: it is not the settlement's own that does.
            try Differences.makeGood(
                loss, cameBack: amount, on: settlementDate, note: serial, at: moment, connection)
            new.detail = "银行已退回重复付出的款项"
            new.event = .foundCleared
        } else if now.status == .paid, attempt.bankSerial == original, amount <= now.net {
            let event = BillerSettlementStatus.Event.payoutReturned
            try Self.record(event, of: now, at: moment, by: .bank, note: serial, on: connection)
            try Self.post(
                .settlementReturned, now, event: event,
                [
                    Self.line(.bankClearing, settlementDate.description, amount.fen),
                    JournalEntry.Line(
                        account: .channelCost, owner: "returned", item: now.number,
                        amount: try (now.net - amount).fen),
                ], at: moment, on: connection)
            try Self.end(attempt, .returned, at: moment, on: connection)
            try Differences.clear(
                missing: attempt.number, .payout, note: "银行已退汇", at: moment, on: connection)
            new.detail = "收费单位结算 \(attempt.number) 被银行退汇，等待更正账户后重新付款"
            new.event = .foundCleared
        } else {
            new.detail = "收费单位结算 \(attempt.number) 的退汇与账簿不符"
            new.parking = .receipt
            new.amount = amount
        }
        try platform.differences.open(new, at: moment, on: connection)
        return true
    }

    /// The payout in the bank's files that a return gives back.
    private static func payment(
        _ serial: String, of number: String, on connection: isolated Connection
    ) throws -> (amount: Money, settlementDate: LocalDate)? {
        try connection.query(
            """
            SELECT l.amount, f.settlement_date FROM bank_file_lines l JOIN bank_files f ON f.id = l.file_id
            WHERE l.channel = \(Channel.payout.rawValue) AND l.serial = \(serial) AND l.order_number = \(number)
                AND l.trade = 'payout'
            ORDER BY l.file_id, l.line LIMIT 1
            """
        ).first.map { (try $0["amount"], try $0["settlement_date"]) }
    }

    /// Two people have decided that the bank never carried it out: it is payable again. One that we hold for paid is undone
    /// wholly (P62), under the day on which it was booked. The caller has locked it.
    ///
    /// - Parameter difference: the case in which they have decided it.
    func absent(
        _ number: String, case difference: Int64, by actor: Actor, at moment: Date,
        on connection: isolated Connection
    ) throws {
        guard let found = try Self.named(number, on: connection) else { throw DifferenceError.unfitting }
        let (now, attempt) = (found.settlement, found.attempt)
        let event = BillerSettlementStatus.Event.absentFromFiles
        switch (now.status, attempt.bankSerial, attempt.settlementDate) {
        case (.unknown, nil, _) where now.attempt?.number == number:
            try Self.record(event, of: now, at: moment, by: actor, on: connection)
        case (.paid, let serial?, let day?) where attempt.outcome == nil:
            try BankSerials.release(case: difference, on: connection)
            guard try !BankFiles.have(payout: number, serial: serial, on: connection) else {
                throw DifferenceError.unfitting
            }
            try Self.record(event, of: now, at: moment, by: actor, note: serial, on: connection)
            try Self.post(
                .settlementReturned, now, event: event,
                [Self.line(.bankClearing, day.description, now.net.fen)], at: moment, on: connection)
            try connection.execute(
                """
                UPDATE biller_settlement_attempts SET bank_serial = NULL, settlement_date = NULL
                WHERE number = \(number)
                """)
        default: throw DifferenceError.unfitting
        }
        try Self.end(attempt, .absent, at: moment, on: connection)
        try Self.rest(now, at: moment, on: connection)
    }

    /// Locks the settlement that a case is about, before the case: so does whoever brings the settlement further.
    static func lock(ifAbout difference: String, on connection: isolated Connection) throws {
        _ = try connection.query(
            """
            SELECT lock_biller_settlement(t.settlement_id) FROM biller_settlement_attempts t
            JOIN differences d ON d.serial = t.number WHERE d.number = \(difference)
            """)
    }

    /// Holds what was paid against the files that are there: opens a case for two people about a payout that the complete files
    /// of D to D+3 lack, once, and clears one whose payout a file has by now.
    func compare(at moment: Date) async throws {
        let isThere: SQL = """
            EXISTS (
                SELECT FROM bank_file_lines l
                WHERE l.channel = \(Channel.payout.rawValue) AND l.serial = t.bank_serial)
            """
        try await platform.database.execute(
            """
            UPDATE biller_settlement_attempts t SET is_compared = true
            WHERE t.settlement_date IS NOT NULL AND NOT t.is_compared AND \(fragment: isThere)
            """)
        let found = try await platform.database.query(
            """
            SELECT t.number FROM differences d JOIN biller_settlement_attempts t ON t.number = d.serial
            WHERE d.channel = \(Channel.payout.rawValue) AND d.class = \(DifferenceClass.oursOnly)
                AND d.state IN ('open', 'proposed') AND \(fragment: isThere)
            ORDER BY d.id
            """)
        for row in found {
            let number: String = try row["number"]
            try await platform.database.transaction { connection in
                guard try Self.named(number, on: connection) != nil else { return }
                try Differences.clear(
                    missing: number, .payout, note: "后续文件已有此交易", at: moment, on: connection)
            }
        }
        let missing = try await platform.database.query(
            """
            SELECT t.number FROM biller_settlement_attempts t
            WHERE t.settlement_date IS NOT NULL AND NOT t.is_compared AND t.outcome IS NULL
                AND (
                    SELECT count(*) FROM bank_files f WHERE f.settlement_date
                        BETWEEN t.settlement_date AND t.settlement_date + \(Int32(BankFiles.graceDays))
                ) > \(Int64(BankFiles.graceDays))
            ORDER BY t.number
            """)
        for row in missing {
            let number: String = try row["number"]
            try await platform.database.transaction { try askAbout(missing: number, at: moment, on: $0) }
        }
    }

    /// Two people are asked about a payout that we hold for paid and that the complete files lack.
    private func askAbout(missing number: String, at moment: Date, on connection: isolated Connection) throws
    {
        guard let found = try Self.named(number, on: connection), found.settlement.status == .paid,
            found.attempt.bankSerial != nil, found.attempt.outcome == nil
        else { return }
        try platform.differences.openMissing(
            found.attempt, of: found.settlement,
            detail: "收费单位结算 \(number) 已付款，银行 D 至 D+3 日文件均无此交易：确认银行未付后可重新付款", at: moment,
            on: connection)
        try connection.execute(
            "UPDATE biller_settlement_attempts SET is_compared = true WHERE number = \(number)")
    }
}

extension Differences {
    /// A payout to a biller that the complete files lack, and of which the bank knows nothing or which it has called paid: a
    /// case for two people; the one that there has been, if the bank has said one thing after the other.
    func openMissing(
        _ attempt: BillerSettlement.Attempt, of settlement: BillerSettlement, detail: String, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let opened = try open(
            New(
                channel: .payout, kind: .oursOnly,
                settlementDate: attempt.settlementDate ?? attempt.sentOn ?? LocalDate(moment),
                serial: attempt.number, ourAmount: settlement.net, detail: detail), at: moment,
            on: connection)
        guard opened == nil, attempt.bankSerial != nil else { return }
        try Self.contradict(missing: attempt.number, .payout, note: detail, at: moment, on: connection)
    }
}
