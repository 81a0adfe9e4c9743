/// An enterprise's customer-visible number (商户编号): M, the first four digits of its city's code, nine of a
/// serial, and a check digit (ISO 7064 MOD 11,10) against slips when it is typed to pay.
public struct MerchantNumber: Hashable, Sendable, CustomStringConvertible {
    /// The 15 characters.
    public let text: String

    /// The number of the enterprise that is the `serial`-th opened, in the city with this code.
    init(cityCode: String, serial: Int64) {
        let padded = String(serial)
        let digits = cityCode.prefix(4) + String(repeating: "0", count: max(0, 9 - padded.count)) + padded
        text = "M\(digits)\(CheckDigit.mod11And10(digits.utf8.map { Int($0) - 48 }))"
    }

    /// The number itself: it is on every receipt and no secret.
    public var description: String { text }
}
