import Foundation
import Postgres

/// When a bank takes no payments, in Beijing time.
public enum MaintenanceWindow: Sendable, Hashable {
    /// Every day between two minutes of the day, 0 to 1439; over midnight where the end is not after the start.
    case daily(from: Int, until: Int)
    /// Once, between two moments.
    case once(from: Date, until: Date)

    /// The window that somebody typed: `23:30-00:30`, or `2026-12-05 22:00 至 2026-12-06 06:00`; days without times are
    /// meant whole. Nil for anything else, and for a window that is empty.
    public init?(entered text: String) {
        let text = String(String.UnicodeScalarView(text.trimmed.unicodeScalars.map(Self.halfWidth)))
        if let match = text.wholeMatch(of: #/([0-9]{1,2}:[0-9]{2})\s*[-–—~至]\s*([0-9]{1,2}:[0-9]{2})/#) {
            guard let from = Self.minutes(match.1), let until = Self.minutes(match.2), from < 1440,
                from != until % 1440
            else { return nil }
            self = .daily(from: from, until: until % 1440)
            return
        }
        let pattern =
            #/
            ([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}) (?: \s+ ([0-9]{1,2}:[0-9]{2}) )?
            \s* [-–—~至] \s*
            ([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}) (?: \s+ ([0-9]{1,2}:[0-9]{2}) )?
            /#
        guard let match = text.wholeMatch(of: pattern),
            let first = LocalDate(entered: String(match.1)), let last = LocalDate(entered: String(match.3)),
            let from = match.2.map(Self.minutes) ?? 0, let until = match.4.map(Self.minutes) ?? 1440
        else { return nil }
        let window = (
            from: first.start.addingTimeInterval(Double(from * 60)),
            until: last.start.addingTimeInterval(Double(until * 60))
        )
        guard window.from < window.until else { return nil }
        self = .once(from: window.from, until: window.until)
    }

    /// The one spelling that is stored, and that ``init(entered:)`` takes.
    public var text: String {
        switch self {
        case .daily(let from, let until): "\(Self.clock(from)) 至 \(Self.clock(until))"
        case .once(let from, let until): "\(Self.moment(from)) 至 \(Self.moment(until))"
        }
    }

    /// When the window ends that a moment lies in; nil where it lies in none.
    func end(at moment: Date) -> Date? {
        switch self {
        case .once(let from, let until): return moment >= from && moment < until ? until : nil
        case .daily(let from, let until):
            let today = LocalDate(moment)
            let minute = Int(moment.timeIntervalSince(today.start) / 60)
            let end = today.start.addingTimeInterval(Double(until * 60))
            if from < until { return minute >= from && minute < until ? end : nil }
            if minute < until { return end }
            return minute >= from ? end.addingTimeInterval(86_400) : nil
        }
    }

    /// Minutes of the day; 24:00 is the end of it.
    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":").compactMap { Int($0) }
        guard parts.count == 2, parts[1] < 60, parts[0] * 60 + parts[1] <= 1440 else { return nil }
        return parts[0] * 60 + parts[1]
    }

    private static func clock(_ minutes: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
        return "\(two(minutes / 60)):\(two(minutes % 60))"
    }

    private static func moment(_ moment: Date) -> String {
        let day = LocalDate(moment)
        return "\(day) \(clock(Int(moment.timeIntervalSince(day.start) / 60)))"
    }

    /// Chinese keyboards in full-width mode give other code points for the same keys.
    private static func halfWidth(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
        case 0x3000: " "
        default: scalar
        }
    }
}

extension MaintenanceWindow: PostgresCodable {
    /// `text`
    public static var postgresType: PostgresType { .text }

    /// The one spelling.
    public var postgresText: String? { text }

    /// Reads what was stored.
    public init?(postgresText: String) { self.init(entered: postgresText) }
}
