/// A bank by the short code usual in payment software. Whether it takes part in corporate internet banking
/// is the gateway's to say, not this list's.
public struct BankName: Hashable, Sendable {
    /// Such as ICBC.
    public let code: String
    /// The name.
    public let name: String
    /// Whether it stands in the picker at once; the others are found by name.
    public let isSuggested: Bool
}
