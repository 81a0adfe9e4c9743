import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Another activation link")
struct ActivationReissueTests {
    /// An enterprise whose link has run out, with the two people of its opening.
    private struct Scene: Sendable {
        let fixture: PeopleFixture
        let merchantNumber: String
        let oldToken: String
        let manager: StaffMember
        let supervisor: StaffMember

        var activations: Activations { fixture.platform.activations }

        static func with(_ body: (Scene) async throws -> Void) async throws {
            try await PeopleFixture.with { fixture in
                let opened = try await fixture.open()
                let staff = fixture.platform.staff
                try await body(
                    Scene(
                        fixture: fixture, merchantNumber: opened.merchantNumber, oldToken: opened.token,
                        manager: try #require(try await staff.find(number: "KH0001")),
                        supervisor: try #require(try await staff.find(number: "SH0001"))))
            }
        }

        func request(_ reason: String = "链接已过期", by member: StaffMember? = nil) async throws {
            try await activations.requestReissue(
                for: merchantNumber, reason: reason, command: fixture.command(), by: member ?? manager,
                from: fixture.origin, at: fixture.now)
        }

        func grant(_ id: Int64, by member: StaffMember? = nil) async throws {
            try await activations.grantReissue(
                id, for: merchantNumber, command: fixture.command(), by: member ?? supervisor,
                from: fixture.origin, at: fixture.now)
        }

        func sendBack(_ id: Int64, reason: String, by member: StaffMember? = nil) async throws {
            try await activations.returnReissue(
                id, for: merchantNumber, reason: reason, command: fixture.command(),
                by: member ?? supervisor, from: fixture.origin, at: fixture.now)
        }

        func pending() async throws -> PendingActivation? {
            let row = try await fixture.owner.query("SELECT id FROM enterprises").only()
            return try await activations.pending(of: try row["id"])
        }

        func waitingID() async throws -> Int64 { try #require(try await pending()?.reissue?.id) }

        func history() async throws -> [String] {
            try #require(
                try await fixture.platform.enterprises.details(
                    merchantNumber: merchantNumber, within: .national)
            ).events.map(\.event)
        }

        func audited(_ action: AuditAction) async throws -> Int {
            try await fixture.count("audit_events", where: "action = \(action.rawValue)")
        }

        func activate(_ token: String) async throws {
            try await activations.activate(
                token: token, loginPassword: PeopleFixture.loginPassword,
                paymentPassword: PeopleFixture.paymentPassword, from: fixture.origin, at: fixture.now)
        }
    }

    @Test(
        "One asks, another grants: the new link is on the phone and works, the old one is void, all is on record"
    )
    func circle() async throws {
        try await Scene.with { scene in
            let fixture = scene.fixture
            fixture.clock.advance(25 * 3600)
            #expect(try await scene.pending()?.reissue == nil)
            try await scene.request()
            let pending = try #require(try await scene.pending())
            #expect(pending.loginID == "changsha01" && pending.mobileMasked == "138****8000")
            #expect(pending.linkExpiresAt < fixture.now)
            let reissue = try #require(pending.reissue)
            #expect(reissue.reason == "链接已过期" && reissue.requestedBy == scene.manager.name)
            let waiting = try await scene.activations.waitingReissues(within: scene.supervisor.region)
            #expect(waiting.map(\.merchantNumber) == [scene.merchantNumber])
            #expect(try await scene.activations.waitingReissues(within: .city("440100")).isEmpty)
            fixture.clock.advance(60)
            try await scene.grant(reissue.id)
            try await fixture.deliverMessages()
            let message = try #require(fixture.phone.messages.last)
            #expect(message.to == "13800138000" && message.text.contains("之前的链接已失效"))
            let token = try #require(fixture.phone.newestToken)
            #expect(token != scene.oldToken)
            #expect(try await !Dump.ofAllTables(fixture.owner).contains(token))
            #expect(try await scene.activations.find(token: scene.oldToken, at: fixture.now) == nil)
            #expect(try await scene.history().suffix(2) == ["reissueRequested", "activationExpired"])
            #expect(try await scene.activations.waitingReissues(within: .national).isEmpty)
            #expect(try await scene.pending()?.reissue == nil)
            for action in [AuditAction.activationReissueRequested, .activationIssued] {
                #expect(try await scene.audited(action) == 1, "\(action)")
            }
            try await scene.activate(token)
            #expect(try await fixture.count("enterprises", where: "state = 'active'") == 1)
            #expect(try await scene.pending() == nil)
            await #expect(throws: ActivationReissueError.stale) { try await scene.request() }
        }
    }

    @Test("A link that is still good is void as well once another one is sent")
    func voidsGoodLink() async throws {
        try await Scene.with { scene in
            try await scene.request("经办人误删短信")
            #expect(try await scene.activations.find(token: scene.oldToken, at: scene.fixture.now) != nil)
            try await scene.grant(try await scene.waitingID())
            await #expect(throws: ActivationError.linkInvalid) { try await scene.activate(scene.oldToken) }
        }
    }

    @Test("Who asks does not grant, under no login; nor does the operator, a wrong role or region")
    func twoPeople() async throws {
        try await Scene.with { scene in
            let fixture = scene.fixture
            let second = try await fixture.add("SH0007", .supervisor, mobile: "13900000001").member
            let asOperator = try await fixture.add("SH0008", .supervisor, mobile: "13800138000").member
            let elsewhere = try await fixture.add(
                "SH0009", .supervisor, .city("440100"), mobile: "13900000009"
            )
            .member
            await #expect(throws: ActivationReissueError.notAllowed) {
                try await scene.request(by: scene.supervisor)
            }
            try await scene.request()
            let id = try await scene.waitingID()
            for same in [second, asOperator] {
                await #expect(throws: ActivationReissueError.samePerson) {
                    try await scene.grant(id, by: same)
                }
                await #expect(throws: ActivationReissueError.samePerson) {
                    try await scene.sendBack(id, reason: "不需要", by: same)
                }
            }
            await #expect(throws: ActivationReissueError.notAllowed) {
                try await scene.grant(id, by: scene.manager)
            }
            await #expect(throws: ActivationReissueError.notFound) {
                try await scene.grant(id, by: elsewhere)
            }
            #expect(try await scene.audited(.activationReissueRefused) == 7)
            #expect(try await fixture.count("activation_links") == 1)
            try await scene.grant(id)
            #expect(try await fixture.count("activation_links") == 2)
        }
    }

    @Test("Reasons are needed, one request waits at a time, and a decision is about the one that was seen")
    func oneAtATime() async throws {
        try await Scene.with { scene in
            let fixture = scene.fixture
            for reason in ["", "  ", String(repeating: "长", count: 501)] {
                await #expect(throws: ActivationReissueError.reasonMissing) {
                    try await scene.request(reason)
                }
            }
            try await scene.request()
            await #expect(throws: ActivationReissueError.alreadyRequested) { try await scene.request() }
            let first = try await scene.waitingID()
            await #expect(throws: ActivationReissueError.reasonMissing) {
                try await scene.sendBack(first, reason: " ")
            }
            fixture.clock.advance(60)
            try await scene.sendBack(first, reason: "请先电话核实经办人")
            #expect(try await scene.history().suffix(2) == ["reissueRequested", "reissueReturned"])
            #expect(try await scene.audited(.activationReissueReturned) == 1)
            try await scene.request("已电话核实")
            let second = try await scene.waitingID()
            #expect(second != first)
            await #expect(throws: ActivationReissueError.stale) { try await scene.grant(first) }
            try await scene.grant(second)
            await #expect(throws: ActivationReissueError.stale) { try await scene.grant(second) }
            #expect(try await fixture.count("activation_links") == 2)
        }
    }

    @Test("The same command is carried out once; with other input it is refused")
    func commands() async throws {
        try await Scene.with { scene in
            let fixture = scene.fixture
            let command = fixture.command()
            func request(_ reason: String) async throws {
                try await scene.activations.requestReissue(
                    for: scene.merchantNumber, reason: reason, command: command, by: scene.manager,
                    from: fixture.origin, at: fixture.now)
            }
            try await request("链接已过期")
            try await request("链接已过期")
            await #expect(throws: CommandReused.self) { try await request("别的原因") }
            #expect(try await fixture.count("activation_reissues") == 1)
            let id = try await scene.waitingID()
            let decision = fixture.command()
            for _ in 0..<2 {
                try await scene.activations.grantReissue(
                    id, for: scene.merchantNumber, command: decision, by: scene.supervisor,
                    from: fixture.origin, at: fixture.now)
            }
            #expect(try await fixture.count("activation_links") == 2)
        }
    }

    @Test("An activation in between makes the request void; requests cannot be changed")
    func activatedInBetween() async throws {
        try await Scene.with { scene in
            let fixture = scene.fixture
            try await scene.request()
            let id = try await scene.waitingID()
            for statement: SQL in [
                "UPDATE activation_reissues SET reason = 'x'", "DELETE FROM activation_reissues",
            ] {
                await #expect(throws: PostgresError.self) {
                    try await fixture.platform.database.execute(statement)
                }
            }
            try await scene.activate(scene.oldToken)
            await #expect(throws: ActivationReissueError.stale) { try await scene.grant(id) }
            #expect(try await scene.activations.waitingReissues(within: .national).isEmpty)
        }
    }

    @Test("Of a grant and an activation at the same moment one wins, and neither breaks the other")
    func race() async throws {
        for _ in 0..<5 {
            try await Scene.with { scene in
                try await scene.request()
                let id = try await scene.waitingID()
                let failures = await withTaskGroup(of: (any Error)?.self) { group in
                    group.addTask { await failure { try await scene.grant(id) } }
                    group.addTask { await failure { try await scene.activate(scene.oldToken) } }
                    return await group.reduce(into: [any Error]()) { if let error = $1 { $0.append(error) } }
                }
                #expect(failures.count == 1)
                #expect(
                    failures.allSatisfy {
                        $0 as? ActivationReissueError == .stale || $0 as? ActivationError == .linkInvalid
                    }, "\(failures)")
            }
        }
    }

    private func failure(_ act: () async throws -> Void) async -> (any Error)? {
        do {
            try await act()
            return nil
        } catch {
            return error
        }
    }
}
