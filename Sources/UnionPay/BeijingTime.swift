import Foundation

/// A moment in Beijing to the second, written `yyyyMMddHHmmss`.
///
/// Beijing keeps UTC+8 all year and has no summer time, so this is arithmetic: no formatter, no time zone data.
public struct BeijingTime: Sendable, Hashable, Comparable, CustomStringConvertible {
    private static let offsetSeconds: Int64 = 8 * 3600
    /// 0001-01-01 and 9999-12-31T23:59:59 in Beijing, counted in seconds from 1970.
    private static let bounds: ClosedRange<Double> = -62_135_625_600...253_402_271_999

    /// Seconds since 1970-01-01 in UTC.
    private let seconds: Int64

    /// The moment, cut off to the second. Years before 1 and after 9999 cannot be written and become the first and
    /// last moment that can.
    public init(_ date: Date) {
        let seconds = date.timeIntervalSince1970.rounded(.down)
        self.seconds = Int64(min(max(seconds, Self.bounds.lowerBound), Self.bounds.upperBound))
    }

    /// Reads `yyyyMMddHHmmss`; nil for anything that is not a moment.
    public init?(digits: String) {
        let bytes = Array(digits.utf8)
        guard bytes.count == 14, bytes.allSatisfy(ASCII.isDigit) else { return nil }
        let number = { (range: Range<Int>) in
            bytes[range].reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        }
        let (year, month, day) = (number(0..<4), number(4..<6), number(6..<8))
        let (hour, minute, second) = (number(8..<10), number(10..<12), number(12..<14))
        guard
            year >= 1, (1...12).contains(month), day >= 1, day <= CivilDate.days(inMonth: month, of: year),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        seconds = days * 86_400 + hour * 3600 + minute * 60 + second - Self.offsetSeconds
    }

    /// The moment.
    public var date: Date {
        Date(timeIntervalSince1970: Double(seconds))
    }

    /// `yyyyMMddHHmmss`.
    public var digits: String {
        let local = seconds + Self.offsetSeconds
        let days = local >= 0 ? local / 86_400 : (local - 86_399) / 86_400
        let rest = local - days * 86_400
        let civil = CivilDate(daysSince1970: days)
        return ASCII.padded(civil.year, to: 4) + ASCII.padded(civil.month, to: 2)
            + ASCII.padded(civil.day, to: 2)
            + ASCII.padded(rest / 3600, to: 2) + ASCII.padded(rest / 60 % 60, to: 2)
            + ASCII.padded(rest % 60, to: 2)
    }

    /// `yyyyMMddHHmmss`.
    public var description: String { digits }

    /// The earlier moment is the smaller one.
    public static func < (left: BeijingTime, right: BeijingTime) -> Bool {
        left.seconds < right.seconds
    }
}

/// A day of the Gregorian calendar, counted by Howard Hinnant's algorithms "days_from_civil" and "civil_from_days".
private struct CivilDate {
    let year: Int64
    let month: Int64
    let day: Int64

    init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    init(daysSince1970 days: Int64) {
        // Years begin in March here, so that the leap day is the last day; eras have 400 years.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
