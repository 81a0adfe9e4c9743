/// A mobile number in mainland China. Checked loosely: numbers move between operators, so no prefix is
/// refused.
public struct MobileNumber: Hashable, Sendable {
    /// The 11 digits.
    public let text: String

    /// Why a text is not a mobile number.
    public enum Fault: Error, Hashable, Sendable, CaseIterable {
        /// Nothing was typed.
        case empty
        /// Not 11 digits beginning 13 to 19.
        case notAMobileNumber
    }

    /// The number that was typed; spaces, hyphens, full-width digits and a leading +86 are tolerated.
    public init(entered text: String) throws(Fault) {
        var digits = text.normalizedIdentifier
        for prefix in ["+86", "0086"] where digits.hasPrefix(prefix) { digits.removeFirst(prefix.count) }
        guard !digits.isEmpty else { throw .empty }
        let characters = Array(digits.utf8)
        guard characters.count == 11, characters[0] == UInt8(ascii: "1"),
            (UInt8(ascii: "3")...UInt8(ascii: "9")).contains(characters[1]),
            characters.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
        else { throw .notAMobileNumber }
        self.text = digits
    }

    /// As shown on pages: `138****5678`.
    public var masked: String { text.prefix(3) + "****" + text.suffix(4) }
}

extension MobileNumber: CustomStringConvertible {
    /// The masked form: a log never has the whole number.
    public var description: String { masked }
}
