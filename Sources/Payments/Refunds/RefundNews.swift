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

    /// The bank has not carried out a refund and has taken its payment back by itself while that was open: what lies with the
    /// case again is what the bank took (P04), and there is no loss any more (P44). One that people have ended stays as it is.
    static func settleTakenBack(
        _ refund: Refund, at moment: Date, on connection: isolated Connection
    ) throws {
        let rows = try connection.query(
            """
            SELECT serial FROM bank_file_lines
            WHERE channel = \(Channel.gateway.rawValue) AND trade = 'reversal' AND original_serial = \(refund.originalSerial)
            LIMIT 1
            """)
        guard let serial: String = try rows.first?["serial"],
            let loss = try Differences.loss(of: serial, .gateway, on: connection), loss.state.isOpen,
            loss.amount == refund.amount
        else { return }
        try Differences.makeGood(
            loss, cameBack: loss.amount, on: loss.settlementDate, note: refund.number, at: moment, connection)
        try Differences.takeBack(refund.difference, note: serial, at: moment, on: connection)
        if let order = refund.orderID {
            try TopUps.takenBack(order, serial: serial, at: moment, on: connection)
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
