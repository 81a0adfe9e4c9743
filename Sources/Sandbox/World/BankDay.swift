import Foundation
import UnionPay

/// A day in Beijing, as banks count them; written `yyyy-MM-dd`.
struct BankDay: Hashable, Comparable, Sendable {
    /// Days since 1970-01-01.
    let number: Int

    private static let secondsEastOfUTC = 8.0 * 3600

    init(number: Int) {
        self.number = number
    }

    /// The calendar day in which a moment lies.
    init(of moment: Date) {
        number = Int(((moment.timeIntervalSince1970 + Self.secondsEastOfUTC) / 86_400).rounded(.down))
    }

    /// Reads `yyyy-MM-dd`; nil for anything that is not a day.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard
            parts.map(\.utf8.count) == [4, 2, 2],
            let time = BeijingTime(digits: parts.joined() + "000000")
        else { return nil }
        self.init(of: time.date)
    }

    /// Its first moment.
    var start: Date {
        Date(timeIntervalSince1970: Double(number) * 86_400 - Self.secondsEastOfUTC)
    }

    /// `yyyyMMdd`.
    var digits: String {
        String(BeijingTime(start).digits.prefix(8))
    }

    /// `yyyy-MM-dd`.
    var text: String {
        let digits = digits
        return "\(digits.prefix(4))-\(digits.dropFirst(4).prefix(2))-\(digits.suffix(2))"
    }

    /// So many days later.
    func adding(_ days: Int) -> BankDay {
        BankDay(number: number + days)
    }

    static func < (left: BankDay, right: BankDay) -> Bool {
        left.number < right.number
    }
}

extension BankDay: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let day = BankDay(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not yyyy-MM-dd")
        }
        self = day
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension BankDay {
    /// The first and last days of the public holidays of 2026, from the State Council's notice; other years have only
    /// their weekends here.
    private static let holidays = [
        ("2026-01-01", "2026-01-03"), ("2026-02-15", "2026-02-23"), ("2026-04-04", "2026-04-06"),
        ("2026-05-01", "2026-05-05"), ("2026-06-19", "2026-06-21"), ("2026-09-25", "2026-09-27"),
        ("2026-10-01", "2026-10-07"),
    ].compactMap { first, last in BankDay(first).flatMap { start in BankDay(last).map { start...$0 } } }

    /// Weekend days of 2026 on which work is made up for.
    private static let extraWorkingDays = Set(
        ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]
            .compactMap { BankDay($0) })

    /// Whether banks settle on it.
    var isWorkingDay: Bool {
        if Self.extraWorkingDays.contains(self) { return true }
        // 1970-01-01 was a Thursday; 0 is Sunday.
        let weekday = (number + 4) % 7
        return (1...5).contains(weekday) && !Self.holidays.contains { $0.contains(self) }
    }

    /// The first working day after it.
    var nextWorkingDay: BankDay {
        var day = adding(1)
        while !day.isWorkingDay { day = day.adding(1) }
        return day
    }
}
