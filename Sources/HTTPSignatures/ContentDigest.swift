import Cryptography

/// The field Content-Digest (RFC 9530): ties the content of a message to its header, and so to the signature over it.
public enum ContentDigest {
    /// The digests that are made and checked. The older ones of the registry (md5, sha, unixsum …) protect nothing.
    public enum Algorithm: String, Sendable, CaseIterable {
        /// SHA-256.
        case sha256 = "sha-256"
        /// SHA-512.
        case sha512 = "sha-512"

        func digest(_ content: [UInt8]) -> [UInt8] {
            switch self {
            case .sha256: SHA256.digest(content)
            case .sha512: SHA512.digest(content)
            }
        }
    }

    /// The field for some content.
    public static func field(for content: [UInt8], _ algorithm: Algorithm = .sha256) -> HTTPField {
        HTTPField(
            "Content-Digest", algorithm.rawValue + "=:" + Base64.encode(algorithm.digest(content)) + ":")
    }

    /// Checks the content against the field's value. Every digest with a known algorithm must agree, and there must be
    /// one; digests with other algorithms are passed over (RFC 9530, section 2).
    public static func verify(_ value: String, content: [UInt8]) throws(HTTPSignatureError) {
        let dictionary: FieldDictionary
        do {
            dictionary = try StructuredFieldParser.dictionary(value)
        } catch {
            throw .malformedField(name: "content-digest", reason: "\(error.reason) at \(error.offset)")
        }
        var isChecked = false
        for entry in dictionary.entries {
            guard let algorithm = Algorithm(rawValue: entry.key) else { continue }
            guard case .item(let item) = entry.member, case .bytes(let stated) = item.value else {
                throw .malformedField(name: "content-digest", reason: "a digest is not a byte sequence")
            }
            guard constantTimeEquals(stated, algorithm.digest(content)) else { throw .digestMismatch }
            isChecked = true
        }
        guard isChecked else { throw .noDigest }
    }
}
