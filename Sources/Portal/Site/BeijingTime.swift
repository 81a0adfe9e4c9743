import Foundation
import Payments

/// Moments as people read them, in Beijing time. Figured by whole seconds: a formatter would cost more than the rest of a row.
enum BeijingTime {
    /// 2026-11-22 09:30.
    static func minute(_ moment: Date) -> String {
        let parts = Parts(moment)
        return "\(parts.date) \(two(parts.hour)):\(two(parts.minute))"
    }

    /// 2026-11-22 09:30:15.
    static func second(_ moment: Date) -> String {
        "\(minute(moment)):\(two(Parts(moment).second))"
    }

    /// 2026-11-22T09:30:15+08:00, for machines.
    static func machine(_ moment: Date) -> String {
        let parts = Parts(moment)
        return "\(parts.date)T\(two(parts.hour)):\(two(parts.minute)):\(two(parts.second))+08:00"
    }

    /// How long ago, in words: 刚刚, 5 分钟前, 3 小时前, 2 天前.
    static func age(of moment: Date, at now: Date) -> String {
        let minutes = Int(now.timeIntervalSince(moment) / 60)
        return switch minutes {
        case ..<1: "刚刚"
        case ..<60: "\(minutes) 分钟前"
        case ..<1440: "\(minutes / 60) 小时前"
        default: "\(minutes / 1440) 天前"
        }
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

    private struct Parts {
        let date: String
        let hour: Int
        let minute: Int
        let second: Int

        init(_ moment: Date) {
            let day = LocalDate(moment)
            let rest = Int(moment.timeIntervalSince(day.start).rounded(.down))
            date = day.description
            hour = rest / 3600
            minute = rest / 60 % 60
            second = rest % 60
        }
    }
}
