/// The merchant's number of an order: 8 to 40 ASCII letters and digits, unique for merchant and day.
///
/// Keep it at 32 or shorter: the reconciliation file has 32 bytes for it although messages allow 40.
public struct OrderNumber: Sendable, Hashable, CustomStringConvertible {
    /// The number as text.
    public let text: String

    /// Throws `invalidField` for anything but 8 to 40 letters and digits.
    public init(_ text: String) throws(MessageError) {
        guard (8...40).contains(text.utf8.count), text.utf8.allSatisfy(ASCII.isLetterOrDigit) else {
            throw .invalidField(.orderId, reason: "not 8 to 40 letters and digits")
        }
        self.text = text
    }

    /// The number as text.
    public var description: String { text }
}

/// A merchant's number at UnionPay: 15 ASCII letters and digits.
public struct MerchantNumber: Sendable, Hashable, CustomStringConvertible {
    /// The number as text.
    public let text: String

    /// Throws `invalidField` for anything but 15 letters and digits.
    public init(_ text: String) throws(MessageError) {
        guard text.utf8.count == 15, text.utf8.allSatisfy(ASCII.isLetterOrDigit) else {
            throw .invalidField(.merId, reason: "not 15 letters and digits")
        }
        self.text = text
    }

    /// The number as text.
    public var description: String { text }
}

/// What identifies one order at UnionPay for life: merchant, order number and time of sending.
public struct OrderIdentity: Sendable, Hashable {
    /// The merchant.
    public let merchant: MerchantNumber
    /// The merchant's number of the order.
    public let number: OrderNumber
    /// The time that was sent with the order.
    public let time: BeijingTime

    /// Puts the three together.
    public init(merchant: MerchantNumber, number: OrderNumber, time: BeijingTime) {
        self.merchant = merchant
        self.number = number
        self.time = time
    }
}
