extension Money {
    /// As people read it: `1,234,567.89`, always two decimals, without a currency sign.
    public var formatted: String {
        let magnitude = fen.magnitude
        let yuan = String(magnitude / 100)
        let cents = magnitude % 100
        var text = fen < 0 ? "-" : ""
        for (offset, digit) in yuan.enumerated() {
            if offset > 0, (yuan.count - offset).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text + (cents < 10 ? ".0\(cents)" : ".\(cents)")
    }

    /// As machines read it: `1234567.89`, without separators. For input fields and exports.
    public var plain: String {
        formatted.filter { $0 != "," }
    }

    /// The amount in capitals (大写) as written on vouchers: `人民币壹仟肆佰零玖元伍角`.
    ///
    /// Source: 支付结算办法, annex on filling in vouchers. It begins with 人民币 without a gap, ends with 整 when
    /// there are neither 角 nor 分, a leading ten is 壹拾. Where the rule allows two spellings ours has 零
    /// between 元 and 角 when the last digit of the yuan is 0.
    public var chineseCapital: String {
        let magnitude = fen.magnitude
        let yuan = magnitude / 100
        let jiao = Int(magnitude / 10 % 10)
        let cents = Int(magnitude % 10)
        var text = fen < 0 ? "人民币负" : "人民币"
        if yuan > 0 {
            text += Self.capital(of: yuan) + "元"
        } else if magnitude == 0 {
            text += "零元"
        }
        if jiao == 0, cents == 0 { return text + "整" }
        if jiao > 0 {
            if yuan > 0, yuan.isMultiple(of: 10) { text += "零" }
            text += Self.digits[jiao] + "角"
        } else if yuan > 0 {
            text += "零"
        }
        if cents > 0 { text += Self.digits[cents] + "分" }
        return text
    }

    private static let digits = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"]
    private static let units = ["", "拾", "佰", "仟"]

    /// A positive whole number in capitals. Larger units are read as multiples: 万 of four digits, 亿 of all
    /// above.
    private static func capital(of number: UInt64) -> String {
        for (unit, name) in [(100_000_000 as UInt64, "亿"), (10_000, "万")] where number >= unit {
            let rest = number % unit
            var text = capital(of: number / unit) + name
            guard rest > 0 else { return text }
            // A gap of one or more zeros below the unit is said once.
            if rest < unit / 10 { text += "零" }
            return text + capital(of: rest)
        }
        var text = ""
        var isGapOpen = false
        for (place, unit) in zip([1000, 100, 10, 1] as [UInt64], units.reversed()) {
            let digit = Int(number / place % 10)
            if digit == 0 {
                isGapOpen = !text.isEmpty
            } else {
                text += (isGapOpen ? "零" : "") + digits[digit] + unit
                isGapOpen = false
            }
        }
        return text
    }
}
