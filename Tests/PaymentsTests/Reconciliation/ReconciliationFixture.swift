import Cryptography
import Foundation
import Postgres

@testable import Payments

extension MoneyFixture {
    /// The settlement day that the bank of the tests names in its answers.
    static let day = LocalDate(year: 2026, month: 11, day: 23) ?? LocalDate(Date(timeIntervalSince1970: 0))

    /// The person who proposes.
    func operations() async throws -> StaffMember {
        guard let found = try await platform.staff.find(number: "YY0001") else { throw RowMissing() }
        return found
    }

    /// The person who decides.
    func supervisor() async throws -> StaffMember {
        guard let found = try await platform.staff.find(number: "SH0001") else { throw RowMissing() }
        return found
    }

    /// The file of a day arrives and is worked off.
    @discardableResult
    func file(_ day: LocalDate, _ lines: [BankFiles.Line]) async throws -> BankFiles.Acceptance {
        var rest = lines[...]
        let text = lines.map { "\($0)" }.joined()
        let acceptance = try await platform.bankFiles.accept(
            day, name: "INN\(day)", digest: SHA256.digest(Array(text.utf8))
        ) { rest.popFirst() }
        if acceptance == .accepted { try await platform.bankFiles.workOff(day) }
        return acceptance
    }

    /// The file of the day that the bank names in its answers.
    @discardableResult
    func file(_ lines: [BankFiles.Line]) async throws -> BankFiles.Acceptance {
        try await file(Self.day, lines)
    }

    /// What the file has of a credited top-up.
    func line(of topUp: TopUp, serial: String? = nil, amount: Int64? = nil) -> BankFiles.Line {
        BankFiles.Line(
            trade: .payment, serial: serial ?? topUp.bankSerial ?? "202611230000000000001",
            orderNumber: topUp.number, amount: amount ?? topUp.amount.fen)
    }

    /// A credited top-up.
    func credited(fen: Int64) async throws -> TopUp {
        let number = try await order(fen: fen).number
        _ = try await platform.topUps.handOff(number, by: clerk)
        world.change { $0.bankAnswers = [.query(code: "00", original: "00", amountFen: fen)] }
        try await pass(2)
        return try await topUp(number)
    }

    /// A paid withdrawal.
    func paid(fen: Int64) async throws -> Withdrawal {
        let number = try await withdraw(fen: fen)
        try await pass(0)
        world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: fen) }
        try await pass(200)
        return try await withdrawal(number)
    }

    /// All cases, the oldest first.
    func cases() async throws -> [Difference] {
        try await platform.differences.list(within: .national, limit: 100).reversed()
    }

    /// Two people handle a case.
    func handle(_ found: Difference, _ handling: Handling, for merchantNumber: String = "") async throws {
        let proposed = try await propose(found, handling, for: merchantNumber)
        try await platform.differences.decide(
            found.number, isGranted: true, version: proposed.version, by: nationalSupervisor(),
            from: clerk.origin)
    }

    /// The first of two people proposes how a case is handled; gives the case as it is then.
    func propose(_ found: Difference, _ handling: Handling, for merchantNumber: String = "") async throws
        -> Difference
    {
        try await platform.differences.propose(
            found.number, handling, reason: "已与银行核实", for: merchantNumber, by: operations(),
            from: clerk.origin)
        guard
            let proposed = try await platform.differences.find(found.number, within: .national)
        else { throw RowMissing() }
        return proposed
    }

    /// A supervisor of the whole country, for cases that belong to no city.
    func nationalSupervisor() async throws -> StaffMember {
        if let found = try await platform.staff.find(number: "SH0009") { return found }
        _ = try await platform.staff.add(
            number: "SH0009", name: "审核九", role: .supervisor, region: .national, mobile: "13900000009",
            at: clock.now)
        guard let found = try await platform.staff.find(number: "SH0009") else { throw RowMissing() }
        return found
    }

    /// What a platform account holds; debit positive.
    func held(_ account: Account, _ owner: String? = nil) async throws -> Int64 {
        try await heldBy(
            """
            SELECT coalesce(sum(amount), 0)::bigint AS held FROM postings
            WHERE account = \(account.rawValue) AND (\(owner)::text IS NULL OR owner = \(owner))
            """)
    }

    private func heldBy(_ sql: SQL) async throws -> Int64 {
        guard let row = try await owner.query(sql).first else { throw RowMissing() }
        return try row.decode("held", as: Int64.self)
    }
}
