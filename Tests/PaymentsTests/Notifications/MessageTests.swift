import Foundation
import Testing

@testable import Payments

@Suite("Messages")
struct MessageTests {
    private func queue(_ fixture: PeopleFixture, usefulFor seconds: Double? = nil) async throws {
        let (keys, now) = (fixture.platform.keys, fixture.now)
        let mobile = try MobileNumber(entered: "13800138000")
        try await fixture.platform.database.transaction { connection in
            try Messages.queue(
                "【企业缴费门户】测试", .notice, to: mobile, usefulUntil: seconds.map(now.addingTimeInterval),
                keys: keys,
                at: now, on: connection)
        }
    }

    @Test("A message is delivered once, its text wiped and its job gone")
    func delivered() async throws {
        try await PeopleFixture.with { fixture in
            try await queue(fixture)
            try await fixture.deliverMessages()
            #expect(fixture.phone.messages.map(\.text) == ["【企业缴费门户】测试"])
            #expect(try await fixture.count("messages", where: "state = 'sent' AND body_sealed IS NULL") == 1)
            #expect(try await fixture.count("jobs", where: "kind = 'message'") == 0)
            let id: Int64 = try await fixture.owner.query("SELECT id FROM messages").only()["id"]
            try await fixture.platform.messages.deliver(id, attempts: 0)
            #expect(fixture.phone.messages.count == 1)
        }
    }

    @Test("While the message centre is down the message stays queued and is tried again later")
    func down() async throws {
        try await PeopleFixture.with { fixture in
            try await queue(fixture)
            fixture.phone.setDown(true)
            let worker = Worker(platform: fixture.platform)
            try await worker.runDue()
            #expect(try await fixture.count("messages", where: "state = 'queued' AND attempts = 1") == 1)
            #expect(try await worker.runDue() == 0)
            fixture.clock.advance(3600)
            fixture.phone.setDown(false)
            try await worker.runDue()
            #expect(fixture.phone.messages.count == 1)
            #expect(try await fixture.count("jobs", where: "kind = 'message'") == 0)
        }
    }

    @Test("A message that is of no use any more is not delivered")
    func stale() async throws {
        try await PeopleFixture.with { fixture in
            try await queue(fixture, usefulFor: 60)
            fixture.clock.advance(60)
            try await fixture.deliverMessages()
            #expect(fixture.phone.messages.isEmpty)
            #expect(
                try await fixture.count("messages", where: "state = 'expired' AND body_sealed IS NULL") == 1)
        }
    }
}
