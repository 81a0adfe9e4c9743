import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("The inbox")
struct InboxTests {
    @Test(
        "Each step that is late or contradicts what was believed is news, but for those that change nothing")
    func lateSteps() {
        let silent = late(TopUpStatus.self) + late(BillPaymentStatus.self) + late(WithdrawalStatus.self)
        #expect(
            silent == [
                // Weaker than what is known.
                "credited lateDebitReported credited",
                // The platform's loss, of which the stop tells.
                "returned bankRefundConfirmed returned",
                "atBank notKnown atBank", "paid absentFromFiles paid",
                // The company has its money already.
                "refused payoutReturned refused",
            ])
    }

    @Test(
        "Each topic is told by a step or a case, and each step to an end tells one unless an operator took it"
    )
    func topics() {
        // By two people of the platform, and by a hold of follow-up monitoring.
        var found: Set<InboxTopic> = [
            .differenceCredited, .differenceCharged, .receivableRepaid, .withdrawalNotReleased,
            .withdrawalInVerification, .withdrawalReleased,
        ]
        found.formUnion(told(by: TopUpStatus.self) + told(by: BillPaymentStatus.self))
        found.formUnion(told(by: WithdrawalStatus.self))
        found.formUnion(EnterpriseState.steps.compactMap { EnterpriseState.news(of: $0.event) })
        found.formUnion(
            RegisteredAccountState.steps.compactMap {
                RegisteredAccountState.news(of: $0.event, leadingTo: $0.to)
            })
        #expect(found == Set(InboxTopic.allCases))
        let quiet =
            quietEnds(TopUpStatus.self) + quietEnds(BillPaymentStatus.self) + quietEnds(WithdrawalStatus.self)
        #expect(Set(quiet) == ["cancelled", "creditApproved", "withdrawn"])
    }

    @Test(
        "What happens to orders is told once each, with number and amount, in the transaction in which it happens"
    )
    func orders() async throws {
        try await MoneyFixture.with { money in
            #expect(try await money.topics() == [.registeredAccountVerified, .accountActivated].sorted())
            try await money.readAll()
            let topUp = try await money.credited(fen: 10_000)
            let withdrawal = try await money.withdraw(fen: 4_000, funding: 0)
            try await money.pass(0)
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 4_000) }
            try await money.pass(200)
            let news = try await money.news()
            #expect(news.map(\.topic) == [.withdrawalPaid, .topUpCredited])
            #expect(news.map(\.order?.number) == [withdrawal, topUp.number])
            #expect(news.map(\.amount) == [Money(fen: 4_000), Money(fen: 10_000)])
            #expect(news.allSatisfy { !$0.isRead })
            // The same news again is none.
            _ = try await money.platform.bank.receive(notification: money.world.notification(of: topUp))
            #expect(try await money.news().count == 2)
        }
    }

    @Test("A step that is refused tells nothing")
    func refused() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 100)
            try await money.readAll()
            await #expect(throws: PostgresError.self) {
                try await money.platform.database.transaction { connection in
                    try Orders.record(
                        .paidConfirmed, from: TopUpStatus.atBank, of: topUp.reference, at: money.clock.now,
                        by: .bank, on: connection)
                }
            }
            #expect(try await money.news().isEmpty)
        }
    }

    @Test("Bad news, the stop it brings and what two people decide are told; so is money that they credit")
    func differences() async throws {
        try await MoneyFixture.with { money in
            let mismatched = try await money.order(fen: 7_000)
            _ = try await money.platform.topUps.handOff(mismatched.number, by: money.clerk)
            try await money.readAll()
            try await money.file([money.line(of: mismatched, amount: 6_900)])
            try await money.handle(#require(await money.cases().first), .credited)
            let credited = try await money.news()
            #expect(credited.map(\.topic) == [.differenceCredited, .topUpInReview])
            #expect(credited.map(\.amount) == [Money(fen: 6_900), Money(fen: 7_000)])
            #expect(credited.map(\.order?.number) == [mismatched.number, mismatched.number])
            let topUp = try await money.credited(fen: 8_000)
            try await money.readAll()
            try await money.file(
                MoneyFixture.day.adding(days: 1),
                [
                    BankFiles.Line(
                        trade: .reversal, serial: "202611240000000000001", originalSerial: topUp.bankSerial,
                        orderNumber: topUp.number, amount: 8_000)
                ])
            try await money.handle(#require(await money.cases().last { $0.state.isOpen }), .charged)
            let unread = try await money.platform.inbox.page(of: money.clerk.person, unreadOnly: true).rows
            // The loss is borne wholly: with nothing owed, payments go on by what the two have decided.
            #expect(
                Set(unread.map(\.topic)) == [
                    .topUpReversalParked, .outgoingStopped, .topUpReversed, .accountResumed,
                ])
            #expect(unread.count == 4)
        }
    }

    @Test("Each operator reads for himself, once, and what comes after the list was shown stays unread")
    func reading() async throws {
        try await MoneyFixture.with { money in
            let inbox = money.platform.inbox
            let colleague: Operator.ID = try await money.owner.query(
                """
                INSERT INTO operators (enterprise_id, login_id, name, mobile_sealed, mobile_masked, mobile_digest, created_at)
                SELECT enterprise_id, 'colleague', '同事', mobile_sealed, mobile_masked, mobile_digest, created_at FROM operators
                RETURNING id
                """
            ).only()["id"]
            try await money.readAll()
            try await money.fund(fen: 1_000)
            let mine = try #require(await money.news().first)
            let theirs = try #require(await inbox.page(of: colleague).rows.first)
            #expect(mine.topic == .topUpCredited && theirs.topic == .topUpCredited)
            #expect(try await inbox.read(theirs.id, of: money.clerk.person) == nil)
            #expect(
                try await inbox.read(mine.id, of: money.clerk.person)?.order?.number == mine.order?.number)
            let readAt = try await money.readAt(mine.id)
            money.clock.advance(60)
            _ = try await inbox.read(mine.id, of: money.clerk.person)
            #expect(try await money.readAt(mine.id) == readAt)
            #expect(try await inbox.page(of: money.clerk.person, unreadOnly: true).rows.isEmpty)
            #expect(try await inbox.page(of: colleague, unreadOnly: true).rows.count == 1)
            try await money.fund(fen: 2_000)
            let newest = try #require(await inbox.page(of: colleague).rows.first)
            try await inbox.readAll(through: newest.id - 1, of: colleague)
            #expect(try await inbox.page(of: colleague, unreadOnly: true).rows == [newest])
        }
    }

    @Test("The inbox is read in pages, each message once, and the session counts what is unread to a hundred")
    func pages() async throws {
        try await MoneyFixture.with { money in
            let person = money.clerk.person
            _ = try await money.owner.query(
                """
                SELECT tell_operators(\(money.clerk.enterprise), 'accountResumed', NULL, NULL, \(money.clock.now))
                FROM generate_series(1, 120)
                """)
            var found: [Int64] = []
            var before: Int64?
            repeat {
                let page = try await money.platform.inbox.page(of: person, before: before)
                #expect(page.rows.count <= Inbox.pageSize)
                found += page.rows.map(\.id)
                before = page.next
            } while before != nil
            #expect(found == found.sorted(by: >) && Set(found).count == 122)
            let token = try await money.platform.access.signInClerk(
                loginID: "changsha01", password: PeopleFixture.loginPassword, from: money.clerk.origin,
                at: money.clock.now
            ).token.revealed
            func unread() async throws -> Int? {
                try await money.platform.sessions.findClerk(token: token, at: money.clock.now)?.unreadMessages
            }
            #expect(try await unread() == 100)
            try await money.platform.inbox.readAll(through: found[3], of: person)
            #expect(try await unread() == 3)
        }
    }

    // MARK: The tables

    private func late<Status: OrderStatus>(_: Status.Type) -> [String] {
        Status.transitions.filter { $0.isLate && Status.news(of: $0.event, leadingTo: $0.to) == nil }.map {
            "\($0.from?.state ?? "–") \($0.event.rawValue) \($0.to.state)"
        }
    }

    private func told<Status: OrderStatus>(by _: Status.Type) -> [InboxTopic] {
        Status.transitions.compactMap { Status.news(of: $0.event, leadingTo: $0.to) }
    }

    /// The events that lead to another, final state and tell nothing.
    private func quietEnds<Status: OrderStatus>(_: Status.Type) -> [String] {
        Status.transitions.filter {
            $0.to.isFinal && $0.from != $0.to && Status.news(of: $0.event, leadingTo: $0.to) == nil
        }.map(\.event.rawValue)
    }
}

extension [InboxTopic] {
    fileprivate func sorted() -> [InboxTopic] { sorted { $0.rawValue < $1.rawValue } }
}

extension MoneyFixture {
    /// The clerk's unread messages, the newest first.
    fileprivate func news() async throws -> [InboxMessage] {
        try await platform.inbox.page(of: clerk.person, unreadOnly: true).rows
    }

    fileprivate func topics() async throws -> [InboxTopic] {
        try await platform.inbox.page(of: clerk.person).rows.map(\.topic).sorted()
    }

    fileprivate func readAll() async throws {
        try await platform.inbox.readAll(through: .max, of: clerk.person)
    }

    fileprivate func readAt(_ id: Int64) async throws -> Date {
        try await owner.query("SELECT read_at FROM inbox_messages WHERE id = \(id)").only()["read_at"]
    }
}
