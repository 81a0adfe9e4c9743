/// Why a typed amount was not taken.
public enum MoneyEntryError: Error, Hashable, Sendable, CaseIterable {
    /// Nothing was typed.
    case empty
    /// Not a decimal number, or written with a sign or an exponent.
    case notAnAmount
    /// The commas do not stand at every third digit: it may be a decimal comma, so nothing is guessed.
    case misplacedSeparator
    /// More than two decimals: there is nothing smaller than a fen.
    case tooManyDecimals
    /// More than the twelve digits of fen that a bank's message carries.
    case tooLarge
}

extension Money {
    /// The largest amount that can be typed: twelve digits of fen, the width of the bank's amount field.
    public static let largestEntry = Money(fen: 999_999_999_999)

    /// The amount somebody typed. Takes `1234567.8`, `1,234,567.80`, full-width digits and a leading ¥;
    /// refuses signs, exponents and more than two decimals. Zero is an amount here: whether it makes sense
    /// is the form's to say.
    public init(entered text: String) throws(MoneyEntryError) {
        var characters = Substring(String(text.unicodeScalars.map(Money.halfWidth)))
        while characters.first?.isWhitespace == true { characters.removeFirst() }
        while characters.last?.isWhitespace == true { characters.removeLast() }
        if characters.first == "¥" {
            characters.removeFirst()
            while characters.first?.isWhitespace == true { characters.removeFirst() }
        }
        guard !characters.isEmpty else { throw .empty }
        let parts = characters.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let decimals = parts.count == 2 ? parts[1] : "00"
        let yuan = try Money.ungrouped(parts[0])
        guard !yuan.isEmpty, !decimals.isEmpty, (yuan + decimals).allSatisfy(Money.isDigit) else {
            throw .notAnAmount
        }
        guard decimals.count <= 2 else { throw .tooManyDecimals }
        let significant = (yuan + decimals + (decimals.count == 1 ? "0" : "")).drop { $0 == "0" }
        guard significant.count <= 12 else { throw .tooLarge }
        self.init(fen: Int64(significant) ?? 0)
    }

    /// The digits before the decimal point without their commas, which must stand at every third digit.
    private static func ungrouped(_ text: Substring) throws(MoneyEntryError) -> String {
        let groups = text.split(separator: ",", omittingEmptySubsequences: false)
        guard groups.count > 1 else { return String(text) }
        let isGrouped =
            (1...3).contains(groups[0].count) && groups.dropFirst().allSatisfy { $0.count == 3 }
        guard isGrouped else {
            throw text.allSatisfy { isDigit($0) || $0 == "," } ? .misplacedSeparator : .notAnAmount
        }
        return groups.joined()
    }

    private static func isDigit(_ character: Character) -> Bool {
        ("0"..."9").contains(character) && character.isASCII
    }

    /// Chinese keyboards in full-width mode give other code points for the same keys.
    private static func halfWidth(_ scalar: Unicode.Scalar) -> Character {
        switch scalar.value {
        case 0xFF01...0xFF5E: Character(Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar)
        case 0xFFE5: "¥"
        case 0x3000: " "
        default: Character(scalar)
        }
    }
}
