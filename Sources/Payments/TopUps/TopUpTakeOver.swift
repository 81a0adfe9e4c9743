import Foundation
import Postgres

/// Top-ups that the bank has to bring to their end by itself: it took the money after the time allowed and gives it back, or it
/// says that it has the money, which its files then bring. What it leaves undone is for two people.
extension TopUps {
    /// How many working days the bank has for that, after the day on which the order came to its state. **[decide]**
    public static let settlingWorkingDays = 10

    /// How soon the bank is asked once more about an order that is left to it, in seconds.
    private static let onceMoreSeconds = 86_400.0

    /// Leaves an order to the bank for its working days.
    static func leaveToBank(_ id: Int64, from moment: Date, on connection: isolated Connection) throws {
        try Jobs.schedule(
            .topUp, id, due: moment.addingTimeInterval(onceMoreSeconds), on: connection)
    }

    /// Lets two people take over what the bank was left with, when its working days are over: what a file has parked is theirs to
    /// credit or to give back then; where no file has the money, a case asks them to clear it up with the bank.
    func takeOver(_ id: Int64) async throws {
        let calendar = try await platform.workingDays.calendar()
        let moment = platform.effects.now()
        try await platform.database.transaction { connection in
            guard let now = try Self.locked(id, on: connection), now.status.isLeftToBank else { return }
            let last = calendar.adding(
                workingDays: Self.settlingWorkingDays, to: LocalDate(now.stateSince)
            ).latest
            guard moment >= last.adding(days: 1).start else {
                try Jobs.again(.topUp, id, due: last.adding(days: 1).start, on: connection)
                return
            }
            if now.status == .lateDebited {
                try Orders.record(
                    .bankRefundOverdue, from: now.status, of: now.reference, at: moment, by: .system,
                    on: connection)
            }
            if try !Self.isParked(id, on: connection), try Self.questions(id, on: connection).isEmpty {
                try platform.differences.open(
                    Differences.New(
                        channel: .gateway, kind: .oursOnly, settlementDate: LocalDate(now.stateSince),
                        order: now.reference, ourAmount: now.amount,
                        detail: "银行称已扣款，\(Self.settlingWorkingDays) 个工作日内既未退回，对账文件也没有这笔付款：请向银行查明"),
                    at: moment, on: connection)
            }
            try Jobs.finish(.topUp, id, on: connection)
        }
    }

    /// Ends the cases that asked people what has become of an order: the bank has said it.
    static func answered(
        _ id: Int64, note: String, at moment: Date, on connection: isolated Connection
    ) throws {
        for question in try questions(id, on: connection) {
            try Differences.record(
                .laterFileMatched, of: question, at: moment, by: .bank, note: note, on: connection)
        }
    }

    /// The open cases that ask people to clear up with the bank what no file has of an order; no serial of the bank is known.
    private static func questions(_ id: Int64, on connection: isolated Connection) throws -> [Int64] {
        try connection.query(
            """
            SELECT id FROM differences WHERE order_id = \(id) AND class = \(DifferenceClass.oursOnly) AND serial IS NULL
                AND parking = 'none' AND state IN ('open', 'proposed')
            """
        ).map { try $0["id"] }
    }

    /// Whether money of an order is parked: it waits for people, or is on its way back to the payer.
    static func isParked(_ id: Int64, on connection: isolated Connection) throws -> Bool {
        try !connection.query(
            """
            SELECT 1 AS one FROM differences d
            WHERE d.order_id = \(id) AND d.parking = 'receipt' AND (
                d.state IN ('open', 'proposed') OR EXISTS (
                    SELECT FROM refunds r WHERE r.difference_id = d.id AND r.state NOT IN (
                        \(RefundStatus.refused), \(RefundStatus.rejected), \(RefundStatus.withdrawn))))
            LIMIT 1
            """
        ).isEmpty
    }
}
