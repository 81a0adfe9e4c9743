import Foundation
import UnionPay

/// A bill as the biller answers it. Amounts in fen.
struct Bill: Codable, Sendable, Equatable {
    let billNumber: String
    /// The month, `2026-10`.
    let period: String
    let principal: Int64
    let lateFee: Int64
    let amount: Int64
}

/// Which bills a customer number has in a month if nothing was ever paid: calculated, not stored, so that each of
/// millions of numbers has bills of its own and everybody calculates the same.
struct BillingRule: Sendable {
    let biller: BillerProfile
    let customerNumber: String

    private static let monthlyCableFee: Int64 = 2600

    /// All bills up to now, the oldest first.
    func bills(at time: Date) -> [Bill] {
        guard CustomerRule(customerNumber: customerNumber) != .noDebt else { return [] }
        let current = Month(time)
        switch biller.amountRule {
        case .prepayment:
            return []
        case .exact:
            let count = 1 + Int(number("count") % 3)
            return (1...count).reversed().map { bill(current.adding(-$0), monthsLate: Int64($0 - 1)) }
        case .periods:
            let arrears = Int(number("count") % 3)
            return (-arrears...9).map { distance in
                let month = current.adding(distance)
                return Bill(
                    billNumber: billNumber(month), period: month.text, principal: Self.monthlyCableFee,
                    lateFee: 0, amount: Self.monthlyCableFee)
            }
        }
    }

    /// The prepaid balance of a customer who never paid, in fen; 0 where nothing is prepaid.
    var initialBalance: Int64 {
        biller.amountRule == .prepayment ? Int64(number("balance") % 20_000) : 0
    }

    /// The customer's name.
    var customerName: String {
        "湖南示例商贸第\(String(customerNumber.suffix(4)))号有限公司"
    }

    /// Between 30 and 330 yuan; bills that are more than a month late cost 1 % a month more.
    private func bill(_ month: Month, monthsLate: Int64) -> Bill {
        let principal = 3000 + Int64(number(month.text) % 30_000)
        let lateFee = principal * monthsLate / 100
        return Bill(
            billNumber: billNumber(month), period: month.text, principal: principal, lateFee: lateFee,
            amount: principal + lateFee)
    }

    private func billNumber(_ month: Month) -> String {
        biller.code + customerNumber + month.text.filter { $0 != "-" }
    }

    /// A number that follows from biller, customer and purpose (FNV-1a).
    private func number(_ purpose: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(biller.code)/\(customerNumber)/\(purpose)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01b3
        }
        // The low bits of FNV-1a vary least from number to number.
        return hash >> 16
    }
}

/// A month in Beijing.
private struct Month {
    /// Months since the year 0.
    private let count: Int

    init(_ time: Date) {
        let digits = BeijingTime(time).digits
        count = (Int(digits.prefix(4)) ?? 0) * 12 + (Int(digits.dropFirst(4).prefix(2)) ?? 1) - 1
    }

    private init(count: Int) {
        self.count = count
    }

    func adding(_ months: Int) -> Month {
        Month(count: count + months)
    }

    /// `2026-10`.
    var text: String {
        String(format: "%04d-%02d", count / 12, count % 12 + 1)
    }
}
