/// Amounts are whole fen (Int64); this is how people read them.
enum Yuan {
    /// 123456789 becomes `1,234,567.89`.
    static func text(_ fen: Int64) -> String {
        let magnitude = fen.magnitude
        var digits = Array(String(magnitude / 100))
        var position = digits.count - 3
        while position > 0 {
            digits.insert(",", at: position)
            position -= 3
        }
        let cents = String(100 + magnitude % 100).dropFirst()
        return (fen < 0 ? "-" : "") + String(digits) + "." + cents
    }
}
