import Foundation
import Postgres
import UnionPay

/// What we say to the bank and what it says to us.
enum BankCall: String, Sendable, PostgresCodable {
    /// The signed form with which the payer's browser goes to the bank.
    case front
    case query, payout, refund, file, notification, reserveStatement
}

/// A message to the bank or from it, to be kept whether it was believed or not.
struct BankMessage: Sendable {
    enum Direction: String, Sendable, PostgresCodable {
        case sent, received
    }

    let call: BankCall
    let direction: Direction
    /// The order it is about, if it is about one.
    let order: Int64?
    /// The settlement to a biller that it is about, if it is about one.
    var settlement: Int64?
    let at: Date
    /// As it went over the line.
    let body: [UInt8]
    /// What it says, field by field.
    let fields: [Field: String]
    /// Why it was not believed.
    var problem: String?
    /// The network address of a message that no party we know has signed.
    var strangerAddress: String?

    /// A request of ours.
    static func sent(
        _ call: BankCall, _ body: [UInt8], order: Int64?, settlement: Int64? = nil, at moment: Date
    ) -> BankMessage {
        BankMessage(
            call: call, direction: .sent, order: order, settlement: settlement, at: moment, body: body,
            fields: (try? Message(formBody: body))?.fields ?? [:])
    }

    /// An answer of the bank.
    static func received(
        _ call: BankCall, _ body: [UInt8], order: Int64?, settlement: Int64? = nil, problem: String?,
        at moment: Date
    ) -> BankMessage {
        BankMessage(
            call: call, direction: .received, order: order, settlement: settlement, at: moment, body: body,
            fields: (try? Message(answerBody: body))?.fields ?? [:], problem: problem)
    }
}

/// The messages of the bank, kept: the original sealed, and what it says with all that is personal shortened.
struct BankMessages: Sendable {
    let platform: Platform

    /// Within so many seconds …
    static let strangerSeconds = 3600.0
    /// … so many messages are kept of strangers at one address …
    static let mostOfOneStranger = 60
    /// … and so many of all strangers: the notification address is open to the world.
    static let mostOfStrangers = 1000
    /// How many bytes of a stranger's message are kept.
    static let strangerBytes = 4096

    /// Keeps a message, by a connection of its own.
    func keep(_ message: BankMessage) async throws {
        try await platform.database.execute(keeping(message))
    }

    /// The statement that keeps a message. One of a stranger is kept only while there are few.
    func keeping(_ message: BankMessage) throws -> SQL {
        let isStranger = message.strangerAddress != nil
        let body = isStranger ? Array(message.body.prefix(Self.strangerBytes)) : message.body
        let place = Self.place(message.direction, message.call, message.order, message.settlement)
        let (keyName, sealed) = try platform.keys.messages.seal(body, for: place)
        let kept = message.fields.sorted { $0.key < $1.key }.prefix(isStranger ? 20 : 60)
        let content = Dictionary(
            kept.map { field, value in
                (
                    Self.printable(field.name, 64),
                    Self.printable(Self.masked(field, value), isStranger ? 200 : 1024)
                )
            }, uniquingKeysWith: { first, _ in first })
        let json = String(decoding: try JSONEncoder().encode(content), as: UTF8.self)
        let code = message.fields[.respCode].map { Self.printable($0, 16) }
        let problem = message.problem.map { Self.printable($0, 400) }
        var limit: SQL = "true"
        if let address = message.strangerAddress {
            let since = message.at.addingTimeInterval(-Self.strangerSeconds)
            limit = """
                (SELECT count(*) < \(Int64(Self.mostOfStrangers))
                        AND count(*) FILTER (WHERE address = \(address)) < \(Int64(Self.mostOfOneStranger))
                    FROM bank_messages WHERE address IS NOT NULL AND at > \(since))
                """
        }
        return """
            INSERT INTO bank_messages (
                at, direction, kind, order_id, settlement_id, code, problem, content, key_name, sealed, address)
            SELECT \(message.at), \(message.direction), \(message.call), \(message.order), \(message.settlement),
                \(code), \(problem),
                \(json)::jsonb, \(keyName), \(sealed), \(message.strangerAddress)
            WHERE \(fragment: limit)
            """
    }

    /// What a sealed original is bound to, so that it does not open as another order's or settlement's.
    private static func place(
        _ direction: BankMessage.Direction, _ call: BankCall, _ order: Int64?, _ settlement: Int64?
    ) -> String {
        let subject = settlement.map { "settlement \($0)" } ?? "\(order ?? 0)"
        return "bank_messages.sealed/\(direction.rawValue)/\(call.rawValue)/\(subject)"
    }

    /// The original of a kept message, as it went over the line; nil when there is none.
    ///
    /// - Throws: when it was changed, or sealed under a key that is not there.
    func original(_ id: Int64) async throws -> [UInt8]? {
        let rows = try await platform.database.query(
            "SELECT direction, kind, order_id, settlement_id, key_name, sealed FROM bank_messages WHERE id = \(id)"
        )
        guard let row = rows.first, let keyName = try row.decode("key_name", as: String?.self) else {
            return nil
        }
        return try platform.keys.messages.open(
            row["sealed"],
            of: Self.place(row["direction"], row["kind"], row["order_id"], row["settlement_id"]),
            keyName: keyName)
    }

    // MARK: What may be shown

    /// Fields that are long and prove nothing to a reader, or hold what is encrypted for the bank.
    private static let longFields: Set<Field> = [
        .signature, .signPubKeyCert, .fileContent, .customerInfo, .reserved, "encryptKey", "tokenPayData",
    ]
    private static let accountFields: Set<Field> = [.accNo, "payCardNo", "payerAccNo", "payeeAccNo"]
    private static let nameFields: Set<Field> = [
        "accName", "customerNm", "payerName", "payeeName", "payCardIssueName",
    ]

    /// A field's value as people may see it.
    static func masked(_ field: Field, _ value: String) -> String {
        if accountFields.contains(field) {
            let isNumber = value.allSatisfy { $0.isNumber || $0 == "*" }
            return isNumber && value.count >= 10
                ? "\(value.prefix(4))****\(value.suffix(4))" : shortened(value)
        }
        if nameFields.contains(field) { return "\(value.prefix(1))**" }
        return longFields.contains(field) ? shortened(value) : value
    }

    private static func shortened(_ value: String) -> String {
        "\(value.prefix(8))…（共 \(value.count) 个字符）"
    }

    /// A text of bounded length without the one character that the database cannot keep.
    private static func printable(_ text: String, _ length: Int) -> String {
        String(text.prefix(length)).replacing("\0", with: "\u{FFFD}")
    }

    // MARK: What was believed

    /// The bank's own signed word that an order was paid: serial and settlement day (`MMDD`) of the first notification
    /// that was believed; nil when there is none.
    static func paidNotice(of order: Int64, on connection: isolated Connection) throws -> (
        serial: String, settlementDay: String
    )? {
        try connection.query(paidNotices(of: order)).first.flatMap(paidNotice)
    }

    /// As above, by a connection of its own.
    static func paidNotice(of order: Int64, in database: Database) async throws -> (
        serial: String, settlementDay: String
    )? {
        try await database.query(paidNotices(of: order)).first.flatMap(paidNotice)
    }

    /// The same of a payout of a settlement to a biller, by the number under which the bank knows it.
    static func paidNotice(
        ofSettlement id: Int64, _ number: String, on connection: isolated Connection
    ) throws -> (serial: String, settlementDay: String)? {
        try connection.query(
            """
            SELECT content ->> 'queryId' AS serial, coalesce(content ->> 'settleDate', '') AS day FROM bank_messages
            WHERE settlement_id = \(id) AND content ->> 'orderId' = \(number) AND kind = 'notification'
                AND problem IS NULL AND code IN ('00', 'A6')
            ORDER BY id LIMIT 1
            """
        ).first.flatMap(paidNotice)
    }

    /// Of the order itself: a notice of a refund of its money says nothing of the payment.
    private static func paidNotices(of order: Int64) -> SQL {
        """
        SELECT content ->> 'queryId' AS serial, coalesce(content ->> 'settleDate', '') AS day FROM bank_messages
        WHERE order_id = \(order) AND kind = 'notification' AND problem IS NULL AND code IN ('00', 'A6')
            AND content ->> 'orderId' = (SELECT number FROM orders WHERE id = \(order))
        ORDER BY id LIMIT 1
        """
    }

    private static func paidNotice(_ row: Row) throws -> (serial: String, settlementDay: String)? {
        guard let serial = try row.decode("serial", as: String?.self) else { return nil }
        return (serial, try row.decode("day", as: String.self))
    }

    // MARK: Retention

    /// How long after one removal the next is, in seconds.
    private static let retentionSeconds = 86_400.0
    /// How many are removed by one statement.
    private static let removedAtOnce: Int32 = 5000

    /// Plans the removal of old messages, if it is not planned.
    func planRemoval(at moment: Date) async throws {
        try await platform.database.execute(
            """
            INSERT INTO jobs (kind, subject_id, due_at) VALUES (\(JobKind.retention.rawValue), 0, \(moment))
            ON CONFLICT DO NOTHING
            """)
    }

    /// Removes what is past its retention, and plans the next time. The database looks at the age again.
    func removeExpired() async throws {
        let moment = platform.effects.now()
        var removed = Self.removedAtOnce
        while removed == Self.removedAtOnce {
            removed = try await platform.database.query(
                """
                SELECT remove_expired_bank_messages(
                    \(moment), \(Int32(platform.settings.messageRetentionYears)), \(Self.removedAtOnce)) AS removed
                """
            ).only()["removed"]
        }
        try await platform.database.transaction {
            try Jobs.again(.retention, 0, due: moment.addingTimeInterval(Self.retentionSeconds), on: $0)
        }
    }
}

extension Platform {
    /// The messages of the bank that are kept.
    var bankMessages: BankMessages { BankMessages(platform: self) }
}

/// A message to the bank or from it, as staff read it. What is personal in it is shortened.
public struct KeptBankMessage: Sendable {
    /// Its row, which orders the list.
    public let id: Int64
    /// When.
    public let at: Date
    /// Whether we sent it.
    public let isSent: Bool
    /// What it is: `front`, `query`, `payout`, `refund` or `notification`.
    public let call: String
    /// The bank's answer code.
    public let code: String?
    /// Why it was not believed; nil for one that was.
    public let problem: String?
    /// Its fields, by name.
    public let fields: [(name: String, value: String)]

    /// How many a page shows.
    static let pageSize = 100

    /// A page of those that a condition names, the newest first, below `before`. The condition names an order or a
    /// settlement: an index has its messages in this order.
    static func page(
        where condition: SQL, before: Int64?, on connection: isolated Connection
    ) throws -> ListPage<KeptBankMessage, Int64> {
        let rows = try connection.query(
            """
            SELECT id, at, direction, kind, code, problem, content::text AS content FROM bank_messages
            WHERE \(fragment: condition) AND id < \(before ?? Int64.max)
            ORDER BY id DESC LIMIT \(Int64(pageSize + 1))
            """)
        return ListPage(try rows.map(message), limit: pageSize, key: \.id)
    }

    private static func message(_ row: Row) throws -> KeptBankMessage {
        let content: String = try row["content"]
        let fields = try JSONDecoder().decode([String: String].self, from: Data(content.utf8))
        let direction: BankMessage.Direction = try row["direction"]
        return KeptBankMessage(
            id: try row["id"], at: try row["at"], isSent: direction == .sent, call: try row["kind"],
            code: try row["code"], problem: try row["problem"],
            fields: fields.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) })
    }
}

/// A message of the bank that was not believed, for operations.
public struct RefusedBankMessage: Sendable {
    /// Its row, which orders the list.
    public let id: Int64
    /// When it came.
    public let receivedAt: Date
    /// Why it was not believed.
    public let problem: String
    /// The order it names, if there is one.
    public let orderNumber: String?
    /// What it says.
    public let content: String
}

extension Monitoring {
    /// Messages of the bank that were not believed, newest first, below `before`.
    public func refusedBankMessages(before: Int64? = nil, limit: Int = 20) async throws
        -> [RefusedBankMessage]
    {
        try await platform.database.query(
            """
            SELECT m.id, m.at, m.problem, o.number, m.content::text AS content
            FROM bank_messages m LEFT JOIN orders o ON o.id = m.order_id
            WHERE m.problem IS NOT NULL AND m.id < \(before ?? Int64.max)
            ORDER BY m.id DESC LIMIT \(Int64(limit))
            """
        ).map { row in
            RefusedBankMessage(
                id: try row.decode("id", as: Int64.self),
                receivedAt: try row.decode("at", as: Date.self),
                problem: try row.decode("problem", as: String.self),
                orderNumber: try row.decode("number", as: String?.self),
                content: try row.decode("content", as: String.self))
        }
    }

    /// The original of a kept message of the bank, for evidence; nil when there is none.
    ///
    /// - Throws: when it was changed, or sealed under a key that is not there.
    public func originalBankMessage(_ id: Int64) async throws -> String? {
        try await platform.bankMessages.original(id).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// The claim table of the bank's serial numbers: each is booked once.
enum BankSerials {
    /// Whose trade has a serial.
    enum Owner {
        case order(Int64)
        /// A payout to a biller, by its number.
        case settlement(Int64, number: String)
        case refund(Int64)
    }

    /// Claims a serial for what is booked under it. A unique violation means that it was booked before: the transaction must
    /// fail.
    ///
    /// - Parameter day: the settlement day that it is booked on; when the file of that day was worked off without it, the day
    ///   is looked at again.
    static func claim(
        _ serial: String, _ trade: BankFiles.Trade, of owner: Owner, amount: Money, day: LocalDate,
        at moment: Date, on connection: isolated Connection
    ) throws {
        let (order, settlement, refund): (Int64?, Int64?, Int64?)
        var known: String?
        switch owner {
        case .order(let id): (order, settlement, refund) = (id, nil, nil)
        case .settlement(let id, let number):
            (order, settlement, refund) = (nil, id, nil)
            known = number
        case .refund(let id): (order, settlement, refund) = (nil, nil, id)
        }
        _ = try connection.execute(
            """
            INSERT INTO bank_serials (channel, serial, order_id, settlement_id, refund_id, number, trade, amount, booked_at)
            VALUES (
                \(trade.channel.rawValue), \(serial), \(order), \(settlement), \(refund),
                coalesce(
                    \(known), (SELECT number FROM orders WHERE id = \(order)),
                    (SELECT number FROM refunds WHERE id = \(refund))),
                \(trade), \(amount), \(moment))
            """)
        try BankFiles.lookAgain(at: day, for: serial, trade.channel, at: moment, on: connection)
    }

    /// Gives up the serial of a payout of which two people have decided in a case that the bank never paid it: a line that
    /// brings the serial after all is news again. No file is taken from here to the end of the transaction.
    static func release(case difference: Int64, on connection: isolated Connection) throws {
        _ = try connection.query("SELECT release_bank_serial(\(difference))")
    }
}

/// The bank's settlement day comes as month and day only.
enum SettlementDay {
    /// The date nearest to `moment` with this month and day (`MMDD`): around New Year it may lie in the other year. A day
    /// that cannot be read is taken as today's; the file of the day says better.
    static func date(_ monthDay: String, near moment: Date) -> LocalDate {
        SettlementDate(monthDay: monthDay, bookedAt: moment)
            .flatMap { LocalDate(year: $0.year, month: $0.month, day: $0.day) } ?? LocalDate(moment)
    }
}
