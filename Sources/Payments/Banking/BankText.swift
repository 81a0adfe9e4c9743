/// What the bank's protocol cannot carry in a text. A field that holds several values is written `{a=b&c=d}`, and
/// nothing escapes these characters inside (UnionPay ACP 5.1.0, `reserved` and `reqReserved`).
public enum BankText {
    /// The characters. Their full-width forms are carried.
    public static let separators = "&={}[]"

    /// Whether a text has none of them.
    static func canCarry(_ text: String) -> Bool {
        !text.unicodeScalars.contains { separators.unicodeScalars.contains($0) }
    }
}
