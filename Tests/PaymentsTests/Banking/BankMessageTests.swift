import Cryptography
import Foundation
import Postgres
import Testing
import UnionPay

@testable import Payments

@Suite("Messages of the bank that are kept")
struct BankMessageTests {
    private struct Kept: Equatable {
        let kind: String
        let direction: String
        let code: String?
        let isBelieved: Bool
    }

    private static func kept(_ money: MoneyFixture) async throws -> [Kept] {
        try await money.owner.query("SELECT kind, direction, code, problem FROM bank_messages ORDER BY id")
            .map {
                Kept(
                    kind: try $0["kind"], direction: try $0["direction"], code: try $0["code"],
                    isBelieved: try $0.decode("problem", as: String?.self) == nil)
            }
    }

    @Test("The signed form, each question and each answer of a top-up are kept, whatever became of them")
    func topUp() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 700)
            let form = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.world.change {
                $0.bankAnswers = [.silence, .query(code: "00", original: "05")]
                $0.queryDefault = .query(code: "00", original: "00", amountFen: 700)
            }
            for _ in 1...3 { try await money.pass(5) }
            let answer = Kept(kind: "query", direction: "received", code: "00", isBelieved: true)
            let question = Kept(kind: "query", direction: "sent", code: nil, isBelieved: true)
            #expect(
                try await Self.kept(money) == [
                    Kept(kind: "front", direction: "sent", code: nil, isBelieved: true),
                    question, question, answer, question, answer,
                ])
            let id: Int64 = try #require(
                try await money.owner.query("SELECT min(id) AS id FROM bank_messages").first)["id"]
            let original = try #require(try await money.platform.monitoring.originalBankMessage(id))
            let sent = try Message(pairs: form.inputs.map { ($0.name, $0.value) })
            #expect(original == String(decoding: sent.formBody, as: UTF8.self))
            let stored = try await money.owner.query("SELECT content::text AS c, sealed FROM bank_messages")
            for row in stored {
                let content: String = try row["c"]
                let sealed: [UInt8] = try row["sealed"]
                #expect(!content.contains(sent[.signature] ?? "-"))
                #expect(!String(decoding: sealed, as: UTF8.self).contains(topUp.number))
            }
        }
    }

    @Test("An original opens under its own key and for its own order only, also after a newer key took over")
    func sealed() throws {
        let old = try AESGCM(key: [UInt8](repeating: 1, count: 32))
        let keys = MessageKeys(newest: "1", key: old)
        let (name, sealed) = try keys.seal([1, 2, 3], for: "order 1")
        let newer = MessageKeys(
            newest: "2", key: try AESGCM(key: [UInt8](repeating: 2, count: 32)), older: ["1": old])
        #expect(try newer.seal([1], for: "").keyName == "2")
        #expect(try newer.open(sealed, of: "order 1", keyName: name) == [1, 2, 3])
        #expect(throws: CryptographyError.self) { try newer.open(sealed, of: "order 2", keyName: name) }
        #expect(throws: CryptographyError.self) { try newer.open(sealed, of: "order 1", keyName: "2") }
        #expect(throws: CryptographyError.self) { try newer.open(sealed, of: "order 1", keyName: "3") }
    }

    @Test("Account numbers, names and what is long are shortened, the rest is as it was")
    func masked() {
        #expect(BankMessages.masked(.accNo, "6217001234567890123") == "6217****0123")
        #expect(BankMessages.masked(.accNo, "A1+/cipher/text==") == "A1+/ciph…（共 17 个字符）")
        #expect(BankMessages.masked("payeeName", "湖南星沙实业") == "湖**")
        #expect(BankMessages.masked(.signature, "QUJDREVGR0g=") == "QUJDREVG…（共 12 个字符）")
        #expect(BankMessages.masked(.orderId, "TP20261123ABCDEFGHJKMN") == "TP20261123ABCDEFGHJKMN")
    }

    @Test("Of what nobody has signed only so much is kept from one address; what the bank signed always is")
    func strangers() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 700)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            func count() async throws -> Int64 {
                try await money.owner.query(
                    "SELECT count(*) AS n FROM bank_messages WHERE address IS NOT NULL"
                ).only()["n"]
            }
            let most = Int64(BankMessages.mostOfOneStranger)
            let junk = Array(("orderId=\(topUp.number)&a=" + String(repeating: "x", count: 50_000)).utf8)
            for _ in 1...(most + 5) {
                try await money.platform.bank.receive(notification: junk, from: "203.0.113.9")
            }
            #expect(try await count() == most)
            let size: Int64 = try await money.owner.query(
                """
                SELECT max(octet_length(sealed) + octet_length(content::text))::bigint AS n FROM bank_messages
                WHERE address IS NOT NULL
                """
            ).only()["n"]
            #expect(size < 10_000)
            try await money.platform.bank.receive(notification: junk, from: "203.0.113.10")
            #expect(try await count() == most + 1)
            // The bank's own word is kept and heard all the same.
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 700) }
            try await money.platform.bank.receive(
                notification: money.world.notification(of: topUp), from: "203.0.113.9")
            try await money.pass(0)
            #expect(try await money.topUp(topUp.number).status == .credited)
            money.clock.advance(3601)
            try await money.platform.bank.receive(notification: junk, from: "203.0.113.9")
            #expect(try await count() == most + 2)
        }
    }

    @Test("The messages of an order and of a settlement are read to the end page by page, each once")
    func pages() async throws {
        try await MoneyFixture.with { money in
            try await money.agreedSettlement()
            let topUp = try await money.order(fen: 700)
            let settlement = try await money.settlement()
            let size = Int64(KeptBankMessage.pageSize)
            // Two full pages and some of each, mixed with one another.
            try await money.owner.execute(
                """
                INSERT INTO bank_messages (at, direction, kind, order_id, settlement_id, content)
                SELECT \(money.clock.now), 'received', 'query', o, s, jsonb_build_object('queryId', n::text)
                FROM generate_series(1, \(2 * size + 3)) AS n,
                    (VALUES (\(topUp.reference.id), NULL), (NULL, \(settlement.id))) AS subjects (o, s)
                """)
            let operations = try await money.operations()
            func ofOrder(_ before: Int64?) async throws -> ListPage<KeptBankMessage, Int64>? {
                try await money.platform.staffOrders.view(
                    topUp.number, messagesBefore: before, by: operations, from: money.clerk.origin)?.messages
            }
            func ofSettlement(_ before: Int64?) async throws -> ListPage<KeptBankMessage, Int64>? {
                try await money.platform.billerSettlements.find(
                    settlement.number, messagesBefore: before, within: .national)?.messages
            }
            let lists: [(SQL, (Int64?) async throws -> ListPage<KeptBankMessage, Int64>?)] = [
                ("order_id = \(topUp.reference.id)", ofOrder),
                ("settlement_id = \(settlement.id)", ofSettlement),
            ]
            for (condition, read) in lists {
                let expected = try await money.owner.query(
                    "SELECT id FROM bank_messages WHERE \(fragment: condition) ORDER BY id DESC"
                ).map { try $0.decode("id", as: Int64.self) }
                #expect(expected.count > 2 * KeptBankMessage.pageSize)
                var found: [Int64] = []
                var before: Int64?
                repeat {
                    let page = try #require(try await read(before))
                    #expect(page.rows.count == min(KeptBankMessage.pageSize, expected.count - found.count))
                    found += page.rows.map(\.id)
                    before = page.next
                    // What comes in meanwhile moves nothing.
                    try await money.owner.execute(
                        """
                        INSERT INTO bank_messages (at, direction, kind, order_id, settlement_id, content)
                        SELECT at, direction, kind, order_id, settlement_id, content FROM bank_messages
                        WHERE id = \(expected[0])
                        """)
                } while before != nil && found.count < expected.count
                #expect(before == nil)
                #expect(found == expected)
                // A place that is none of this list: nothing, or the newest.
                for least in [Int64.min, 0] {
                    let page = try #require(try await read(least))
                    #expect(page.rows.isEmpty && page.next == nil)
                }
                #expect(try await read(Int64.max)?.rows.map(\.id) == read(nil)?.rows.map(\.id))
            }
        }
    }

    @Test("What is past its retention goes once a day; the application cannot remove anything else")
    func retention() async throws {
        try await MoneyFixture.with { money in
            _ = try await money.credited(fen: 700)
            func left() async throws -> Int64 {
                try await money.owner.query("SELECT count(*) AS n FROM bank_messages WHERE sealed IS NULL")
                    .only()["n"]
            }
            try await money.owner.execute(
                """
                INSERT INTO bank_messages (at, direction, kind, content)
                SELECT \(money.clock.now)::timestamptz - make_interval(years => years), 'received', 'query', '{}'
                FROM unnest(ARRAY[4, 9, 11]) AS years
                """)
            try await money.pass(90_000)
            #expect(try await left() == 2)
            for (at, years) in [("2026-11-24", 1), ("2126-11-24", 1), ("2126-11-24", 0)] {
                _ = try await money.platform.database.query(
                    """
                    SELECT remove_expired_bank_messages(
                        \(at)::timestamptz, \(Int32(years)), 5000)
                    """)
            }
            // Whatever it is asked for, the least of five years stays, counted from the newest message.
            #expect(try await left() == 1)
            await #expect(throws: PostgresError.self) {
                try await money.platform.database.execute("DELETE FROM bank_messages")
            }
        }
    }
}
