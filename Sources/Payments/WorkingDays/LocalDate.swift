import Foundation
import Postgres

/// A calendar day in China. The whole country keeps Beijing time (UTC+8, no summer time since 1991), so a
/// day is a fixed number of seconds from UTC and needs no time zone database.
public struct LocalDate: Hashable, Sendable, Comparable {
    /// The year of the common era.
    public let year: Int
    /// 1 to 12.
    public let month: Int
    /// 1 to 31.
    public let day: Int

    /// Seconds that Beijing is ahead of UTC.
    static let beijingOffsetSeconds = 8 * 3600

    /// The day with these numbers, if there is one.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month),
            (1...LocalDate.days(inMonth: month, year: year)).contains(day)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day in Beijing at `moment`.
    public init(_ moment: Date) {
        let seconds = Int(moment.timeIntervalSince1970.rounded(.down)) + LocalDate.beijingOffsetSeconds
        self.init(daysSinceEpoch: LocalDate.floorDivide(seconds, by: 86_400))
    }

    /// The day a person typed: `2026-11-22`, also with `/`, `.` or 年月日 between the numbers.
    public init?(entered text: String) {
        let trimmed = text.filter { !$0.isWhitespace }
        let withoutMark = trimmed.hasSuffix("日") ? trimmed.dropLast() : trimmed[...]
        let parts = withoutMark.split(omittingEmptySubsequences: false) { "-/.年月".contains($0) }
        guard parts.count == 3, parts[0].count == 4, parts.allSatisfy({ (1...4).contains($0.count) }) else {
            return nil
        }
        let numbers = parts.compactMap { $0.allSatisfy(\.isASCII) ? Int($0) : nil }
        guard numbers.count == 3 else { return nil }
        self.init(year: numbers[0], month: numbers[1], day: numbers[2])
    }

    /// The day of a Beijing time as banks write it, `yyyyMMddhhmmss`.
    init?(bankTime text: String) {
        let digits = Array(text.prefix(8))
        guard digits.count == 8, let year = Int(String(digits[..<4])), let month = Int(String(digits[4..<6])),
            let day = Int(String(digits[6...]))
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// The day so many days after 1 January 1970. Proleptic Gregorian; algorithm: Howard Hinnant,
    /// "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    init(daysSinceEpoch days: Int) {
        let shifted = days + 719_468
        let era = LocalDate.floorDivide(shifted, by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1 January 1970 (days_from_civil of the same source).
    var daysSinceEpoch: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = LocalDate.floorDivide(shiftedYear, by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Midnight in Beijing at which this day begins.
    public var start: Date {
        Date(timeIntervalSince1970: Double(daysSinceEpoch * 86_400 - LocalDate.beijingOffsetSeconds))
    }

    /// The day so many days later, or earlier when negative.
    public func adding(days: Int) -> LocalDate {
        LocalDate(daysSinceEpoch: daysSinceEpoch + days)
    }

    /// How many days later the other day is; negative when it is earlier.
    public func days(until other: LocalDate) -> Int { other.daysSinceEpoch - daysSinceEpoch }

    /// The same day so many years later, or earlier when negative; 1 March where that year has no 29 February. Years are
    /// expected to stay within those that a day can have.
    public func adding(years: Int) -> LocalDate {
        LocalDate(year: year + years, month: month, day: day)
            ?? LocalDate(year: year + years, month: 3, day: 1) ?? self
    }

    /// The first day of this day's month.
    public var firstOfMonth: LocalDate { adding(days: 1 - day) }

    /// 1 for Monday to 7 for Sunday (ISO 8601).
    public var weekday: Int {
        let days = daysSinceEpoch + 3  // 1 January 1970 was a Thursday.
        return days - LocalDate.floorDivide(days, by: 7) * 7 + 1
    }

    /// Orders days by time.
    public static func < (left: LocalDate, right: LocalDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    private static func days(inMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func floorDivide(_ value: Int, by divisor: Int) -> Int {
        value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
    }
}

extension LocalDate: CustomStringConvertible {
    /// `2026-11-22`, as in tables, files and the database.
    public var description: String {
        let paddedYear = String(repeating: "0", count: max(0, 4 - String(year).count)) + String(year)
        return "\(paddedYear)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
    }
}

extension LocalDate: PostgresCodable {
    /// `date`
    public static var postgresType: PostgresType { .date }

    /// The ISO form.
    public var postgresText: String? { description }

    /// Reads a `date` in ISO form.
    public init?(postgresText: String) {
        self.init(entered: postgresText)
    }
}
