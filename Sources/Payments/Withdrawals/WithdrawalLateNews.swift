import Foundation
import Postgres

/// What the bank's files do to a withdrawal. Good news is booked at once; bad news is parked at once and waits for two people.
extension Withdrawals {
    /// A payout in the bank's file that no entry of ours explains yet.
    func settle(
        _ id: Int64, file serial: String, amount: Money, settlementDate: LocalDate, at moment: Date,
        on connection: isolated Connection
    ) throws {
        guard let now = try Self.locked(id, on: connection) else { return }
        var new = Differences.New(
            channel: .payout, kind: .stateDiffers, settlementDate: settlementDate, order: now.reference,
            serial: serial, bankAmount: amount, ourAmount: now.amount, detail: "")
        guard amount == now.amount else {
            new.kind = .amountDiffers
            new.detail = "银行付出的金额与提现不符"
            new.parking = .loss
            new.amount = amount
            try platform.differences.open(new, at: moment, on: connection)
            return
        }
        switch now.status {
        case .sending, .unknown, .atBank:
            try Self.bookPaid(
                now, serial: serial, settlementDate: settlementDate, at: moment, on: connection)
            try Differences.clear(
                order: id, [.oursOnly, .cutOff], note: serial, at: moment, on: connection)
            new.detail = "提现结果未明而银行已付款，已自动补账"
            new.event = .foundCleared
        case .refused
        where try Self.cancel(payment: serial, settlementDate, of: now, at: moment, on: connection):
            // Payment and return are both in the files: the two lines cancel each other.
            new.detail = "提现已判失败，银行付款后又退回"
            new.event = .foundCleared
        case .returned where try Self.isReturned(payment: serial, of: now, on: connection):
            // P31 was booked with the return, whose file came first.
            try BankSerials.claim(
                serial, .payout, of: .order(id), amount: amount, day: settlementDate, at: moment,
                on: connection)
            try connection.execute("UPDATE withdrawals SET bank_serial = \(serial) WHERE order_id = \(id)")
            new.detail = "付款所在的文件晚于退汇所在的文件"
            new.event = .foundCleared
        case .refused, .returned:
            try Orders.record(
                .paidConfirmed, from: now.status, of: now.reference, at: moment, by: .bank, note: serial,
                on: connection)
            try Losses.park(
                now.reference, event: WithdrawalStatus.Event.paidConfirmed.rawValue, channel: .payout,
                settlementDate: settlementDate, at: moment, on: connection)
            new.detail = now.status == .refused ? "提现已判失败并退回余额，银行却已付款" : "提现已退汇，银行又付款"
            new.parking = .order
            new.amount = now.amount
            // The case has it from here on.
            try Jobs.finish(.withdrawal, id, on: connection)
        case .paid, .paymentParked:
            new.kind = .duplicate
            new.detail = "同一笔提现，银行付款两次"
            new.parking = .loss
            new.amount = amount
        case .pendingReview, .accepted, .cancelled, .returnedToMaker, .expired:
            new.detail = "未提交银行的提现，银行却已付款"
            new.parking = .loss
            new.amount = amount
        }
        try platform.differences.open(new, at: moment, on: connection)
    }

    /// Books what came back after it was paid (退汇): the company has it again at once, whatever the bank kept is ours to
    /// bear.
    ///
    /// - Parameters:
    ///   - serial: of the return.
    ///   - amount: what came back.
    func payoutReturned(
        _ id: Int64, serial: String, amount: Money, settlementDate: LocalDate, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let payment = try Self.payment(returnedBy: serial, on: connection)
        if let payment, !payment.isExplained {
            // The payment comes first, wherever the file has it.
            try settle(
                id, file: payment.serial, amount: payment.amount, settlementDate: payment.settlementDate,
                at: moment, on: connection)
        }
        guard let now = try Self.locked(id, on: connection) else { return }
        var new = Differences.New(
            channel: .payout, kind: .stateDiffers, settlementDate: settlementDate, order: now.reference,
            serial: serial, bankAmount: amount, ourAmount: now.amount, detail: "")
        // A payout too many comes back: it is not the order's own that does.
        if let payment, let loss = try Differences.loss(of: payment.serial, .payout, on: connection) {
            if loss.state == .open || loss.state == .proposed, amount <= loss.amount {
                try Differences.makeGood(
                    loss, cameBack: amount, on: settlementDate, note: serial, at: moment, connection)
                new.detail = "银行已退回重复付出的款项"
                new.event = .foundCleared
            } else {
                new.detail = "已处理的重复付款，银行又退回"
                new.parking = .receipt
                new.amount = amount
            }
            try platform.differences.open(new, at: moment, on: connection)
            return
        }
        switch now.status {
        case .atBank, .paid, .paymentParked, .refused:
            guard amount > now.amount else { break }
            new.kind = .amountDiffers
            new.detail = "退汇金额大于提现金额"
            new.parking = .receipt
            new.amount = amount
            try platform.differences.open(new, at: moment, on: connection)
            return
        default: break
        }
        switch now.status {
        case .atBank, .paid:
            try Orders.record(
                .payoutReturned, from: now.status, of: now.reference, at: moment, by: .bank, note: serial,
                on: connection)
            try Self.postReturn(
                of: now, .payoutReturned, amount: amount, settlementDate: settlementDate,
                givesFeeBack: now.givesFeeBack, at: moment, on: connection)
            try BankSerials.claim(
                serial, .payoutReturn, of: .order(id), amount: amount, day: settlementDate, at: moment,
                on: connection)
            try connection.execute(
                "UPDATE withdrawals SET reason = '银行退汇，资金已退回余额' WHERE order_id = \(id)")
            try Jobs.finish(.withdrawal, id, on: connection)
            new.detail = "银行退汇，已退回单位余额"
            new.event = .foundCleared
        case .refused
        where try payment?.amount == amount && amount == now.amount && !Self.isBorne(now, on: connection):
            // Payment and return are both in the files: the two lines cancel each other.
            try Orders.record(
                .payoutReturned, from: now.status, of: now.reference, at: moment, by: .bank, note: serial,
                on: connection)
            new.detail = "提现已判失败，银行付款后又退回"
            new.event = .foundCleared
        case .paymentParked:
            try Losses.settle(
                id, .madeGood, channel: .payout, settlementDate: settlementDate, cameBack: amount, by: .bank,
                at: moment, on: connection)
            let rows = try connection.query(
                """
                SELECT id FROM differences WHERE order_id = \(id) AND parking = 'order'
                    AND state IN ('open', 'proposed')
                """)
            for row in rows {
                try Differences.record(
                    .laterFileMatched, of: try row["id"], at: moment, by: .system, note: serial,
                    handling: .madeGood, on: connection)
            }
            new.detail = "银行已退回重复付出的款项"
            new.event = .foundCleared
        case .sending, .unknown, .refused, .returned, .pendingReview, .accepted, .cancelled, .returnedToMaker,
            .expired:
            new.detail = "无对应付款的退汇"
            new.parking = .receipt
            new.amount = amount
        }
        try platform.differences.open(new, at: moment, on: connection)
    }

    /// P33: what came back goes to the company, and what the bank kept is our cost; P34: so does our fee, if the rule says
    /// so. A closed company's money waits. Where paid was never seen, P31 comes first.
    ///
    /// - Parameters:
    ///   - event: the withdrawal's own.
    ///   - amount: what came back.
    private static func postReturn(
        of withdrawal: Withdrawal, _ event: WithdrawalStatus.Event, amount: Money, settlementDate: LocalDate,
        givesFeeBack: Bool, at moment: Date, on connection: isolated Connection
    ) throws {
        let order = withdrawal.reference
        let event = event.rawValue
        let isClosed = try connection.state(of: order.enterprise) == .closed
        func back(_ amount: Money) -> JournalEntry.Line {
            isClosed
                ? JournalEntry.Line(
                    account: .unidentifiedReceipts, owner: Channel.payout.rawValue, item: order.number,
                    amount: -amount.fen)
                : JournalEntry.Line(account: .enterpriseAvailable, owner: "", item: "", amount: -amount.fen)
        }
        // A withdrawal that was charged as paid may come back a second time.
        var occurrence = try Ledger.nextOccurrence(of: event, of: .order(order), on: connection)
        if withdrawal.status == .atBank {
            try Ledger.post(
                JournalEntry(
                    .payoutPaid, of: order, event: event, occurrence: occurrence,
                    owner: Channel.payout.rawValue, clearingItem: settlementDate.description), at: moment,
                on: connection)
            occurrence += 1
        }
        try Ledger.post(
            JournalEntry(
                .payoutReturned, source: .order(order), enterprise: order.enterprise, event: event,
                occurrence: occurrence,
                lines: [
                    JournalEntry.Line(
                        account: .bankClearing, owner: Channel.payout.rawValue,
                        item: settlementDate.description, amount: amount.fen),
                    JournalEntry.Line(
                        account: .channelCost, owner: "returned", item: order.number,
                        amount: try (order.amount - amount).fen),
                    back(order.amount),
                ]), at: moment, on: connection)
        guard givesFeeBack, order.fee.isPositive else { return }
        try Ledger.post(
            JournalEntry(
                .feeGivenBack, source: .order(order), enterprise: order.enterprise, event: event,
                occurrence: occurrence + 1,
                lines: [
                    JournalEntry.Line(
                        account: .feeIncome, owner: JournalEntry.withdrawalFees, item: order.number,
                        amount: order.fee.fen),
                    back(order.fee),
                ]), at: moment, on: connection)
    }

    /// A payout in the bank's files.
    private struct FilePayment {
        let serial: String
        let amount: Money
        let settlementDate: LocalDate
        /// Whether our books or a case know it already.
        let isExplained: Bool
    }

    /// The payout that the file's line of a return names as the one it gives back.
    private static func payment(returnedBy serial: String, on connection: isolated Connection) throws
        -> FilePayment?
    {
        let channel = Channel.payout.rawValue
        return try connection.query(
            """
            SELECT p.serial, p.amount, f.settlement_date,
                EXISTS (SELECT FROM bank_serials WHERE channel = p.channel AND serial = p.serial)
                    OR EXISTS (SELECT FROM differences WHERE channel = p.channel AND serial = p.serial) AS is_explained
            FROM bank_file_lines r
            JOIN bank_file_lines p ON p.channel = r.channel AND p.serial = r.original_serial AND p.trade = 'payout'
            JOIN bank_files f ON f.id = p.file_id
            WHERE r.channel = \(channel) AND r.serial = \(serial) AND r.trade = 'payoutReturn'
            ORDER BY p.file_id, p.line LIMIT 1
            """
        ).first.map { row in
            FilePayment(
                serial: try row["serial"], amount: try row["amount"],
                settlementDate: try row["settlement_date"], isExplained: try row["is_explained"])
        }
    }

    /// Whether we have borne the loss of a payout, so that its return is a gain that nobody has counted on.
    private static func isBorne(_ withdrawal: Withdrawal, on connection: isolated Connection) throws -> Bool {
        let event = WithdrawalStatus.Event.borne.rawValue
        return try !connection.query(
            "SELECT 1 AS one FROM order_events WHERE order_id = \(withdrawal.reference.id) AND event = \(event)"
        ).isEmpty
    }

    /// Whether the files also have the return of a payout of a refused withdrawal, all of it, that nobody has been credited
    /// with. Where its file came first, what it had parked goes back (P04) under the day of the payment.
    private static func cancel(
        payment serial: String, _ settlementDate: LocalDate, of withdrawal: Withdrawal, at moment: Date,
        on connection: isolated Connection
    ) throws -> Bool {
        let rows = try connection.query(
            """
            SELECT l.serial, d.id, d.parking = 'receipt' AS is_parked, d.state FROM bank_file_lines l
            LEFT JOIN differences d ON d.channel = l.channel AND d.serial = l.serial AND d.class <> 'cutOff'
            WHERE l.order_number = \(withdrawal.number) AND l.channel = \(Channel.payout.rawValue)
                AND l.trade = 'payoutReturn' AND l.original_serial = \(serial) AND l.amount = \(withdrawal.amount)
            ORDER BY l.file_id, l.line LIMIT 1
            """)
        guard let row = rows.first else { return false }
        guard let parked: Int64 = try row["id"], try row["is_parked"] else { return true }
        guard try row.decode("state", as: DifferenceState.self) != .resolved else { return false }
        let back: String = try row["serial"]
        try Orders.record(
            .payoutReturned, from: withdrawal.status, of: withdrawal.reference, at: moment, by: .bank,
            note: back, on: connection)
        try Differences.takeBack(
            parked, under: settlementDate, note: serial, at: moment, on: connection)
        return true
    }

    /// Whether a withdrawal was booked as paid and returned by the return of this payout, whose own line comes only now.
    private static func isReturned(
        payment serial: String, of withdrawal: Withdrawal, on connection: isolated Connection
    ) throws -> Bool {
        guard withdrawal.bankSerial == nil else { return false }
        return try !connection.query(
            """
            SELECT 1 AS one FROM bank_file_lines l
            JOIN bank_serials b ON b.channel = l.channel AND b.serial = l.serial AND b.order_id = \(withdrawal.reference.id)
            WHERE l.order_number = \(withdrawal.number) AND l.channel = \(Channel.payout.rawValue)
                AND l.trade = 'payoutReturn' AND l.original_serial = \(serial)
            """
        ).isEmpty
    }

    /// The complete files of D to D+3 lack what we hold for paid, or held before later news came: a case for a person.
    func missing(_ id: Int64, case difference: Int64, at moment: Date, on connection: isolated Connection)
        throws
    {
        guard let now = try Self.locked(id, on: connection) else { return }
        if now.status == .paid {
            try Orders.record(
                .absentFromFiles, from: now.status, of: now.reference, at: moment, by: .system, on: connection
            )
        }
        try Differences.record(
            .daysPassed, of: difference, at: moment, by: .system, note: "已付款，银行 D 至 D+3 日文件均无此交易",
            on: connection)
    }
}

extension Differences {
    /// A withdrawal of which the bank knows nothing and that the complete files lack: a case for two people.
    func openMissing(_ withdrawal: Withdrawal, at moment: Date, on connection: isolated Connection) throws {
        let known = try connection.query(
            """
            SELECT 1 AS one FROM differences
            WHERE order_id = \(withdrawal.reference.id) AND class = 'oursOnly' AND state IN ('open', 'proposed')
            """)
        guard known.isEmpty else { return }
        try open(
            New(
                channel: .payout, kind: .oursOnly, settlementDate: withdrawal.sentOn,
                order: withdrawal.reference, ourAmount: withdrawal.amount,
                detail: "银行称无此交易，D 至 D+3 日文件也没有：确认后退回余额"), at: moment, on: connection)
    }
}

extension Withdrawals {
    /// Two people have decided that the bank never carried it out: the money is set free. One that we hold for paid comes back
    /// to the company wholly, with our fee (P33, P34), under the day on which it was booked.
    ///
    /// - Parameter difference: the case in which they have decided it.
    static func absent(
        _ id: Int64, case difference: Int64, by actor: Actor, at moment: Date,
        on connection: isolated Connection
    ) throws {
        guard let now = try locked(id, on: connection) else { return }
        switch now.status {
        case .unknown:
            try finish(
                now, .absentFromFiles, postings: [.released], reason: "银行确认未收到该笔提现", at: moment, by: actor,
                on: connection)
        case .paid:
            let day: LocalDate? = try connection.query(
                "SELECT settlement_date FROM withdrawals WHERE order_id = \(id)"
            ).only()["settlement_date"]
            guard let serial = now.bankSerial, let day else { throw DifferenceError.unfitting }
            try BankSerials.release(case: difference, on: connection)
            guard try !BankFiles.have(payout: now.number, serial: serial, on: connection) else {
                throw DifferenceError.unfitting
            }
            let event = WithdrawalStatus.Event.neverPaid
            try Orders.record(
                event, from: now.status, of: now.reference, at: moment, by: actor, note: serial,
                on: connection)
            try postReturn(
                of: now, event, amount: now.amount, settlementDate: day, givesFeeBack: true,
                at: moment, on: connection)
            try connection.execute(
                """
                UPDATE withdrawals SET bank_serial = NULL, settlement_date = NULL, reason = '银行确认未付款'
                WHERE order_id = \(id)
                """)
        default: throw DifferenceError.unfitting
        }
    }

    /// The order, its enterprise locked first.
    fileprivate static func locked(_ id: Int64, on connection: isolated Connection) throws -> Withdrawal? {
        let rows = try connection.query("SELECT enterprise_id FROM orders WHERE id = \(id)")
        guard let enterprise: Enterprise.ID = try rows.first?["enterprise_id"] else { return nil }
        try connection.lockOrders(of: enterprise)
        return try current(id, on: connection)
    }
}
