import Cryptography
import Foundation
import Payments

/// The staff of the demo. Invented people.
struct DemoStaff {
    let number: String
    let name: String
    let role: StaffRole
    let region: Region
    let mobile: String

    static let accountManager = DemoStaff(
        number: "A4301001", name: "周明", role: .accountManager, region: .city("430100"), mobile: "13800000101")
    static let supervisor = DemoStaff(
        number: "S4300001", name: "何静", role: .supervisor, region: .province("430000"), mobile: "13800000102")
    static let operations = DemoStaff(
        number: "O0000001", name: "吴涛", role: .operations, region: .national, mobile: "13800000103")
    static let nationalSupervisor = DemoStaff(
        number: "S0000001", name: "孙敏", role: .supervisor, region: .national, mobile: "13800000104")

    static let all = [accountManager, supervisor, operations, nationalSupervisor]
}

/// The companies of the demo. Invented, with credit codes whose check character is right.
struct DemoCompany {
    let form: AccountOpeningForm

    static let withHistory = DemoCompany(
        name: "湖南星沙示例实业有限公司", body: "91430100MA4DEMA0X", representative: "刘建国", person: "陈晓",
        mobile: "13800000201",
        account: "43050178360800001234", loginID: "xingsha.chen")
    static let empty = DemoCompany(
        name: "长沙麓谷示例科技有限公司", body: "91430104MA4DEMB1J", representative: "谭思远", person: "李蓉",
        mobile: "13800000202",
        account: "43050178360800005678", loginID: "lugu.li")

    private init(
        name: String, body: String, representative: String, person: String, mobile: String, account: String,
        loginID: String
    ) {
        var form = AccountOpeningForm()
        form.enterpriseName = name
        form.creditCode = body + Self.checkCharacter(body)
        form.legalRepresentative = representative
        form.operatorName = person
        form.operatorMobile = mobile
        form.cityCode = "430100"
        form.internetBankingBank = "CCB"
        form.accountBank = "CCB"
        form.lineNumber = "105551000012"
        form.accountNumber = account
        form.holderName = name
        form.loginID = loginID
        self.form = form
    }

    /// The last character of a unified social credit code, GB 32100-2015.
    private static func checkCharacter(_ body: String) -> String {
        let symbols = Array("0123456789ABCDEFGHJKLMNPQRTUWXY")
        var weight = 1
        var sum = 0
        for character in body {
            sum += (symbols.firstIndex(of: character) ?? 0) * weight
            weight = weight * 3 % 31
        }
        return String(symbols[(31 - sum % 31) % 31])
    }
}

/// The billers of the sandbox, as they stand in the catalogue.
enum DemoBillers {
    static func all(address: String) -> [Biller] {
        func biller(
            _ code: String, _ name: String, _ item: String, _ rule: Biller.AmountRule, digits: Int,
            example: String,
            most: Int64
        ) -> Biller {
            Biller(
                code: code, name: name, cityCode: "430100", billItem: item, amountRule: rule,
                numberLabel: "户号",
                numberPattern: "[1-9][0-9]{\(digits - 1)}", numberHint: "\(digits) 位数字，例如 \(example)",
                least: Money(fen: 1), most: Money(fen: most), address: "\(address)/billers/\(code)")
        }
        return [
            biller(
                "CSWATER", "长沙清源水务（模拟）", "water", .exact, digits: 8, example: "10012345", most: 50_000_000),
            biller(
                "CSPOWER", "长沙星光供电（模拟）", "electricity", .prepayment, digits: 10, example: "4301001234",
                most: 100_000_000),
            biller(
                "CSCABLE", "长沙视界有线（模拟）", "cable-tv", .periods, digits: 9, example: "731012345",
                most: 10_000_000),
            biller("CSGAS1", "湘江燃气（模拟）", "gas", .exact, digits: 10, example: "2100123456", most: 50_000_000),
            biller("CSGAS2", "麓山燃气（模拟）", "gas", .exact, digits: 8, example: "60012345", most: 50_000_000),
        ]
    }
}

/// The accounts at which the billers of the demo get what was collected for them. Invented, like the billers.
struct DemoBillerAccount {
    let biller: String
    let holder: String
    let licence: String
    let number: String

    static let all = [
        DemoBillerAccount(
            biller: "CSWATER", holder: "长沙清源水务示例有限公司", licence: "91430100MA4DEMW1XB",
            number: "43050178360800100117"),
        DemoBillerAccount(
            biller: "CSPOWER", holder: "长沙星光供电示例有限公司", licence: "91430100MA4DEMP2X0",
            number: "43050178360800100225"),
        DemoBillerAccount(
            biller: "CSCABLE", holder: "长沙视界有线示例有限公司", licence: "91430100MA4DEMC3XJ",
            number: "43050178360800100333"),
        DemoBillerAccount(
            biller: "CSGAS1", holder: "湘江燃气示例有限公司", licence: "91430100MA4DEMG4XA",
            number: "43050178360800100441"),
        DemoBillerAccount(
            biller: "CSGAS2", holder: "麓山燃气示例有限公司", licence: "91430100MA4DEMG5XB",
            number: "43050178360800100559"),
    ]
}

/// A login of the demo, as people get it.
struct DemoLogin: Codable {
    var role: String
    var loginId: String
    var password: String
    var paymentPassword: String?
    var merchantNumber: String?
    var enterprise: String?

    /// One line for the screen.
    var line: String {
        var parts = [role, loginId, password]
        if let paymentPassword { parts.append("支付密码 \(paymentPassword)") }
        if let merchantNumber { parts.append("商户编号 \(merchantNumber)") }
        if let enterprise { parts.append(enterprise) }
        return parts.joined(separator: "  ")
    }

    /// A password that passes every rule: 15 random characters.
    static func randomPassword() -> String { SystemRandom.token(bytes: 11) }

    /// Writes the logins for the owner's eyes only.
    static func write(_ logins: [DemoLogin], to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard
            FileManager.default.createFile(
                atPath: path, contents: try encoder.encode(logins), attributes: [.posixPermissions: 0o600])
        else { throw DemoError.refused("\(path) cannot be written") }
    }
}
