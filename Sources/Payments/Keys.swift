import Cryptography
import UnionPay

/// The keys under which messages are kept, by their names: the newest seals, and each opens what it has sealed. A new one
/// takes over by being added; an old one goes when what it has sealed is past its retention.
public struct MessageKeys: Sendable {
    private let newest: (name: String, key: AESGCM)
    private let all: [String: AESGCM]

    /// The newest key and all older ones.
    public init(newest name: String, key: AESGCM, older: [String: AESGCM] = [:]) {
        newest = (name, key)
        all = older.merging([name: key]) { _, key in key }
    }

    /// Seals a message for its place; gives the name of the key, which is kept beside it.
    func seal(_ message: [UInt8], for place: String) throws -> (keyName: String, sealed: [UInt8]) {
        (newest.name, try newest.key.seal(message, authenticating: Array(place.utf8)))
    }

    /// Opens a message that was sealed for this place. Throws when its key is gone, or anything about it was changed.
    func open(_ sealed: [UInt8], of place: String, keyName: String) throws -> [UInt8] {
        guard let key = all[keyName] else { throw CryptographyError.authenticationFailed }
        return try key.open(sealed, authenticating: Array(place.utf8))
    }
}

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
    /// The key by which the reserve bank signs its statements.
    public let bankHTTP: PublicKey
    /// Under which the bank's messages are kept.
    public let messages: MessageKeys

    /// Puts the keys together.
    public init(
        fieldEncryption: AESGCM, lookup: Secret<[UInt8]>, unionPay: MerchantSide, platformHTTP: PrivateKey,
        billerHTTP: PublicKey, bankHTTP: PublicKey, messages: MessageKeys
    ) {
        self.fieldEncryption = fieldEncryption
        self.lookup = lookup
        self.unionPay = unionPay
        self.platformHTTP = platformHTTP
        self.billerHTTP = billerHTTP
        self.bankHTTP = bankHTTP
        self.messages = messages
    }

    /// A digest of `text` that can be compared and indexed but not turned back. `purpose` keeps the digests of
    /// different columns apart.
    public func lookupDigest(_ text: String, purpose: String) -> [UInt8] {
        HMAC.sha256(key: lookup.revealed, Array("\(purpose)\u{0}\(text)".utf8))
    }
}
