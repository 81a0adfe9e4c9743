import Foundation
import Postgres

/// What persons are told of settlements, and how it ends.
extension BillerSettlements {
    /// The kind of the item about a notification of a payout that is over: only a person can say what it means.
    static let notifiedLate = "billerSettlement.notifiedLate"

    /// Closes open items of a settlement that nothing else closes; see ``WorkItems``.
    ///
    /// - Parameter items: the rows of the items that the person has seen.
    /// - Throws: ``WorkItemError``.
    public func resolve(
        _ items: [Int64], of number: String, resolution: String, by member: StaffMember, from origin: Origin
    ) async throws {
        let resolution = try WorkItems.resolution(resolution, by: member)
        let moment = platform.effects.now()
        try await platform.database.transaction { connection in
            let rows = try connection.query(
                """
                SELECT s.id FROM biller_settlements s JOIN billers b ON b.code = s.biller_code
                JOIN cities ON cities.code = b.city_code
                WHERE s.number = \(number) AND \(fragment: member.region.condition)
                """)
            guard let id: Int64 = try rows.first?["id"] else { throw WorkItemError.notFound }
            // Items are raised and settlements end under this lock.
            let found = try Self.lock(id, on: connection)
            let cases = try Self.cases(of: id, on: connection)
            guard found.rests, !cases.contains(where: \.state.isOpen) else { throw WorkItemError.goesOn }
            try WorkItems.resolve(
                items, where: "settlement_id = \(id)", of: number, resolution: resolution, by: member,
                from: origin,
                at: moment, on: connection)
        }
    }
}
