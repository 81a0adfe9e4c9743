import Foundation
import Postgres

/// What the bank says of a refund, or of the money it gives back, without being asked.
extension Refunds {
    /// Whether a refund of ours gives back of the payment with this serial, and the bank has not refused it.
    static func givesBack(_ original: String, on connection: isolated Connection) throws -> Bool {
        try !connection.query(
            """
            SELECT 1 AS one FROM refunds WHERE original_serial = \(original)
                AND state NOT IN (\(RefundStatus.refused), \(RefundStatus.rejected), \(RefundStatus.withdrawn)) LIMIT 1
            """
        ).isEmpty
    }

    /// The bank has not carried out a refund and has taken its payment back, or refunded it, by itself while that was open: what
    /// lies with the case again is what the bank took (P04), and there is no loss any more (P44), both under one day: clearing
    /// stays as it is. A loss that people have ended stays too.
    static func settleTakenBack(
        _ refund: Refund, at moment: Date, on connection: isolated Connection
    ) throws {
        let rows = try connection.query(
            """
            SELECT l.serial FROM bank_file_lines l
            JOIN differences d ON d.channel = l.channel AND d.serial = l.serial AND d.parking = 'loss'
            WHERE l.channel = \(Channel.gateway.rawValue) AND NOT l.is_duplicate AND l.original_serial = \(refund.originalSerial)
                AND (l.trade = 'reversal' OR l.trade = 'refund' AND NOT EXISTS (
                    SELECT FROM refunds r WHERE r.number = l.order_number OR r.bank_serial = l.serial))
                AND d.amount = \(refund.amount) AND d.state IN ('open', 'proposed')
            ORDER BY d.id LIMIT 1
            """)
        guard let serial: String = try rows.first?["serial"],
            let loss = try Differences.loss(of: serial, .gateway, on: connection)
        else { return }
        try Differences.makeGood(
            loss, cameBack: loss.amount, on: loss.settlementDate, note: refund.number, at: moment, connection)
        try Differences.takeBack(
            refund.difference, under: loss.settlementDate, note: serial, at: moment, on: connection)
        if let order = refund.orderID {
            try TopUps.givenBack(order, note: serial, by: .bank, at: moment, on: connection)
        }
        if let enterprise = loss.enterprise {
            try Enterprises.resumeOutgoing(
                enterprise, reason: "退款 \(refund.number) 未执行，银行已自行退回", at: moment, on: connection)
        }
    }

    /// The refund that a notification names.
    func notified(_ number: String) async throws -> NotifiedOrder? {
        try await platform.database.transaction { connection in
            let rows = try connection.query("SELECT id FROM refunds WHERE number = \(number)")
            guard let id: Int64 = try rows.first?["id"] else { return nil }
            let refund = try Self.load(id, on: connection)
            let bank = platform.bank
            return NotifiedOrder(
                id: id, enterprise: nil, job: .refund, order: refund.orderID,
                expected: {
                    guard let expected = try bank.expectation(of: refund) else {
                        throw UnreadableOrder(column: "transaction_time")
                    }
                    return expected
                })
        }
    }
}
