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
        let rest = localSeconds - localDay * 86_400
        let civil = CivilDate(self)
        return ASCII.padded(civil.year, to: 4) + ASCII.padded(civil.month, to: 2)
            + ASCII.padded(civil.day, to: 2)
            + ASCII.padded(rest / 3600, to: 2) + ASCII.padded(rest / 60 % 60, to: 2)
            + ASCII.padded(rest % 60, to: 2)
    }

    private var localSeconds: Int64 { seconds + Self.offsetSeconds }

    /// The day in Beijing, counted from 1970-01-01.
    fileprivate var localDay: Int64 {
        localSeconds >= 0 ? localSeconds / 86_400 : (localSeconds - 86_399) / 86_400
    }

    /// `yyyyMMddHHmmss`.
    public var description: String { digits }

    /// The earlier moment is the smaller one.
    public static func < (left: BeijingTime, right: BeijingTime) -> Bool {
        left.seconds < right.seconds
    }
}

extension CivilDate {
    /// The day in Beijing.
    init(_ time: BeijingTime) {
        self.init(daysSince1970: time.localDay)
    }
}
