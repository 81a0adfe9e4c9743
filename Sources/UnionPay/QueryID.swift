/// UnionPay's number of a transaction.
public struct QueryID: Sendable, Hashable, CustomStringConvertible {
    /// The number as text.
    public let text: String

    /// Throws `invalidField` for anything but 1 to 32 letters and digits; UnionPay's own numbers have 21 digits.
    public init(_ text: String, of field: Field = .queryId) throws(MessageError) {
        guard (1...32).contains(text.utf8.count), text.utf8.allSatisfy(ASCII.isLetterOrDigit) else {
            throw .invalidField(field, reason: "not 1 to 32 letters and digits")
        }
        self.text = text
    }

    /// The number as text.
    public var description: String { text }
}
