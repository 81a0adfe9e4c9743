import Foundation
import Postgres

/// What a day's file and our books do not have in common, worked off line by line.
extension BankFiles {
    /// A line that is not simply matched.
    private struct Unmatched: Sendable {
        let line: Int
        let trade: Trade
        let serial: String
        let originalSerial: String?
        let orderNumber: String
        let amount: Money
        let kind: DifferenceClass
        let order: Int64?
    }

    /// Works off what a day's file and our books do not have in common, each line in a transaction of its own, and looks at
    /// what the file lacks. Doing it again changes nothing.
    ///
    /// - Returns: whether it is done; false where a payment waits for the bank to say whether it may be credited.
    @discardableResult
    public func workOff(_ day: LocalDate) async throws -> Bool {
        try await reportAdjustments(of: day)
        var last = 0
        var isDone = true
        while true {
            let rows = try await platform.database.query(
                """
                SELECT l.line, l.trade, l.serial, l.original_serial, l.order_number, l.amount, x.class, x.order_id
                FROM bank_files f JOIN bank_file_exceptions x ON x.file_id = f.id
                JOIN bank_file_lines l ON l.file_id = x.file_id AND l.line = x.line
                WHERE f.settlement_date = \(day) AND x.line > \(last)
                ORDER BY x.line LIMIT 200
                """)
            if rows.isEmpty { break }
            for row in rows {
                let line = Unmatched(
                    line: try row["line"], trade: try row["trade"], serial: try row["serial"],
                    originalSerial: try row["original_serial"], orderNumber: try row["order_number"],
                    amount: try row["amount"], kind: try row["class"], order: try row["order_id"])
                last = line.line
                if line.trade == .payment, let order = line.order {
                    // The bank is asked outside of every transaction.
                    guard try await platform.topUps.isBookable(line.amount, of: order, filed: day) else {
                        isDone = false
                        continue
                    }
                }
                try await work(line, of: day)
            }
        }
        try await lookForMissing(day)
        return isDone
    }

    /// Opens a case for lines of errors and adjustments (ZME): what they mean has to be asked of the bank.
    private func reportAdjustments(of day: LocalDate) async throws {
        let moment = platform.effects.now()
        try await platform.database.transaction { connection in
            let rows = try connection.query(
                "SELECT adjustments FROM bank_files WHERE settlement_date = \(day) AND adjustments > 0")
            guard let count: Int64 = try rows.first?["adjustments"] else { return }
            try platform.differences.open(
                Differences.New(
                    channel: .gateway, kind: .stateDiffers, settlementDate: day, serial: "ZME-\(day)",
                    detail: "对账文件含 \(count) 行差错调整（ZME），含义须向银行核实"),
                at: moment, on: connection)
        }
    }

    private func work(_ line: Unmatched, of day: LocalDate) async throws {
        let moment = platform.effects.now()
        try await platform.database.transaction { connection in
            let order = try line.order ?? Self.original(of: line, on: connection)
            let reference = try order.flatMap { try Self.reference($0, on: connection) }
            if let reference { try connection.lockOrders(of: reference.enterprise) }
            let booked = try Self.booked(line, on: connection)
            if try Self.isExplained(line, booked, on: connection) { return }
            var new = Differences.New(
                channel: line.trade.channel, kind: line.kind, settlementDate: day, order: reference,
                serial: line.serial, bankAmount: line.amount, ourAmount: reference?.amount, detail: "")
            switch (line.kind, line.trade, order) {
            case (.duplicate, _, _):
                new.detail = "同一流水号在文件中出现多次"
            case (.feeDiffers, _, _):
                new.detail = "银行收取的手续费与约定不符"
            case (.amountDiffers, let trade, _)
            where booked != nil && (trade != .refund || booked?.isOther == true):
                new.detail = "已入账的金额与银行文件不符"
                try new.parkDifference(of: line.amount, from: booked?.amount ?? line.amount, in: line.trade)
            case (_, _, _) where booked?.isOther == true:
                new.kind = .stateDiffers
                new.detail = "该流水号已为 \(booked?.number ?? "") 入账，银行文件中却是另一笔交易 \(line.orderNumber)"
            case (_, .payment, let order?):
                try platform.topUps.settle(
                    order,
                    file: TopUps.FilePayment(serial: line.serial, amount: line.amount, settlementDate: day),
                    at: moment, on: connection)
                return
            case (_, .reversal, let order?):
                try platform.topUps.reversed(
                    order, serial: line.serial, original: line.originalSerial ?? "", amount: line.amount,
                    settlementDate: day, at: moment, on: connection)
                return
            case (_, .payout, let order?):
                try platform.withdrawals.settle(
                    order, file: line.serial, amount: line.amount, settlementDate: day, at: moment,
                    on: connection)
                return
            case (_, .payoutReturn, let order?):
                try platform.withdrawals.payoutReturned(
                    order, serial: line.serial, amount: line.amount, settlementDate: day, at: moment,
                    on: connection)
                return
            case (_, .refund, _):
                if try platform.refunds.settle(
                    line.orderNumber, serial: line.serial, amount: line.amount, settlementDate: day,
                    at: moment, on: connection)
                {
                    return
                }
                if try Self.takeBack(line, of: order, under: day, at: moment, on: connection) { return }
                new.detail = "银行退回了一笔我方未发起的退款"
                new.parking = .loss
                new.amount = line.amount
            case (_, .payment, nil):
                new.detail = "银行收款，没有对应的充值订单"
                new.parking = .receipt
                new.amount = line.amount
            case (_, .reversal, nil):
                if try Self.takeBack(line, of: nil, at: moment, on: connection) { return }
                new.detail = "银行冲回一笔我方没有的收款"
                new.clearingDay = try Self.receiptDay(line, on: connection)
                new.parking = .loss
                new.amount = line.amount
            case (_, .payout, nil)
            where try platform.billerSettlements.settle(
                line.orderNumber, serial: line.serial, amount: line.amount, settlementDate: day, at: moment,
                on: connection):
                return
            case (_, .payoutReturn, nil)
            where try platform.billerSettlements.payoutReturned(
                line.orderNumber, serial: line.serial, original: line.originalSerial ?? "",
                amount: line.amount, settlementDate: day, at: moment, on: connection):
                return
            case (_, .payout, nil):
                new.detail = "银行付款，没有对应的提现订单"
                new.parking = .loss
                new.amount = line.amount
            case (_, .payoutReturn, nil):
                new.detail = "银行退回一笔我方没有的付款"
                new.parking = .receipt
                new.amount = line.amount
            }
            try platform.differences.open(new, at: moment, on: connection)
        }
    }

    /// Whether a case knows the line already, or has been ended by it, or our books have booked it by now.
    private static func isExplained(
        _ line: Unmatched, _ booked: Booked?, on connection: isolated Connection
    ) throws -> Bool {
        let cases = try connection.query(
            """
            SELECT class FROM differences
            WHERE channel = \(line.trade.channel.rawValue) AND serial = \(line.serial)
            UNION ALL
            SELECT \(DifferenceClass.stateDiffers.rawValue) FROM differences d JOIN difference_events v ON v.difference_id = d.id
            WHERE d.channel = \(line.trade.channel.rawValue) AND d.serial = \(line.originalSerial)
                AND d.handling = \(Handling.takenBack) AND v.note = \(line.serial)
            """
        ).map { try $0.decode("class", as: DifferenceClass.self) }
        switch line.kind {
        case .duplicate, .feeDiffers: return cases.contains(line.kind)
        case .amountDiffers: return !cases.isEmpty
        default: return !cases.isEmpty || booked?.isOther == false
        }
    }

    /// What our books have under a line's serial.
    private struct Booked {
        let number: String
        let amount: Money
        /// Whether the line names another trade or another number.
        let isOther: Bool
    }

    /// What our books have under the serial. A settlement to a biller has it with its own amount only: the class of its lines
    /// says nothing of that. What has become of a refund by now is for the refund to say.
    private static func booked(_ line: Unmatched, on connection: isolated Connection) throws -> Booked? {
        try connection.query(
            """
            SELECT b.number, b.amount, \(fragment: isOther) AS is_other
            FROM bank_serials b JOIN (
                SELECT \(line.trade) AS trade, \(line.orderNumber) AS order_number
            ) l ON b.channel = \(line.trade.channel.rawValue) AND b.serial = \(line.serial)
            WHERE (b.settlement_id IS NULL OR b.amount = \(line.amount))
                AND (b.refund_id IS NULL OR b.amount <> \(line.amount) OR \(fragment: isOther))
            """
        ).first.map {
            Booked(number: try $0["number"], amount: try $0["amount"], isOther: try $0["is_other"])
        }
    }

    /// The order of the trade that a line gives back.
    private static func original(of line: Unmatched, on connection: isolated Connection) throws -> Int64? {
        guard let original = line.originalSerial else { return nil }
        return try connection.query(
            """
            SELECT order_id FROM bank_serials
            WHERE channel = \(line.trade.channel.rawValue) AND serial = \(original) AND order_id IS NOT NULL
            UNION ALL
            SELECT order_id FROM differences WHERE channel = \(line.trade.channel.rawValue)
                AND serial = \(original) AND order_id IS NOT NULL
            LIMIT 1
            """
        ).first?["order_id"]
    }

    /// Gives back to the bank what a case had parked: the bank has given it back to the payer without us.
    ///
    /// - Parameter day: under which clearing has the line, where that is not the case's own.
    private static func takeBack(
        _ line: Unmatched, of order: Int64?, under day: LocalDate? = nil, at moment: Date,
        on connection: isolated Connection
    ) throws -> Bool {
        guard let original = line.originalSerial else { return false }
        let rows = try connection.query(
            """
            SELECT id FROM differences
            WHERE channel = \(line.trade.channel.rawValue) AND serial = \(original) AND parking = 'receipt'
                AND amount = \(line.amount) AND state IN ('open', 'proposed')
            """)
        guard let row = rows.first else { return false }
        try Differences.takeBack(
            try row["id"], under: day, note: line.serial, at: moment, on: connection)
        if let order { try TopUps.givenBack(order, note: line.serial, by: .bank, at: moment, on: connection) }
        return true
    }

    /// The day under which clearing has the money that a reversal takes back, where a case has parked it.
    private static func receiptDay(_ line: Unmatched, on connection: isolated Connection) throws -> LocalDate?
    {
        guard let original = line.originalSerial else { return nil }
        return try connection.query(
            """
            SELECT settlement_date FROM differences
            WHERE channel = \(line.trade.channel.rawValue) AND serial = \(original) AND parking = 'receipt'
            ORDER BY id LIMIT 1
            """
        ).first?["settlement_date"]
    }

    static func reference(_ id: Int64, on connection: isolated Connection) throws -> OrderReference? {
        try connection.query(
            "SELECT id, kind, number, enterprise_id, amount, fee FROM orders WHERE id = \(id)"
        ).first.map { try Orders.reference(from: $0) }
    }
}
