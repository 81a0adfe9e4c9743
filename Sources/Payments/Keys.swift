import Cryptography
import UnionPay

/// The platform's secrets. They come from files of the service account, never from the database.
public struct Keys: Sendable {
    /// Seals single fields (account numbers, mobile numbers, messages).
    public let fieldEncryption: AESGCM
    /// Keys the digests by which sealed fields are looked up and compared; 32 bytes.
    let lookup: Secret<[UInt8]>
    /// Our side of the bank's protocol: merchant certificate and key, and the roots that we trust.
    public let unionPay: MerchantSide
    /// Our key for HTTP message signatures towards billers and the message centre.
    public let platformHTTP: PrivateKey
    /// The key by which billers and the message centre sign their answers.
    public let billerHTTP: PublicKey

    /// Puts the keys together.
    public init(
        fieldEncryption: AESGCM, lookup: Secret<[UInt8]>, unionPay: MerchantSide, platformHTTP: PrivateKey,
        billerHTTP: PublicKey
    ) {
        self.fieldEncryption = fieldEncryption
        self.lookup = lookup
        self.unionPay = unionPay
        self.platformHTTP = platformHTTP
        self.billerHTTP = billerHTTP
    }

    /// A digest of `text` that can be compared and indexed but not turned back. `purpose` keeps the digests of
    /// different columns apart.
    public func lookupDigest(_ text: String, purpose: String) -> [UInt8] {
        HMAC.sha256(key: lookup.revealed, Array("\(purpose)\u{0}\(text)".utf8))
    }
}
