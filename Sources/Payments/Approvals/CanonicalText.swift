/// Several texts as one, so that a digest over it tells `["ab", "c"]` from `["a", "bc"]`.
enum CanonicalText {
    /// The bytes of all parts, each behind its length.
    static func bytes(_ parts: [String]) -> [UInt8] {
        parts.flatMap { part in
            let bytes = Array(part.utf8)
            return Array("\(bytes.count):".utf8) + bytes
        }
    }
}
