import Foundation

/// A biller of the play: five of them, all in 长沙, with invented names.
struct BillerProfile: Sendable {
    /// What one payment may be.
    enum AmountRule: String, Sendable {
        /// All arrears at once.
        case exact
        /// Any of the monthly bills, each whole.
        case periods
        /// Any amount, kept for the customer.
        case prepayment
    }

    let code: String
    let name: String
    /// What is paid to it.
    let item: String
    let amountRule: AmountRule
    /// How many digits its customer numbers have.
    let numberLength: Int
    /// An ordinary customer number.
    let example: String

    /// Customer numbers have `numberLength` digits and do not begin with 0.
    func accepts(_ number: String) -> Bool {
        number.utf8.count == numberLength && number.utf8.first != UInt8(ascii: "0")
            && number.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// All of them.
    static let all: [BillerProfile] = [
        BillerProfile(
            code: "CSWATER", name: "长沙清源水务（模拟）", item: "水费", amountRule: .exact, numberLength: 8,
            example: "10012345"),
        BillerProfile(
            code: "CSPOWER", name: "长沙星光供电（模拟）", item: "电费", amountRule: .prepayment, numberLength: 10,
            example: "4301001234"),
        BillerProfile(
            code: "CSCABLE", name: "长沙视界有线（模拟）", item: "有线电视费", amountRule: .periods,
            numberLength: 9, example: "731012345"),
        BillerProfile(
            code: "CSGAS1", name: "湘江燃气（模拟）", item: "燃气费", amountRule: .exact, numberLength: 10,
            example: "2100123456"),
        BillerProfile(
            code: "CSGAS2", name: "麓山燃气（模拟）", item: "燃气费", amountRule: .exact, numberLength: 8,
            example: "60012345"),
    ]
}

/// What is special about a customer number, by its last three digits: documented, so that everybody can provoke each
/// case with every biller.
enum CustomerRule: String, CaseIterable, Sendable {
    /// Nothing.
    case ordinary = ""
    /// There is no such customer.
    case unknown = "000"
    /// There are no bills.
    case noDebt = "001"
    /// The oldest bill grows by 1.00 yuan between the first query and the second.
    case amountChanges = "002"
    /// Every answer takes some seconds.
    case slow = "003"
    /// The biller's program is out of order.
    case down = "004"
    /// The first payment is booked, and its answer is lost.
    case answerLost = "005"
    /// A payment is taken, its write-off unknown at first, and done later.
    case writeOffLate = "006"
    /// A payment is refused.
    case refused = "007"
    /// A payment is taken, and its write-off fails.
    case writeOffFails = "008"
    /// A payment is taken, its write-off unknown at first, and failed later.
    case writeOffFailsLate = "009"

    /// The rule for a customer number.
    init(customerNumber: String) {
        let tail = customerNumber.suffix(3)
        self = Self.allCases.first { $0 != .ordinary && $0.rawValue == tail } ?? .ordinary
    }

    /// What people are told about it.
    var explanation: String {
        switch self {
        case .ordinary: "其他尾号：正常户号，账单按户号和月份产生，缴清后为零"
        case .unknown: "无此户号"
        case .noDebt: "暂无欠费"
        case .amountChanges: "第二次查询起，最早一期账单增加 1.00 元（缴费后恢复；预存类单位无此情形）"
        case .slow: "应答慢（默认 4 秒）"
        case .down: "收费单位系统停用（HTTP 503）"
        case .answerLost: "首次缴费已入账，但应答丢失（连接超时）"
        case .writeOffLate: "已扣款，销账未知；默认 60 秒后销账成功"
        case .refused: "缴费被拒绝"
        case .writeOffFails: "已扣款，销账失败"
        case .writeOffFailsLate: "已扣款，销账未知；默认 60 秒后销账失败"
        }
    }
}
