/// A value that must not reach a log, an error message or a debugger's listing by accident: every description is
/// `***`. Whoever needs the value writes `revealed`, which can be searched for.
public struct Secret<Value: Sendable>: Sendable {
    /// The value itself.
    public let revealed: Value

    /// Wraps a value.
    public init(_ value: Value) {
        revealed = value
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `***`.
    public var description: String { "***" }

    /// Always `***`.
    public var debugDescription: String { "***" }

    /// A mirror without children, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret: Equatable where Value == [UInt8] {
    /// Compares in constant time.
    public static func == (left: Secret, right: Secret) -> Bool {
        constantTimeEquals(left.revealed, right.revealed)
    }
}
