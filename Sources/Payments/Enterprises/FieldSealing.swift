import Cryptography

/// Where a sealed value stands. It is bound into the seal, so that a value moved to another row or column
/// does not open.
struct SealedField: Sendable {
    let table: String
    let column: String
    let row: String

    static func registeredAccountNumber(_ account: RegisteredAccount.ID) -> SealedField {
        SealedField(table: "registered_accounts", column: "account_number_sealed", row: account.description)
    }

    static func billerAccountNumber(_ account: Int64) -> SealedField {
        SealedField(table: "biller_accounts", column: "account_number_sealed", row: String(account))
    }

    static func operatorMobile(_ operatorID: Operator.ID) -> SealedField {
        SealedField(table: "operators", column: "mobile_sealed", row: operatorID.description)
    }

    static func staffMobile(_ member: StaffMember.ID) -> SealedField {
        SealedField(table: "staff", column: "mobile_sealed", row: member.description)
    }

    fileprivate var context: [UInt8] { Array("\(table).\(column)/\(row)".utf8) }
}

extension Keys {
    /// The text sealed for its place, to be stored.
    func seal(_ text: String, for field: SealedField) throws -> [UInt8] {
        try fieldEncryption.seal(Array(text.utf8), authenticating: field.context)
    }

    /// The text sealed for this place. Throws when it was sealed for another, or changed.
    func open(_ sealed: [UInt8], of field: SealedField) throws -> String {
        String(decoding: try fieldEncryption.open(sealed, authenticating: field.context), as: UTF8.self)
    }

    /// By which equal mobile numbers, and so persons, are recognised.
    func digest(of mobile: MobileNumber) -> [UInt8] { lookupDigest(mobile.text, purpose: "mobile") }

    /// By which equal bank account numbers are recognised.
    func digest(of account: BankAccountNumber) -> [UInt8] {
        lookupDigest(account.text, purpose: "account number")
    }
}
