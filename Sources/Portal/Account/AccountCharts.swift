import Payments

/// The two charts of 商户首页, drawn by the server: they work without a script, print well and say their numbers in a
/// table as well. Co-ordinates are strings of tenths of a unit, so that no floating-point text reaches the page.
struct AccountCharts: Sendable {
    /// A line across the balance chart with its value.
    struct GridLine: Sendable {
        let y: String
        let labelY: String
        let label: String
    }

    /// The balance at the end of a day.
    struct Day: Sendable {
        let day: String
        let balance: String
    }

    /// A bar of the spending chart.
    struct Bar: Sendable {
        let label: String
        let amount: String
        let y: String
        let labelY: String
        let width: String
        let valueX: String
    }

    let trendTitle: String
    let gridLines: [GridLine]
    let trendArea: String
    let trendLine: String
    let lastX: String
    let lastY: String
    let lastLabelY: String
    let lastValue: String
    let firstDay: String
    let lastDay: String
    let days: [Day]
    let hasSpending: Bool
    let spendingHeight: String
    let spendingTitle: String
    let spending: [Bar]

    private static let left = 640.0
    private static let right = 5440.0
    private static let top = 200.0
    private static let bottom = 1600.0

    /// Charts of balances at the ends of days, oldest first, and of sums spent by category. Nil without any day.
    init?(balances: [(day: LocalDate, balance: Money)], spending: [(category: String, amount: Money)]) {
        guard let first = balances.first, let last = balances.last else { return nil }
        let ceiling = Self.ceiling(over: balances.map(\.balance.fen).max() ?? 0)
        let step = (Self.right - Self.left) / Double(max(1, balances.count - 1))
        let points = balances.enumerated().map { index, entry in
            (
                x: Self.left + Double(index) * step,
                y: Self.bottom - Double(entry.balance.fen) / Double(ceiling) * (Self.bottom - Self.top)
            )
        }
        var line = "M\(Self.unit(points[0].x)) \(Self.unit(points[0].y))"
        for point in points.dropFirst() { line += "H\(Self.unit(point.x))V\(Self.unit(point.y))" }
        trendLine = line
        trendArea = line + "H\(Self.unit(Self.right))V\(Self.unit(Self.bottom))H\(Self.unit(Self.left))Z"
        let end = points[points.count - 1]
        lastX = Self.unit(end.x)
        lastY = Self.unit(end.y)
        lastLabelY = Self.unit(max(end.y - 100, 120))
        lastValue = last.balance.formatted
        firstDay = first.day.description
        lastDay = last.day.description
        trendTitle = "\(first.day) 至 \(last.day) 日终余额，最后为 \(last.balance.formatted) 元"
        gridLines = (0...4).map { index in
            let y = Self.bottom - (Self.bottom - Self.top) * Double(index) / 4
            return GridLine(
                y: Self.unit(y), labelY: Self.unit(y + 40), label: Self.short(ceiling / 4 * Int64(index)))
        }
        days = balances.reversed().map { Day(day: $0.day.description, balance: $0.balance.formatted) }
        let largest = max(spending.map(\.amount.fen).max() ?? 0, 1)
        let sorted = spending.sorted { $0.amount > $1.amount }
        hasSpending = !spending.isEmpty
        spendingHeight = String(max(1, spending.count) * 28 + 8)
        spendingTitle =
            "近 30 天缴费支出：" + sorted.map { "\($0.category) \($0.amount.formatted) 元" }.joined(separator: "，")
        self.spending = sorted.enumerated().map { index, entry in
            let width = max(20, 3400 * Double(entry.amount.fen) / Double(largest))
            return Bar(
                label: entry.category, amount: entry.amount.formatted, y: String(index * 28 + 6),
                labelY: String(index * 28 + 18), width: Self.unit(width), valueX: Self.unit(880 + width + 80))
        }
    }

    /// Tenths of a unit as a number of units.
    private static func unit(_ tenths: Double) -> String {
        let whole = Int(tenths.rounded())
        return whole.isMultiple(of: 10) ? String(whole / 10) : "\(whole / 10).\(whole % 10)"
    }

    /// The round amount (in fen) above the largest value: 1, 2, 4 or 8 times a power of ten of yuan.
    private static func ceiling(over largest: Int64) -> Int64 {
        var power: Int64 = 10_000
        while true {
            for factor: Int64 in [1, 2, 4, 8] where power * factor >= largest { return power * factor }
            power *= 10
        }
    }

    /// An amount on an axis: 万 and 亿 are allowed there and nowhere else.
    private static func short(_ fen: Int64) -> String {
        let yuan = fen / 100
        for (unit, name): (Int64, String) in [(100_000_000, "亿"), (10_000, "万")] where yuan >= unit {
            let tenths = yuan * 10 / unit
            return tenths.isMultiple(of: 10)
                ? "\(tenths / 10)\(name)" : "\(tenths / 10).\(tenths % 10)\(name)"
        }
        return String(yuan)
    }
}
