import Postgres

/// The opening form as it was typed.
public struct AccountOpeningForm: Sendable, Hashable {
    /// 单位名称
    public var enterpriseName = ""
    /// 统一社会信用代码
    public var creditCode = ""
    /// 法定代表人（负责人）
    public var legalRepresentative = ""
    /// 授权经办人
    public var operatorName = ""
    /// 手机号 of the authorised operator
    public var operatorMobile = ""
    /// 所在城市, the code
    public var cityCode = ""
    /// 已开通企业网银, the bank's code
    public var internetBankingBank = ""
    /// 开户银行 of the registered account, the bank's code
    public var accountBank = ""
    /// 联行号
    public var lineNumber = ""
    /// 账号
    public var accountNumber = ""
    /// 户名
    public var holderName = ""
    /// 登录ID
    public var loginID = ""

    /// An empty form.
    public init() {}

    /// All fields in one order, for digests.
    var fields: [String] {
        [
            enterpriseName, creditCode, legalRepresentative, operatorName, operatorMobile, cityCode,
            internetBankingBank, accountBank, lineNumber, accountNumber, holderName, loginID,
        ]
    }
}

/// What is wrong with a name.
public enum NameFault: Hashable, Sendable {
    /// Nothing was typed.
    case empty
    /// Longer than so many characters, or shorter than a name can be.
    case wrongLength(longest: Int)
    /// Control characters or invisible marks are inside.
    case wrongCharacter
    /// One of ``BankText/separators`` is inside.
    case notForTheBank
}

/// What is wrong with a choice from a list.
public enum ChoiceFault: Hashable, Sendable {
    /// Nothing was chosen.
    case empty
    /// It is not on the list.
    case unknown
    /// The city lies outside of the account manager's region.
    case outsideRegion
}

/// What is wrong with a credit code.
public enum CreditCodeFault: Hashable, Sendable {
    /// It is none.
    case form(CreditCode.Fault)
    /// The enterprise is a customer already, in the reader's region.
    case alreadyCustomer(merchantNumber: String, name: String)
    /// A customer of another region has it; which one is not said.
    case taken
}

/// What is wrong with the operator's mobile number.
public enum OperatorMobileFault: Hashable, Sendable {
    /// It is none.
    case form(MobileNumber.Fault)
    /// It is that of a member of staff, and who decides on an enterprise is not to be its operator.
    case belongsToStaff
}

/// What is wrong with the holder's name of the registered account.
public enum HolderFault: Hashable, Sendable {
    /// Nothing was typed.
    case empty
    /// It is another name than the enterprise's: money may go back to the enterprise only.
    case differsFromEnterprise
    /// Control characters or invisible marks are inside.
    case wrongCharacter
    /// One of ``BankText/separators`` is inside.
    case notForTheBank
}

/// What is wrong with a login ID.
public enum LoginIDFault: Hashable, Sendable {
    /// It can be none.
    case form(LoginID.Fault)
    /// Somebody has it.
    case taken
}

/// All that is wrong with an opening form, field by field; nil is right.
public struct AccountOpeningFaults: Error, Hashable, Sendable {
    /// 单位名称
    public var enterpriseName: NameFault?
    /// 统一社会信用代码
    public var creditCode: CreditCodeFault?
    /// 法定代表人（负责人）
    public var legalRepresentative: NameFault?
    /// 授权经办人
    public var operatorName: NameFault?
    /// 手机号
    public var operatorMobile: OperatorMobileFault?
    /// 所在城市
    public var cityCode: ChoiceFault?
    /// 已开通企业网银
    public var internetBankingBank: ChoiceFault?
    /// 开户银行
    public var accountBank: ChoiceFault?
    /// 联行号
    public var lineNumber: BankLineNumber.Fault?
    /// 账号
    public var accountNumber: BankAccountNumber.Fault?
    /// 户名
    public var holderName: HolderFault?
    /// 登录ID
    public var loginID: LoginIDFault?

    /// Whether nothing is wrong.
    public var isEmpty: Bool { self == AccountOpeningFaults() }

    init() {}
}

extension AccountOpeningForm {
    /// A form in which every field is what it should be.
    struct Checked: Sendable {
        let enterpriseName: String
        let creditCode: CreditCode
        let legalRepresentative: String
        let operatorName: String
        let operatorMobile: MobileNumber
        let cityCode: String
        let internetBankingBank: String
        let accountBank: String
        let lineNumber: BankLineNumber
        let accountNumber: BankAccountNumber
        let holderName: String
        let loginID: LoginID

        /// What two people agree on.
        var canonical: [String] {
            [
                enterpriseName, creditCode.text, legalRepresentative, operatorName, operatorMobile.text,
                cityCode,
                internetBankingBank, accountBank, lineNumber.text, accountNumber.text, holderName,
                loginID.text,
            ]
        }
    }

    /// Checks every field, those against the database too, and gives the form typed, or all faults at once.
    ///
    /// - Throws: ``AccountOpeningFaults``.
    func checked(
        within region: Region, keys: Keys, on connection: isolated Connection
    ) throws -> Checked {
        var faults = AccountOpeningFaults()
        let name = Self.name(enterpriseName, 2...100, &faults.enterpriseName)
        let representative = Self.name(legalRepresentative, 1...60, &faults.legalRepresentative)
        let person = Self.name(operatorName, 1...60, &faults.operatorName)
        let mobile = Self.taken({ () throws(MobileNumber.Fault) in try MobileNumber(entered: operatorMobile) }
        ) {
            faults.operatorMobile = .form($0)
        }
        let code = Self.taken({ () throws(CreditCode.Fault) in try CreditCode(entered: creditCode) }) {
            faults.creditCode = .form($0)
        }
        let line = Self.taken({ () throws(BankLineNumber.Fault) in try BankLineNumber(entered: lineNumber) })
        {
            faults.lineNumber = $0
        }
        let number = Self.taken({ () throws(BankAccountNumber.Fault) in
            try BankAccountNumber(entered: accountNumber)
        }) { faults.accountNumber = $0 }
        let login = Self.taken({ () throws(LoginID.Fault) in try LoginID(entered: loginID) }) {
            faults.loginID = .form($0)
        }
        let holder = holderName.trimmed
        if holder.isEmpty {
            faults.holderName = .empty
        } else if holder.hasInvisibleCharacters {
            faults.holderName = .wrongCharacter
        } else if !BankText.canCarry(holder) {
            faults.holderName = .notForTheBank
        } else if holder.comparableName != enterpriseName.comparableName {
            faults.holderName = .differsFromEnterprise
        }
        faults.cityCode = try cityFault(within: region, on: connection)
        faults.internetBankingBank = try Self.bankFault(internetBankingBank, on: connection)
        faults.accountBank = try Self.bankFault(accountBank, on: connection)
        if let mobile, try Self.belongsToStaff(mobile, keys: keys, on: connection) {
            faults.operatorMobile = .belongsToStaff
        }
        if let code, let fault = try Self.customer(with: code, within: region, on: connection) {
            faults.creditCode = fault
        }
        if let login, try Self.isTaken(login, on: connection) { faults.loginID = .taken }
        guard faults.isEmpty, let code, let mobile, let line, let number, let login else { throw faults }
        return Checked(
            enterpriseName: name, creditCode: code, legalRepresentative: representative, operatorName: person,
            operatorMobile: mobile, cityCode: cityCode, internetBankingBank: internetBankingBank,
            accountBank: accountBank, lineNumber: line, accountNumber: number, holderName: holder,
            loginID: login)
    }

    private static func taken<Value, Fault: Error>(
        _ make: () throws(Fault) -> Value, _ onFault: (Fault) -> Void
    ) -> Value? {
        do {
            return try make()
        } catch {
            onFault(error)
            return nil
        }
    }

    private static func name(_ text: String, _ length: ClosedRange<Int>, _ fault: inout NameFault?) -> String
    {
        let name = text.trimmed
        if name.isEmpty {
            fault = .empty
        } else if !length.contains(name.count) || name.unicodeScalars.count > length.upperBound {
            fault = .wrongLength(longest: length.upperBound)
        } else if name.hasInvisibleCharacters {
            fault = .wrongCharacter
        } else if !BankText.canCarry(name) {
            fault = .notForTheBank
        }
        return name
    }

    private func cityFault(within region: Region, on connection: isolated Connection) throws -> ChoiceFault? {
        guard !cityCode.isEmpty else { return .empty }
        let rows = try connection.query("SELECT province_code FROM cities WHERE code = \(cityCode)")
        guard let row = rows.first else { return .unknown }
        return region.covers(city: cityCode, of: try row["province_code"]) ? nil : .outsideRegion
    }

    private static func bankFault(_ code: String, on connection: isolated Connection) throws -> ChoiceFault? {
        guard !code.isEmpty else { return .empty }
        let rows = try connection.query("SELECT 1 AS one FROM banks WHERE code = \(code) AND NOT is_defunct")
        return rows.isEmpty ? .unknown : nil
    }

    private static func customer(
        with code: CreditCode, within region: Region, on connection: isolated Connection
    ) throws -> CreditCodeFault? {
        try connection.query(
            """
            SELECT enterprises.merchant_number, enterprises.name,
                \(fragment: region.condition) AS is_within_region
            FROM enterprises JOIN cities ON cities.code = enterprises.city_code
            WHERE enterprises.credit_code = \(code.text)
            """
        ).first.map { row in
            guard try row["is_within_region"] else { return .taken }
            return .alreadyCustomer(merchantNumber: try row["merchant_number"], name: try row["name"])
        }
    }

    private static func belongsToStaff(
        _ mobile: MobileNumber, keys: Keys, on connection: isolated Connection
    ) throws -> Bool {
        try !connection.query(
            "SELECT 1 AS one FROM staff WHERE mobile_digest = \(keys.digest(of: mobile)) LIMIT 1"
        ).isEmpty
    }

    private static func isTaken(_ login: LoginID, on connection: isolated Connection) throws -> Bool {
        try !connection.query("SELECT 1 AS one FROM operators WHERE login_id = \(login.text)").isEmpty
    }
}
