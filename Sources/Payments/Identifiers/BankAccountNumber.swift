/// The number of a company's account at a bank. Only its shape is checked: company accounts follow no
/// common check digit, and many of them are no card numbers at all.
public struct BankAccountNumber: Hashable, Sendable {
    /// The digits, and letters where a bank uses them.
    public let text: String

    /// Why a text is not an account number.
    public enum Fault: Error, Hashable, Sendable, CaseIterable {
        /// Nothing was typed.
        case empty
        /// Not 8 to 32 digits or capital letters.
        case wrongForm
    }

    /// The number that was typed; spaces, hyphens and full-width digits are tolerated.
    public init(entered text: String) throws(Fault) {
        let characters = text.normalizedIdentifier.uppercased()
        guard !characters.isEmpty else { throw .empty }
        let isWellFormed = characters.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
        }
        guard isWellFormed, (8...32).contains(characters.utf8.count),
            characters.utf8.contains(where: { $0 < UInt8(ascii: "A") })
        else { throw .wrongForm }
        self.text = characters
    }

    /// The last four characters, which may be shown.
    public var tail: String { String(text.suffix(4)) }
}

extension BankAccountNumber: CustomStringConvertible {
    /// The tail behind stars: a log never has the whole number.
    public var description: String { "****\(tail)" }
}
