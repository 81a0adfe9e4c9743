import Foundation
import Postgres

/// What a biller's statement and our books do not have in common, worked off line by line, and what the statements lack.
extension BillerStatements {
    /// A line that is not simply matched.
    private struct Unmatched: Sendable {
        let line: Int
        let paymentNumber: String
        let serial: String
        let amount: Money
        let kind: LineClass
        let order: Int64?
    }

    /// Works off a statement that was taken, each line in a transaction of its own, and looks at what the statements lack.
    /// Doing it again changes nothing.
    public func workOff(_ id: Int64) async throws {
        let planned = try await find(id)
        var last = 0
        while true {
            let rows = try await platform.database.query(
                """
                SELECT line, payment_number, serial, amount, class, order_id FROM biller_statement_lines
                WHERE statement_id = \(id) AND class <> 'matched' AND line > \(last) ORDER BY line LIMIT 200
                """)
            if rows.isEmpty { break }
            for row in rows {
                let line = Unmatched(
                    line: try row["line"], paymentNumber: try row["payment_number"],
                    serial: try row["serial"], amount: try row["amount"], kind: try row["class"],
                    order: try row["order_id"])
                try await work(line, of: planned)
                last = line.line
            }
        }
        try await denyMissing(of: planned.biller)
    }

    private func work(_ line: Unmatched, of planned: Planned) async throws {
        let moment = platform.effects.now()
        try await platform.database.transaction { connection in
            let order = try line.order.flatMap { try BankFiles.reference($0, on: connection) }
            if let order { try connection.lockOrders(of: order.enterprise) }
            try Self.lock(planned.biller.code, on: connection)
            let key = Difference.billerSerial(planned.biller.code, line.paymentNumber)
            var new = Differences.New(
                channel: .biller, kind: .stateDiffers, settlementDate: planned.day, order: order,
                serial: key, bankAmount: line.amount, ourAmount: order?.amount, detail: "")
            if line.kind == .duplicate {
                new.kind = .duplicate
                new.detail = "\(planned.biller.name)的对账单中同一笔缴费出现多次"
                try platform.differences.open(new, at: moment, on: connection)
                return
            }
            let isKnown = try !connection.query(
                """
                SELECT 1 AS one FROM differences
                WHERE channel = \(Channel.biller.rawValue) AND serial = \(key) AND class <> 'duplicate'
                """
            ).isEmpty
            guard let order else {
                new.kind = .bankOnly
                new.detail = "\(planned.biller.name)已销账，没有对应的缴费订单"
                if !isKnown { try platform.differences.open(new, at: moment, on: connection) }
                return
            }
            switch line.kind {
            case .amountDiffers:
                if isKnown { return }
                new.kind = .amountDiffers
                new.detail = "\(planned.biller.name)的销账金额与我方不符"
                if try platform.billPayments.deny(order.id, as: new, at: moment, on: connection) { return }
                // Ours is not written off either: its own way goes on, and people know of this.
                new.kind = .stateDiffers
            default:
                let isBooked = try platform.billPayments.stated(
                    order.id, serial: line.serial, on: planned.day, at: moment, on: connection)
                if isBooked || isKnown { return }
                new.detail = "\(planned.biller.name)已销账，我方并未向其付款"
            }
            try platform.differences.open(new, at: moment, on: connection)
        }
    }

    /// Denies what we have as written off and no statement has, once those of all days are there from the day on which the
    /// payment was made to the day after that on which it was booked.
    private func denyMissing(of biller: Biller) async throws {
        let moment = platform.effects.now()
        let rows = try await platform.database.query(
            """
            SELECT o.id, o.enterprise_id, d.booked
            FROM bill_payments p JOIN orders o ON o.id = p.order_id
            CROSS JOIN LATERAL (
                SELECT (o.created_at AT TIME ZONE 'Asia/Shanghai')::date AS made,
                    (o.state_since AT TIME ZONE 'Asia/Shanghai')::date AS booked
            ) d
            WHERE p.biller_code = \(biller.code) AND p.agreed_on IS NULL
                AND o.state = 'paid' AND o.write_off = 'writtenOff'
                AND d.booked - d.made + 2 = (
                    SELECT count(*) FROM biller_statements s
                    WHERE s.biller_code = \(biller.code) AND s.day BETWEEN d.made AND d.booked + 1
                        AND s.accepted_at IS NOT NULL)
                -- A line that waits to be worked off.
                AND NOT EXISTS (
                    SELECT FROM biller_statement_lines l
                    WHERE l.payment_number = o.number AND l.order_id = o.id AND l.class = 'stateDiffers')
            ORDER BY o.id
            """)
        for row in rows {
            let id: Int64 = try row["id"]
            let enterprise: Enterprise.ID = try row["enterprise_id"]
            let booked: LocalDate = try row["booked"]
            try await platform.database.transaction { connection in
                try connection.lockOrders(of: enterprise)
                try Self.lock(biller.code, on: connection)
                let order = try BankFiles.reference(id, on: connection)
                try platform.billPayments.deny(
                    id,
                    as: Differences.New(
                        channel: .biller, kind: .oursOnly, settlementDate: booked, order: order,
                        ourAmount: order?.amount, detail: "已销账，\(biller.name)当日和次日的对账单都没有"),
                    at: moment, on: connection)
            }
        }
    }
}
