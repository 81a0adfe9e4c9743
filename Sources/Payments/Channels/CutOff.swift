import Foundation
import Postgres

/// The time of a working day (Beijing) until which a payout counts from that day.
public struct CutOff: Hashable, Sendable {
    /// Minutes after midnight, 0 to 1439.
    public let minutes: Int

    /// The time so many minutes after midnight, if there is one.
    public init?(minutes: Int) {
        guard (0..<1440).contains(minutes) else { return nil }
        self.minutes = minutes
    }

    /// The time that a person typed: `16:00`, also with a full-width colon.
    public init?(entered text: String) {
        let parts = text.replacing("：", with: ":").split(separator: ":", omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy {
            (1...2).contains($0.count) && $0.allSatisfy { "0123456789".contains($0) }
        }
        guard parts.count == 2, isPlain, let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24,
            minute < 60
        else { return nil }
        minutes = hour * 60 + minute
    }

    /// Whether a moment of a day lies before it; the minute of the cut-off itself is too late.
    func isAfter(_ moment: Date) -> Bool {
        moment < LocalDate(moment).start.addingTimeInterval(Double(minutes * 60))
    }
}

extension CutOff: CustomStringConvertible {
    /// `16:00`
    public var description: String {
        let (hour, minute) = (minutes / 60, minutes % 60)
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }
}

extension CutOff: PostgresCodable {
    /// `integer`, in minutes.
    public static var postgresType: PostgresType { Int32.postgresType }

    /// The minutes.
    public var postgresText: String? { String(minutes) }

    /// Reads minutes.
    public init?(postgresText: String) {
        guard let minutes = Int(postgresText) else { return nil }
        self.init(minutes: minutes)
    }
}
