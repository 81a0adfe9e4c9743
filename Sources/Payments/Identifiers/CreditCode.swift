/// A unified social credit code (统一社会信用代码), GB 32100-2015: 18 characters, the last of them a check character.
public struct CreditCode: Hashable, Sendable {
    /// The 18 characters in capitals.
    public let text: String

    /// Why a text is not a credit code.
    public enum Fault: Error, Hashable, Sendable, CaseIterable {
        /// Nothing was typed.
        case empty
        /// Not 18 characters.
        case wrongLength
        /// A character that the alphabet does not have; I, O, S, V and Z are left out of it.
        case wrongCharacter
        /// The check character does not fit the rest: most likely a slip of the pen.
        case wrongCheckCharacter
    }

    /// The code that was typed; spaces, lower case and full-width characters are tolerated.
    public init(entered text: String) throws(Fault) {
        let characters = Array(text.normalizedIdentifier.uppercased())
        guard !characters.isEmpty else { throw .empty }
        guard characters.count == 18 else { throw .wrongLength }
        var values: [Int] = []
        for character in characters {
            guard let value = Self.alphabet.firstIndex(of: character) else { throw .wrongCharacter }
            values.append(value)
        }
        let sum = zip(values, Self.weights).reduce(0) { $0 + $1.0 * $1.1 }
        guard values[17] == (31 - sum % 31) % 31 else { throw .wrongCheckCharacter }
        self.text = String(characters)
    }

    /// Whether the organisation code inside (places 9 to 17, GB 11714) has the right check character too.
    /// Real codes break this rule, so it is worth a warning at most.
    public var hasConsistentOrganizationCode: Bool {
        let places = Array(text.dropFirst(8).prefix(9))
        var sum = 0
        for (place, weight) in zip(places, [3, 7, 9, 10, 5, 8, 4, 2]) {
            guard let value = Int(String(place), radix: 36) else { return false }
            sum += value * weight
        }
        let check = 11 - sum % 11
        return places[8] == (check == 10 ? "X" : check == 11 ? "0" : Character(String(check)))
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY")
    private static let weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
}
