import Foundation

/// A corporate customer (单位).
public struct Enterprise: Sendable {
    /// Its key.
    public struct ID: Identifier {
        /// The number of the row.
        public let rawValue: Int64
        /// The identifier of this number.
        public init(rawValue: Int64) { self.rawValue = rawValue }
    }

    /// Its key.
    public let id: ID
    /// 商户编号.
    public let merchantNumber: String
    /// 单位名称.
    public let name: String
    /// 统一社会信用代码.
    public let creditCode: String
    /// 法定代表人（负责人）.
    public let legalRepresentative: String
    /// The code of the city it belongs to.
    public let cityCode: String
    /// The city's name.
    public let cityName: String
    /// The name of the bank at which it has internet banking.
    public let internetBankingBankName: String
    /// Where it stands with us.
    public let state: EnterpriseState
    /// When its account was opened.
    public let openedAt: Date
}

/// One row of the staff's list of enterprises.
public struct EnterpriseSummary: Sendable {
    /// Its key.
    public let id: Enterprise.ID
    /// 商户编号.
    public let merchantNumber: String
    /// 单位名称.
    public let name: String
    /// 统一社会信用代码.
    public let creditCode: String
    /// The city's name.
    public let cityName: String
    /// Where it stands with us.
    public let state: EnterpriseState
    /// When its account was opened.
    public let openedAt: Date
}

/// Something that happened to an enterprise or its registered account, for the staff's page.
public struct LifecycleEvent: Sendable {
    /// The event's name in its table.
    public let event: String
    /// The state it led to.
    public let state: String
    /// Why, where people said so.
    public let reason: String?
    /// When.
    public let at: Date
}

/// All that the staff's page of one enterprise shows.
public struct EnterpriseDetails: Sendable {
    /// The enterprise.
    public let enterprise: Enterprise
    /// Where its withdrawals go; nil only for damaged data.
    public let registeredAccount: RegisteredAccount?
    /// Its operators, the first one first.
    public let operators: [Operator]
    /// What happened, oldest first.
    public let events: [LifecycleEvent]
}
