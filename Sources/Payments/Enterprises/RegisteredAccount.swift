import Foundation

/// The account at a bank to which an enterprise's withdrawals go (提现账户).
public struct RegisteredAccount: Sendable {
    /// Its key.
    public struct ID: Identifier {
        /// The number of the row.
        public let rawValue: Int64
        /// The identifier of this number.
        public init(rawValue: Int64) { self.rawValue = rawValue }
    }

    /// Its key.
    public let id: ID
    /// Whose it is.
    public let enterpriseID: Enterprise.ID
    /// The short code of the bank.
    public let bankCode: String
    /// The name of the bank (开户银行).
    public let bankName: String
    /// 联行号.
    public let lineNumber: String
    /// The last four characters of the number; the whole number stays sealed.
    public let accountNumberTail: String
    /// 户名.
    public let holderName: String
    /// How far the account has been checked.
    public let state: RegisteredAccountState
    /// Raised with each change of state.
    public let version: Int

    let accountNumberSealed: [UInt8]

    /// The whole number, for the message to the bank. Throws when the stored value was moved or changed.
    public func accountNumber(_ keys: Keys) throws -> String {
        try keys.open(accountNumberSealed, of: .registeredAccountNumber(id))
    }
}
