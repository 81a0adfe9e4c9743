import Foundation

/// UnionPay's settlement day (清算日期): messages name it by month and day, reconciliation files by year, month and day.
///
/// It is not a calendar day: the cut-off is at night, so a trade of the evening may belong to the next one.
public struct SettlementDate: Sendable, Hashable, Comparable, CustomStringConvertible {
    private let civil: CivilDate

    /// The year.
    public var year: Int { Int(civil.year) }
    /// The month, 1 to 12.
    public var month: Int { Int(civil.month) }
    /// The day of the month.
    public var day: Int { Int(civil.day) }

    /// A day of the years 1 to 9999; nil when there is no such day.
    public init?(year: Int, month: Int, day: Int) {
        guard
            (1...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= CivilDate.days(inMonth: Int64(month), of: Int64(year))
        else { return nil }
        civil = CivilDate(year: Int64(year), month: Int64(month), day: Int64(day))
    }

    /// Month and day as messages have them (`MMdd`), in the year that brings them nearest to the day of booking in
    /// Beijing: around New Year that is the year before or after. Nil when the text is no such day near that moment.
    public init?(monthDay: String, bookedAt moment: Date) {
        guard let (month, day) = Self.pair(monthDay) else { return nil }
        let today = CivilDate(BeijingTime(moment))
        let candidates = (-1...1).compactMap {
            SettlementDate(year: Int(today.year) + $0, month: month, day: day)
        }
        let distance = { (date: SettlementDate) in abs(date.civil.daysSince1970 - today.daysSince1970) }
        guard let nearest = candidates.min(by: { distance($0) < distance($1) }) else { return nil }
        self = nearest
    }

    /// `yyMMdd` as names in reconciliation files have it; the century is 2000.
    init?(sixDigits: String) {
        guard
            let (month, day) = Self.pair(String(sixDigits.dropFirst(2))),
            sixDigits.utf8.prefix(2).allSatisfy(ASCII.isDigit), let year = Int(sixDigits.prefix(2))
        else { return nil }
        self.init(year: 2000 + year, month: month, day: day)
    }

    private static func pair(_ text: String) -> (Int, Int)? {
        guard
            text.utf8.count == 4, text.utf8.allSatisfy(ASCII.isDigit), let first = Int(text.prefix(2)),
            let second = Int(text.suffix(2))
        else { return nil }
        return (first, second)
    }

    /// `MMdd`, as in settleDate.
    public var monthDay: String { String(digits.suffix(4)) }

    /// `yyyyMMdd`.
    public var digits: String {
        ASCII.padded(civil.year, to: 4) + ASCII.padded(civil.month, to: 2) + ASCII.padded(civil.day, to: 2)
    }

    /// `yyyyMMdd`.
    public var description: String { digits }

    /// The earlier day is the smaller one.
    public static func < (left: SettlementDate, right: SettlementDate) -> Bool {
        left.civil.daysSince1970 < right.civil.daysSince1970
    }
}
