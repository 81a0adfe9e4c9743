import Foundation
import Postgres

extension Connection {
    /// Locks what an order's step touches: the enterprise's accounts first, so that two steps for one enterprise follow
    /// each other and what is read afterwards stays true until the commit.
    func lockOrders(of enterprise: Enterprise.ID) throws {
        try Ledger.lock(enterprise, on: self)
    }

    /// Throws `error` unless the enterprise is active. The last gate, inside the transaction that acts.
    func requireActive(_ enterprise: Enterprise.ID, or error: some Error) throws {
        let rows = try query("SELECT state FROM enterprises WHERE id = \(enterprise)")
        guard try rows.first?.decode("state", as: String.self) == "active" else { throw error }
    }

    /// Plans the next step of an order just made in this transaction.
    func scheduleOrder(_ number: String, kind: JobKind, due: Date) throws {
        _ = try execute(
            """
            INSERT INTO jobs (kind, subject_id, due_at)
            SELECT \(kind.rawValue), id, \(due) FROM orders WHERE number = \(number)
            """)
    }
}

/// What a person has to look at.
enum WorkItems {
    /// Opens an item, unless one of its kind is open for the order.
    static func raise(
        _ kind: String, order: Int64?, detail: String, at moment: Date, on connection: isolated Connection
    ) throws {
        _ = try connection.execute(
            """
            INSERT INTO work_items (kind, order_id, detail, raised_at)
            VALUES (\(kind), \(order), \(detail), \(moment)) ON CONFLICT DO NOTHING
            """)
    }
}
