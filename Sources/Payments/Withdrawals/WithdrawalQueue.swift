import Foundation
import Postgres

/// What staff's queue of withdrawals (提现处理) is narrowed to.
public struct WithdrawalQueueFilter: Sendable, Hashable {
    /// When a withdrawal is due, seen from today.
    public enum Due: String, Sendable, CaseIterable {
        /// The promised day has passed.
        case overdue
        /// Today is the promised day.
        case today
        /// The promised day is still to come.
        case later
    }

    /// In one state only.
    public var status: WithdrawalStatus?
    /// Due then only.
    public var due: Due?

    /// A filter; by default everything that is not final.
    public init(status: WithdrawalStatus? = nil, due: Due? = nil) {
        self.status = status
        self.due = due
    }

    /// The states that wait for something.
    public static let statuses = WithdrawalStatus.allCases.filter { !$0.isFinal }

    /// The channels that pay out.
    public static let channels = [Channel.payout]

    /// The condition on `orders o` and `withdrawals w`.
    func condition(today: LocalDate) -> SQL {
        var conditions: [SQL] = ["o.kind = 'withdrawal' AND NOT o.is_final"]
        if let status { conditions.append("o.state = \(status.rawValue)") }
        switch due {
        case .overdue: conditions.append("w.expected_until < \(today)")
        case .today: conditions.append("w.expected_until = \(today)")
        case .later: conditions.append("w.expected_until > \(today)")
        case nil: break
        }
        return .joined(conditions, by: " AND ")
    }
}

/// One withdrawal of the queue.
public struct QueuedWithdrawal: Sendable {
    /// Its place in the queue.
    public let key: WithdrawalQueueKey
    /// Its number.
    public let number: String
    /// Whose it is.
    public let enterpriseName: String
    /// The enterprise's merchant number.
    public let merchantNumber: String
    /// Through which channel it goes.
    public let channelName: String
    /// How much.
    public let amount: Money
    /// Where it stands.
    public let status: WithdrawalStatus
    /// When it was submitted.
    public let createdAt: Date
    /// When its job is due next: to send it, or to ask the bank; nil when only a person can go on.
    public let nextAt: Date?
    /// What companies are told of the pause of its channel, where that keeps it from being sent.
    public let pauseNotice: String?

    /// The last day of its promise.
    public var dueOn: LocalDate { key.dueOn }
}

/// The place of a withdrawal in the queue: by the promised day, then by age.
public struct WithdrawalQueueKey: Sendable, Hashable {
    /// The last day of the promise.
    public let dueOn: LocalDate
    /// The order's row.
    public let order: Int64

    /// A place.
    public init(dueOn: LocalDate, order: Int64) {
        self.dueOn = dueOn
        self.order = order
    }
}

/// How many withdrawals of a channel are due when, and their sum.
public struct WithdrawalQueueTotal: Sendable {
    /// The channel's name.
    public let channelName: String
    /// When they are due.
    public let due: WithdrawalQueueFilter.Due
    /// How many.
    public let count: Int64
    /// Their sum.
    public let sum: Money
}

extension Withdrawals {
    /// How many withdrawals an export holds at most; who wants more narrows the filter.
    public static let queueExportLimit = 20_000

    /// A page of the withdrawals of a region that are not final, the longest overdue first. One query over the index of
    /// orders that are not final.
    ///
    /// - Parameters:
    ///   - after: the last place of the page before.
    ///   - limit: rows a page.
    public func queue(
        _ filter: WithdrawalQueueFilter = WithdrawalQueueFilter(), within region: Region,
        after key: WithdrawalQueueKey? = nil, limit: Int = 20
    ) async throws -> ListPage<QueuedWithdrawal, WithdrawalQueueKey> {
        var conditions: [SQL] = [
            filter.condition(today: LocalDate(platform.effects.now())), region.condition,
        ]
        if let key { conditions.append("(w.expected_until, o.id) > (\(key.dueOn), \(key.order))") }
        let rows = try await platform.database.query(
            """
            SELECT o.id, o.number, o.amount, o.state, o.write_off, o.created_at, w.expected_until, e.name,
                e.merchant_number, c.name AS channel_name, j.due_at,
                CASE WHEN c.is_paused AND o.state = 'accepted' THEN c.notice END AS pause_notice
            \(fragment: Self.queued)
            LEFT JOIN jobs j ON j.kind = 'withdrawal' AND j.subject_id = o.id
            WHERE \(fragment: .joined(conditions, by: " AND "))
            ORDER BY w.expected_until, o.id LIMIT \(Int64(limit + 1))
            """
        ).map { row in
            QueuedWithdrawal(
                key: WithdrawalQueueKey(dueOn: try row["expected_until"], order: try row["id"]),
                number: try row["number"], enterpriseName: try row["name"],
                merchantNumber: try row["merchant_number"], channelName: try row["channel_name"],
                amount: try row["amount"], status: try Orders.status(WithdrawalStatus.self, from: row),
                createdAt: try row["created_at"], nextAt: try row["due_at"],
                pauseNotice: try row["pause_notice"])
        }
        return ListPage(rows, limit: limit, key: \.key)
    }

    /// The whole queue of a region, counted and summed by channel and by when it is due.
    public func queueTotals(within region: Region) async throws -> [WithdrawalQueueTotal] {
        let today = LocalDate(platform.effects.now())
        return try await platform.database.query(
            """
            SELECT channel_name, due, count(*) AS count, sum(amount)::bigint AS sum FROM (
                SELECT c.name AS channel_name, o.amount, CASE
                    WHEN w.expected_until < \(today) THEN 'overdue' WHEN w.expected_until = \(today) THEN 'today'
                    ELSE 'later' END AS due
                \(fragment: Self.queued)
                WHERE \(fragment: WithdrawalQueueFilter().condition(today: today)) AND \(fragment: region.condition)
            ) q
            GROUP BY channel_name, due ORDER BY channel_name
            """
        ).map { row in
            guard let due = WithdrawalQueueFilter.Due(rawValue: try row["due"]) else {
                throw UnreadableOrder(column: "due")
            }
            return WithdrawalQueueTotal(
                channelName: try row["channel_name"], due: due, count: try row["count"], sum: try row["sum"])
        }
    }

    /// All withdrawals of a filter in the order of the queue, in pages handed to `write`, up to ``queueExportLimit``.
    ///
    /// - Returns: whether the limit cut the export.
    public func exportQueue(
        _ filter: WithdrawalQueueFilter, within region: Region, write: ([QueuedWithdrawal]) -> Void
    ) async throws -> Bool {
        var key: WithdrawalQueueKey?
        var written = 0
        repeat {
            let page = try await queue(filter, within: region, after: key, limit: 1000)
            write(page.rows)
            written += page.rows.count
            key = page.next
        } while key != nil && written < Self.queueExportLimit
        return key != nil
    }

    private static let queued: SQL = """
        FROM orders o JOIN withdrawals w ON w.order_id = o.id JOIN bank_channels c ON c.channel = w.channel
        JOIN enterprises e ON e.id = o.enterprise_id JOIN cities ON cities.code = e.city_code
        """
}
