import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Banks for top-ups")
struct TopUpBankTests {
    /// One of operations who proposes, and another who decides, both for the whole country.
    private static func people(_ people: PeopleFixture) async throws -> (StaffMember, StaffMember) {
        (
            try await people.add("YY0001", .operations, .national, mobile: "13900000021").member,
            try await people.add("YY0002", .operations, .national, mobile: "13900000022").member
        )
    }

    private static let off = TopUpBankSettings(
        isOn: false, notice: "银行系统升级", isDirect: true, isSuggested: true)

    private static func propose(
        _ people: PeopleFixture, _ settings: TopUpBankSettings = off, for code: String = "CCB",
        after version: Int = 0, reason: String = "银行通知", by member: StaffMember
    ) async throws {
        try await people.platform.topUpBanks.propose(
            settings, for: code, after: version, reason: reason, command: people.command(), by: member,
            from: people.origin)
    }

    private static func decide(
        _ people: PeopleFixture, version: Int, isGranted: Bool = true, reason: String = "",
        by member: StaffMember
    ) async throws {
        try await people.platform.topUpBanks.decide(
            "CCB", version: version, isGranted: isGranted, reason: reason, by: member, from: people.origin)
    }

    @Test(
        "Before anybody has changed one, the list suggests what took top-ups so far, each with its initials")
    func beginning() async throws {
        try await PeopleFixture.with { people in
            let banks = try await people.platform.topUpBanks.list()
            let reference = try await people.platform.reference.banks()
            #expect(banks.map(\.code) == reference.map(\.code))
            #expect(
                banks.allSatisfy {
                    $0.version == 0 && !$0.initials.isEmpty && $0.settings.maintenance.isEmpty
                })
            #expect(
                banks.filter(\.settings.isOn).map(\.code) == reference.filter(\.isSuggested).map(\.code))
            #expect(banks.filter(\.settings.isOn) == banks.filter(\.settings.isSuggested))
            let first = try #require(banks.first)
            #expect(first.code == "ICBC" && first.initials == "ZGGSYH" && first.settings.isDirect)
            #expect(banks.first { $0.code == "CSCB" }?.settings.isDirect == false)
            #expect(try await people.platform.topUpBanks.find("BSB") == nil, "the bank is no more")
            for search in ["建设", "ccb", "zgjs"] {
                #expect(banks.filter { $0.isFound(by: search) }.contains { $0.code == "CCB" }, "\(search)")
            }
        }
    }

    @Test("A change is in force when another person has granted it, and not before")
    func granted() async throws {
        try await PeopleFixture.with { people in
            let (maker, checker) = try await Self.people(people)
            let banks = people.platform.topUpBanks
            let settings = TopUpBankSettings(
                isOn: true, notice: "周末限额下调",
                maintenance: [
                    try #require(MaintenanceWindow(entered: "23:30-00:30")),
                    try #require(MaintenanceWindow(entered: "2026-12-05 22:00 至 2026-12-06 06:00")),
                ], least: Money(fen: 100), most: Money(fen: 5_000_000), mostPerDay: Money(fen: 9_000_000),
                isDirect: false, isSuggested: false)
            try await Self.propose(people, settings, by: maker)
            #expect(try await banks.find("CCB")?.version == 0)
            #expect(try await banks.waiting().map(\.code) == ["CCB"])
            await #expect(throws: TopUpBankError.samePerson) {
                try await Self.decide(people, version: 1, by: maker)
            }
            try await Self.decide(people, version: 1, by: checker)
            let bank = try #require(try await banks.find("CCB"))
            #expect(bank.version == 1 && bank.settings == settings)
            #expect(try await banks.waiting().isEmpty)
            await #expect(throws: TopUpBankError.stale) {
                try await Self.decide(people, version: 1, by: checker)
            }
            let history = try #require(try await banks.history("CCB")).1
            #expect(history.map(\.version) == [1])
            #expect(history.first?.settings == settings)
            #expect(history.first?.proposedBy == maker.name)
            #expect(history.first?.decision?.by == checker.name)
            #expect(
                try await people.count(
                    "audit_events", where: "action IN ('bankChangeProposed', 'bankChanged')")
                    == 2)
        }
    }

    @Test("One that was sent back is never in force; the next version is")
    func returned() async throws {
        try await PeopleFixture.with { people in
            let (maker, checker) = try await Self.people(people)
            let banks = people.platform.topUpBanks
            try await Self.propose(people, by: maker)
            await #expect(throws: TopUpBankError.reasonMissing) {
                try await Self.decide(people, version: 1, isGranted: false, reason: " ", by: checker)
            }
            try await Self.decide(people, version: 1, isGranted: false, reason: "公告不明确", by: checker)
            #expect(try await banks.find("CCB")?.version == 0)
            await #expect(throws: TopUpBankError.stale, "the version that was sent back was not seen") {
                try await Self.propose(people, after: 0, by: checker)
            }
            try await Self.propose(people, after: 1, by: checker)
            try await Self.decide(people, version: 2, by: maker)
            let bank = try #require(try await banks.find("CCB"))
            #expect(bank.version == 2 && bank.availability(at: people.now) == .off)
        }
    }

    @Test("What cannot be proposed is refused, and by whom it cannot")
    func refused() async throws {
        try await PeopleFixture.with { people in
            let (maker, checker) = try await Self.people(people)
            let present = try #require(try await people.platform.topUpBanks.find("CCB")).settings
            let supervisor = try await people.supervisor()
            await #expect(throws: TopUpBankError.notAllowed) {
                try await Self.propose(people, by: supervisor)
            }
            await #expect(throws: TopUpBankError.reasonMissing) {
                try await Self.propose(people, reason: "　", by: maker)
            }
            await #expect(throws: TopUpBankError.unchanged) {
                try await Self.propose(people, present, by: maker)
            }
            await #expect(throws: TopUpBankError.notFound) {
                try await Self.propose(people, for: "BSB", by: maker)
            }
            var settings = present
            settings.least = Money(fen: 200)
            settings.most = Money(fen: 100)
            await #expect(throws: TopUpBankError.impossible) {
                try await Self.propose(people, settings, by: maker)
            }
            try await Self.propose(people, by: maker)
            await #expect(throws: TopUpBankError.alreadyProposed) {
                try await Self.propose(people, after: 1, by: checker)
            }
            await #expect(throws: TopUpBankError.notAllowed, "of one city only") {
                try await Self.decide(people, version: 1, by: supervisor)
            }
        }
    }

    @Test("Of two who decide at once, and of two who propose at once, one does")
    func atOnce() async throws {
        try await PeopleFixture.with { people in
            let (maker, checker) = try await Self.people(people)
            func outcomes(_ act: @Sendable @escaping () async throws -> Void) async -> [TopUpBankError?] {
                await withTaskGroup(of: TopUpBankError?.self) { group in
                    for _ in 1...4 {
                        group.addTask {
                            do { try await act() } catch { return error as? TopUpBankError ?? .impossible }
                            return nil
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
            }
            let proposed = await outcomes { try await Self.propose(people, by: maker) }
            #expect(proposed.count { $0 == nil } == 1)
            #expect(proposed.allSatisfy { $0 == nil || $0 == .stale || $0 == .alreadyProposed })
            let decided = await outcomes { try await Self.decide(people, version: 1, by: checker) }
            #expect(decided.count { $0 == nil } == 1)
            #expect(decided.allSatisfy { $0 == nil || $0 == .stale })
        }
    }

    @Test("The database puts no version in force without a second person, and changes none")
    func guarded() async throws {
        try await PeopleFixture.with { people in
            let (maker, _) = try await Self.people(people)
            try await Self.propose(people, by: maker)
            await #expect(throws: PostgresError.self) {
                try await people.platform.database.execute(
                    """
                    INSERT INTO approvals (request_id, version, digest, maker_person, checker_person, checker_staff_id,
                        decision, at)
                    SELECT id, version, digest, maker_person, maker_person, maker_staff_id, 'granted', requested_at
                    FROM approval_requests WHERE action = 'changeBank'
                    """)
            }
            await #expect(throws: PostgresError.self) {
                try await people.platform.database.execute("UPDATE top_up_bank_versions SET is_on = true")
            }
            await #expect(throws: PostgresError.self) {
                try await people.platform.database.execute("DELETE FROM top_up_bank_versions")
            }
        }
    }
}
