/// What an operator signs in with (登录ID): 4 to 32 letters, digits, `.`, `_` or `-`, beginning with a
/// letter. Case does not matter; it is kept in lower case.
public struct LoginID: Hashable, Sendable {
    /// The identifier in lower case.
    public let text: String

    /// Why a text cannot be a login ID.
    public enum Fault: Error, Hashable, Sendable, CaseIterable {
        /// Nothing was typed.
        case empty
        /// Shorter than 4 or longer than 32 characters.
        case wrongLength
        /// Another character than letters, digits, `.`, `_` and `-`, or not beginning with a letter.
        case wrongCharacter
        /// It looks like a merchant number. When paying, either may be typed, so they must be told apart.
        case looksLikeMerchantNumber
    }

    /// The identifier that was typed; spaces around it and full-width characters are tolerated.
    public init(entered text: String) throws(Fault) {
        let characters = Self.normalized(text)
        guard !characters.isEmpty else { throw .empty }
        guard (4...32).contains(characters.utf8.count) else { throw .wrongLength }
        let first = characters.utf8.first ?? 0
        let isWellFormed = characters.utf8.allSatisfy {
            Self.letters.contains($0) || Self.digits.contains($0) || ".-_".utf8.contains($0)
        }
        guard isWellFormed, Self.letters.contains(first) else { throw .wrongCharacter }
        let isMerchantNumber =
            characters.utf8.count == 15 && first == UInt8(ascii: "m")
            && characters.utf8.dropFirst().allSatisfy(Self.digits.contains)
        guard !isMerchantNumber else { throw .looksLikeMerchantNumber }
        self.text = characters
    }

    /// What somebody typed, made comparable with stored identifiers, whether or not it is one.
    static func normalized(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if (0xFF01...0xFF5E).contains(scalar.value), let half = Unicode.Scalar(scalar.value - 0xFEE0) {
                result.unicodeScalars.append(half)
            } else if !scalar.properties.isWhitespace {
                result.unicodeScalars.append(scalar)
            }
        }
        return result.lowercased()
    }

    private static let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
}
