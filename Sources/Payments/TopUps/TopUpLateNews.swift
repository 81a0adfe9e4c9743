import Foundation
import Postgres

/// What the bank's files and its late words do to a top-up. Good news is booked at once; bad news is parked at once and waits
/// for two people.
extension TopUps {
    /// A payment in the bank's file that no entry of ours explains yet.
    struct FilePayment: Sendable {
        let serial: String
        let amount: Money
        let settlementDate: LocalDate
    }

    /// Books a payment that the file of a settlement day brings for a top-up, or parks it where it may not be credited.
    func settle(_ id: Int64, file payment: FilePayment, at moment: Date, on connection: isolated Connection)
        throws
    {
        guard let now = try Self.locked(id, on: connection) else { return }
        let mayTake = try connection.state(of: now.reference.enterprise) != .closed
        var new = Differences.New(
            channel: .gateway, kind: .stateDiffers, settlementDate: payment.settlementDate,
            order: now.reference, serial: payment.serial, bankAmount: payment.amount, ourAmount: now.amount,
            detail: "", parking: .receipt, amount: payment.amount)
        switch now.status {
        case .created, .atBank, .closing, .closed:
            guard payment.amount == now.amount, mayTake else {
                new.kind = payment.amount == now.amount ? .stateDiffers : .amountDiffers
                new.detail = mayTake ? "银行对账文件中的金额与订单不符" : "单位账户不能入账"
                try platform.differences.open(new, at: moment, on: connection)
                // Whoever has not gone to the bank cannot have paid there; the money is parked all the same.
                if now.status != .created {
                    try Orders.record(
                        .receiptMismatched, from: now.status, of: now.reference, at: moment, by: .bank,
                        note: payment.serial, on: connection)
                    try Jobs.finish(.topUp, id, on: connection)
                }
                return
            }
            var current = now
            if now.status == .created {
                try Orders.record(
                    .handedOff, from: now.status, of: now.reference, at: moment, by: .bank,
                    note: payment.serial, on: connection)
                current = try Self.locked(id, on: connection) ?? now
            }
            try Self.credit(
                current, serial: payment.serial, settlementDate: payment.settlementDate, at: moment,
                on: connection)
            new.detail = "订单未到账而银行已收款，已自动补账"
            new.parking = .none
            new.amount = .zero
            new.event = .foundCleared
            try platform.differences.open(new, at: moment, on: connection)
        case .lateDebited:
            new.detail = "付款时限之后扣款，等待银行退回"
            try platform.differences.open(new, at: moment, on: connection)
        case .refundedByBank:
            let takingBack = try Self.takingBack(payment.serial, of: id, on: connection)
            new.detail = takingBack == nil ? "银行退回后又收到一笔付款" : "付款所在的文件晚于退回所在的文件"
            let opened = try platform.differences.open(new, at: moment, on: connection)
            if let takingBack {
                if let opened {
                    try Differences.takeBack(opened, note: takingBack, at: moment, on: connection)
                }
            } else {
                try Orders.record(
                    .paidConfirmed, from: now.status, of: now.reference, at: moment, by: .bank,
                    note: payment.serial, on: connection)
            }
        case .credited:
            new.kind = .duplicate
            new.detail = "订单已入账，银行又收到一笔付款"
            try platform.differences.open(new, at: moment, on: connection)
            try Orders.record(
                .paidAgain, from: now.status, of: now.reference, at: moment, by: .bank, note: payment.serial,
                on: connection)
        case .inReview:
            new.detail = "待人工核实的订单，银行已收款"
            try platform.differences.open(new, at: moment, on: connection)
            try Self.answered(id, note: payment.serial, at: moment, on: connection)
        case .returned, .reversalParked, .reversed:
            new.kind = .duplicate
            new.detail = "订单已了结，银行又收到一笔付款"
            try platform.differences.open(new, at: moment, on: connection)
        }
    }

    /// The serial by which the bank has taken a payment back, where the file that says so came before the payment's own.
    private static func takingBack(
        _ serial: String, of order: Int64, on connection: isolated Connection
    ) throws -> String? {
        try connection.query(
            """
            SELECT l.serial FROM differences d
            JOIN bank_file_lines l ON l.channel = d.channel AND l.serial = d.serial AND NOT l.is_duplicate
            WHERE d.order_id = \(order) AND l.trade = 'reversal' AND l.original_serial = \(serial) LIMIT 1
            """
        ).first.map { try $0["serial"] }
    }

    /// Parks what the bank has taken back (冲正): credited money becomes a loss that waits for two people; money that was never
    /// credited goes back to the bank at once.
    ///
    /// - Parameters:
    ///   - serial: of the reversal.
    ///   - original: of the payment that was taken back.
    ///   - amount: of the reversal, in fen.
    func reversed(
        _ id: Int64, serial: String, original: String, amount: Money, settlementDate: LocalDate,
        at moment: Date, on connection: isolated Connection
    ) throws {
        guard let now = try Self.locked(id, on: connection) else { return }
        // Money that waits with us under this serial is what the bank has taken back.
        let parked = try connection.query(
            """
            SELECT id, settlement_date, state FROM differences
            WHERE channel = \(Channel.gateway.rawValue) AND serial = \(original) AND parking = 'receipt'
            ORDER BY id
            """)
        if let row = try parked.first(where: { try $0.decode("state", as: DifferenceState.self).isOpen }) {
            let difference: Int64 = try row["id"]
            try Differences.takeBack(difference, note: serial, at: moment, on: connection)
            try Self.givenBack(id, note: serial, by: .bank, at: moment, on: connection)
            return
        }
        var new = Differences.New(
            channel: .gateway, kind: .stateDiffers, settlementDate: settlementDate, order: now.reference,
            serial: serial, bankAmount: now.amount, ourAmount: now.amount, detail: "",
            clearingDay: try parked.first?["settlement_date"])
        if try Refunds.givesBack(original, on: connection) {
            // Our own refund of the same money is with the bank, or done: it gives back twice.
            if now.status == .returned {
                try Orders.record(
                    .bankRefundConfirmed, from: now.status, of: now.reference, at: moment, by: .bank,
                    note: serial, on: connection)
            }
            new.bankAmount = amount
            new.detail = now.status == .returned ? "已退回付款人，银行又退回一次" : "退款已发起，银行又自行退回同一笔款项"
            new.parking = .loss
            new.amount = amount
            try platform.differences.open(new, at: moment, on: connection)
            return
        }
        switch now.status {
        // Of one in review only where its money is not with us: what came as another payment stays for two people.
        case .lateDebited,
            .inReview where try !Self.isParked(id, on: connection):
            try Self.givenBack(id, note: serial, by: .bank, at: moment, on: connection)
            new.detail = "银行已退回时限之后的扣款"
            new.event = .foundCleared
        case .credited:
            try Orders.record(
                .reversedByBank, from: now.status, of: now.reference, at: moment, by: .bank, note: serial,
                on: connection)
            try Losses.park(
                now.reference, event: TopUpStatus.Event.reversedByBank.rawValue, channel: .gateway,
                settlementDate: new.clearingDay ?? settlementDate, at: moment, on: connection)
            new.detail = "充值已入账，银行又冲回"
            new.parking = .order
            new.amount = try Losses.moved(by: now.reference, on: connection)
        case .atBank, .closing, .closed:
            // The file of the payment comes late, and no question has told of it: its money never came to rest with us.
            let debited = try Orders.record(
                .lateDebitReported, from: now.status, of: now.reference, at: moment, by: .bank,
                note: original, on: connection)
            try Orders.record(
                .bankRefundConfirmed, from: debited, of: now.reference, at: moment, by: .bank, note: serial,
                on: connection)
            try Jobs.finish(.topUp, id, on: connection)
            new.detail = "银行已退回一笔未入账的付款"
            new.event = .foundCleared
        case .created, .refundedByBank, .inReview, .returned, .reversalParked, .reversed:
            new.detail = "银行冲回一笔未入账的付款"
        }
        try platform.differences.open(new, at: moment, on: connection)
    }

    /// The payer has back what the bank had taken: by a line of its file, or by its word to two people.
    static func givenBack(
        _ id: Int64, note: String, by actor: Actor, at moment: Date, on connection: isolated Connection
    ) throws {
        guard let now = try locked(id, on: connection), now.status.isLeftToBank else { return }
        try Orders.record(
            .bankRefundConfirmed, from: now.status, of: now.reference, at: moment, by: actor, note: note,
            on: connection)
        try answered(id, note: note, at: moment, on: connection)
        try Jobs.finish(.topUp, id, on: connection)
    }

    /// The complete files of D to D+3 lack what was credited: the loss is parked, and the case says so. What later news has taken
    /// from the company already, or parked, is not parked twice: the case alone waits for people.
    func missing(
        _ id: Int64, case difference: Int64, settlementDate: LocalDate, at moment: Date,
        on connection: isolated Connection
    ) throws {
        guard let now = try Self.locked(id, on: connection) else { return }
        let note = "已入账，银行 D 至 D+3 日文件均无此交易"
        guard now.status == .credited else {
            try Differences.record(
                .daysPassed, of: difference, at: moment, by: .system, note: note, on: connection)
            return
        }
        try Orders.record(
            .absentFromFiles, from: now.status, of: now.reference, at: moment, by: .system, on: connection)
        try Losses.park(
            now.reference, event: TopUpStatus.Event.absentFromFiles.rawValue, channel: .gateway,
            settlementDate: settlementDate, at: moment, on: connection)
        try Differences.record(
            .daysPassed, of: difference, at: moment, by: .system, note: note, parking: .order,
            amount: now.amount, on: connection)
        try Enterprises.stopOutgoing(
            now.reference.enterprise, reason: "银行与账簿不符（\(now.number)），待核实", at: moment, on: connection)
    }

    /// Two people have credited the money that a difference had parked. An order in review is credited by that.
    static func creditedByReview(
        _ id: Int64, through difference: Int64, by actor: Actor, at moment: Date,
        on connection: isolated Connection
    ) throws {
        guard let now = try locked(id, on: connection), now.status == .inReview else { return }
        try Orders.record(
            .creditApproved, from: now.status, of: now.reference, at: moment, by: actor, on: connection)
        try connection.execute(
            "UPDATE top_ups SET credited_through = \(difference) WHERE order_id = \(id)")
    }

    /// The money of an order in review has gone back to the payer.
    static func returned(_ id: Int64, at moment: Date, on connection: isolated Connection) throws {
        guard let now = try locked(id, on: connection), now.status == .inReview else { return }
        try Orders.record(
            .returnCompleted, from: now.status, of: now.reference, at: moment, by: .bank, on: connection)
    }

    /// The order, its enterprise locked first.
    static func locked(_ id: Int64, on connection: isolated Connection) throws -> TopUp? {
        let rows = try connection.query("SELECT enterprise_id FROM orders WHERE id = \(id)")
        guard let enterprise: Enterprise.ID = try rows.first?["enterprise_id"] else { return nil }
        try connection.lockOrders(of: enterprise)
        return try current(id, on: connection)
    }
}
