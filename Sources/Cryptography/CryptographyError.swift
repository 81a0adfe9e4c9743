import COpenSSL

/// What can go wrong while hashing, encrypting, signing or reading keys. The texts are for the log: they name the
/// operation and never carry key material or plain text.
public enum CryptographyError: Error, Equatable, Sendable {
    /// A key could not be read or is not of the stated length.
    case invalidKey(String)
    /// The key cannot do what was asked of it, for example an Ed25519 key asked for an RSA signature.
    case unsuitableKey(String)
    /// Sealed bytes were changed, cut, sealed under another key, or bound to other additional data.
    case authenticationFailed
    /// Encrypted bytes could not be decrypted with this key.
    case decryptionFailed
    /// The library refused an operation.
    case library(operation: String, detail: String)

    /// The error that libcrypto's queue of this thread holds; empties the queue.
    static func fromLibrary(_ operation: String) -> CryptographyError {
        .library(operation: operation, detail: drainLibraryErrors())
    }
}

/// Empties libcrypto's error queue of this thread and returns the texts of what was in it. A forgotten entry would be
/// reported by the next, innocent, failure on the same thread.
@discardableResult
func drainLibraryErrors() -> String {
    var texts: [String] = []
    while true {
        let code = ERR_get_error()
        if code == 0 { break }
        var buffer = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(code, &buffer, buffer.count)
        let text = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        texts.append(String(decoding: text, as: UTF8.self))
    }
    return texts.joined(separator: "; ")
}

/// Calls `body` with a memory BIO that reads `bytes`.
func withReadingBIO<R>(_ bytes: [UInt8], _ body: (OpaquePointer) throws -> R) throws -> R {
    try bytes.withUnsafeBytes { raw in
        guard let bio = BIO_new_mem_buf(raw.baseAddress, Int32(clamping: raw.count)) else {
            throw CryptographyError.fromLibrary("read from memory")
        }
        defer { BIO_free(bio) }
        return try body(bio)
    }
}

/// What `body` writes to a memory BIO, as text. Nil when `body` reports failure, as libcrypto does, by anything but 1.
func textWritten(_ body: (OpaquePointer) -> Int32) -> String? {
    guard let bio = BIO_new(BIO_s_mem()) else { return nil }
    defer { BIO_free(bio) }
    guard body(bio) == 1 else {
        drainLibraryErrors()
        return nil
    }
    var data: UnsafeMutablePointer<CChar>?
    let count = shim_BIO_get_mem_data(bio, &data)
    guard let data, count > 0 else { return nil }
    return String(decoding: UnsafeRawBufferPointer(start: data, count: count), as: UTF8.self)
}
