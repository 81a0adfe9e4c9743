import Foundation

/// How the bank settles, as data; kept in its journal, changed on the control page.
struct BankRules: Codable, Sendable, Equatable {
    /// What a payment costs the merchant, in fen.
    var paymentFee: Int64 = 0
    /// What a payout costs the merchant, in fen.
    var payoutFee: Int64 = 0
    /// When the settlement day ends, in minutes after midnight.
    var cutOffMinutes = 23 * 60
    /// When file and statement of a day are there, in minutes after the next midnight.
    var nightRunMinutes = 60
    /// When the net of a day is transferred on the next working day, in minutes after midnight.
    var transferMinutes = 10 * 60
    /// From the acceptance of a refund to its result.
    var refundDelaySeconds = 20.0

    /// The settlement day to which a moment belongs.
    func settlementDay(of moment: Date) -> BankDay {
        BankDay(of: moment.addingTimeInterval(Double(24 * 60 - cutOffMinutes) * 60))
    }

    /// When a settlement day ends.
    func cutOff(of day: BankDay) -> Date {
        day.start.addingTimeInterval(Double(cutOffMinutes) * 60)
    }

    /// From when on file and statement of a day are there.
    func nightRun(after day: BankDay) -> Date {
        day.adding(1).start.addingTimeInterval(Double(nightRunMinutes) * 60)
    }

    /// When the net of a day is transferred.
    func transfer(of day: BankDay) -> Date {
        day.nextWorkingDay.start.addingTimeInterval(Double(transferMinutes) * 60)
    }

    /// Minutes after midnight from `HH:mm`; nil for anything else.
    static func minutes(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard
            parts.map(\.utf8.count) == [2, 2], let hour = Int(parts[0]), let minute = Int(parts[1]),
            (0..<24).contains(hour), (0..<60).contains(minute)
        else { return nil }
        return hour * 60 + minute
    }

    /// `HH:mm`.
    static func text(minutes: Int) -> String {
        "\(String(100 + minutes / 60).suffix(2)):\(String(100 + minutes % 60).suffix(2))"
    }
}
