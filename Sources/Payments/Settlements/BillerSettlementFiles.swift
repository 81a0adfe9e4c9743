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
            new.parking = .none
            new.amount = .zero
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

    /// Two people have decided that the bank never carried it out: it is payable again. The caller has locked it.
    func absent(_ number: String, by actor: Actor, at moment: Date, on connection: isolated Connection) throws
    {
        guard let found = try Self.named(number, on: connection), found.settlement.status == .unknown,
            found.settlement.attempt?.number == number
        else { throw DifferenceError.unfitting }
        try Self.record(.absentFromFiles, of: found.settlement, at: moment, by: actor, on: connection)
        try Self.end(found.attempt, .absent, at: moment, on: connection)
        try Self.rest(found.settlement, at: moment, on: connection)
    }

    /// Locks the settlement that a case is about, before the case: so does whoever brings the settlement further.
    static func lock(ifAbout difference: String, on connection: isolated Connection) throws {
        _ = try connection.query(
            """
            SELECT lock_biller_settlement(t.settlement_id) FROM biller_settlement_attempts t
            JOIN differences d ON d.serial = t.number WHERE d.number = \(difference)
            """)
    }

    /// The kind of the item about a payout that we hold for paid and that no file has.
    private static let notInFiles = "billerSettlement.notInFiles"

    /// Tells a person of payouts of a day that we hold for paid and that the complete files of D to D+3 lack, and closes what
    /// was told of those that a file has by now.
    func tellMissing(around day: LocalDate, at moment: Date, on connection: isolated Connection) throws {
        let found = try connection.query(
            """
            SELECT w.settlement_id FROM work_items w JOIN biller_settlement_attempts t ON t.settlement_id = w.settlement_id
            JOIN bank_file_lines l ON l.channel = \(Channel.payout.rawValue) AND l.serial = t.bank_serial
            WHERE w.kind = \(Self.notInFiles) AND w.resolved_at IS NULL
            """)
        for row in found {
            try WorkItems.close(settlement: try row["settlement_id"], at: moment, on: connection)
        }
        let first = day.adding(days: -BankFiles.graceDays)
        let rows = try connection.query(
            """
            SELECT t.settlement_id, t.number FROM biller_settlement_attempts t
            WHERE t.settlement_date BETWEEN \(first) AND \(day)
                AND NOT EXISTS (
                    SELECT FROM bank_file_lines l
                    WHERE l.channel = \(Channel.payout.rawValue) AND l.serial = t.bank_serial)
                AND (
                    SELECT count(*) FROM bank_files f WHERE f.settlement_date
                        BETWEEN t.settlement_date AND t.settlement_date + \(Int32(BankFiles.graceDays))
                ) > \(Int64(BankFiles.graceDays))
            ORDER BY t.number
            """)
        for row in rows {
            let number: String = try row["number"]
            try WorkItems.raise(
                Self.notInFiles, settlement: try row["settlement_id"],
                detail: "\(number)：已付款，银行 D 至 D+3 日文件均无此交易，请与银行核实", at: moment, on: connection)
        }
    }
}

extension Differences {
    /// A payout to a biller of which the bank knows nothing and that the complete files lack: a case for two people.
    func openMissing(
        _ attempt: BillerSettlement.Attempt, of settlement: BillerSettlement, at moment: Date,
        on connection: isolated Connection
    ) throws {
        try open(
            New(
                channel: .payout, kind: .oursOnly, settlementDate: attempt.sentOn ?? LocalDate(moment),
                serial: attempt.number, ourAmount: settlement.net,
                detail: "银行称没有收费单位结算 \(attempt.number)，D 至 D+3 日文件也没有：确认后可重新付款"), at: moment,
            on: connection)
    }
}
