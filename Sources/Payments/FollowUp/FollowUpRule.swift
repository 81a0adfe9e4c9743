import Foundation
import Postgres

/// A rule of follow-up monitoring (事后监控) in one of its versions: data in `follow_up_rules`, changed by migrations.
public struct FollowUpRule: Sendable {
    /// What a rule looks for; its thresholds are data, how they are applied is in ``FollowUps``.
    public enum Kind: String, Sendable, CaseIterable, PostgresCodable {
        /// Topped up and soon withdrawn, with no bill paid between.
        case quickTurn
        /// Many small withdrawals in a span of hours.
        case manySmall
        /// A large withdrawal to an account that was verified some days ago.
        case newAccountLarge
        /// A company without movements for long that withdraws again.
        case dormantActive
        /// Withdrawals that came back, again and again.
        case returnedTwice
        /// A large payment to an account of a biller that was registered some days ago.
        case billerAccountLarge
        /// Payments to a biller that came back, again and again.
        case billerReturnedTwice

        /// Whether it looks at payments to billers; else at withdrawals of companies.
        public var isAboutBillers: Bool { self == .billerAccountLarge || self == .billerReturnedTwice }
    }

    /// What it looks for.
    public let kind: Kind
    /// Its version, from 1.
    public let version: Int
    /// What it is called.
    public let name: String
    /// What it looks for in words, with its thresholds.
    public let sentence: String
    /// Whether it is applied.
    public let isOn: Bool
    /// Whether a case of it keeps the company's next withdrawal back, or the biller's next payment.
    public let holdsWithdrawals: Bool

    /// Columns of `follow_up_rules r`, for queries that read a rule beside something else.
    static let columns: SQL = """
        r.rule, r.version AS rule_version, r.name AS rule_name, r.sentence, r.hours, r.days, r.least_count, r.least_amount,
        r.most_amount, r.least_percent, r.is_on, r.holds_withdrawals
        """

    /// Reads ``columns``.
    init(_ row: Row) throws {
        func text(_ column: String) throws -> String {
            try row.decode(column, as: Int?.self).map(String.init) ?? ""
        }
        func amount(_ column: String) throws -> String {
            try row.decode(column, as: Money?.self)?.formatted ?? ""
        }
        kind = try row["rule"]
        version = try row["rule_version"]
        name = try row["rule_name"]
        let thresholds = [
            "{hours}": try text("hours"), "{days}": try text("days"), "{count}": try text("least_count"),
            "{least}": try amount("least_amount"), "{most}": try amount("most_amount"),
            "{percent}": try text("least_percent"),
        ]
        sentence = try thresholds.reduce(row.decode("sentence", as: String.self)) {
            $0.replacing($1.key, with: $1.value)
        }
        isOn = try row["is_on"]
        holdsWithdrawals = try row["holds_withdrawals"]
    }

    /// A rule as a page is shown it.
    init(
        kind: Kind, version: Int = 1, name: String, sentence: String, isOn: Bool = true,
        holdsWithdrawals: Bool = false
    ) {
        self.kind = kind
        self.version = version
        self.name = name
        self.sentence = sentence
        self.isOn = isOn
        self.holdsWithdrawals = holdsWithdrawals
    }
}
