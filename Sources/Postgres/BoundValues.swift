/// The values of a statement as libpq wants them: C strings behind an array of pointers.
struct BoundValues {
    /// All values one after another, each with a NUL behind it.
    private var bytes: [CChar] = []
    /// Where each value begins; -1 is NULL.
    private var offsets: [Int] = []

    /// Lays the values out.
    ///
    /// - Throws: kind `invalidParameter` for text with a NUL character: it would be cut off there without a
    ///   word.
    init(_ values: [String?]) throws(PostgresError) {
        offsets.reserveCapacity(values.count)
        bytes.reserveCapacity(values.count * 24)
        for (index, value) in values.enumerated() {
            guard let value else {
                offsets.append(-1)
                continue
            }
            let start = bytes.count
            offsets.append(start)
            for byte in value.utf8 { bytes.append(CChar(bitPattern: byte)) }
            if bytes[start...].contains(0) {
                throw PostgresError(
                    .invalidParameter(number: index + 1), "Parameter $\(index + 1) holds a NUL character.")
            }
            bytes.append(0)
        }
    }

    /// How many values there are, as libpq counts them.
    var count: Int32 { Int32(offsets.count) }

    /// Calls `body` with pointers that are good until it returns.
    func withPointers<R>(_ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R) -> R {
        if offsets.isEmpty { return body(nil) }
        return bytes.withUnsafeBufferPointer { buffer in
            // An empty buffer may have no address; then all values are NULL.
            let pointers = offsets.map { offset in offset < 0 ? nil : buffer.baseAddress.map { $0 + offset } }
            return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
        }
    }
}
