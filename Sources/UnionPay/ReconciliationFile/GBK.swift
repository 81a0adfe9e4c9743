import Glibc

/// GBK, the encoding of reconciliation files, by the C library.
enum GBK {
    /// The text as bytes; nil when a character is not in GBK.
    static func encode(_ text: String) -> [UInt8]? {
        convert(Array(text.utf8), from: "UTF-8", to: "GBK")
    }

    /// The bytes as text; nil when they are not GBK.
    static func decode(_ bytes: some Sequence<UInt8>) -> String? {
        convert(Array(bytes), from: "GBK", to: "UTF-8").map { String(decoding: $0, as: UTF8.self) }
    }

    /// Neither direction makes more than three bytes out of one.
    private static func convert(_ bytes: [UInt8], from source: String, to target: String) -> [UInt8]? {
        guard let descriptor = iconv_open(target, source), descriptor != iconv_t(bitPattern: -1) else {
            return nil
        }
        defer { iconv_close(descriptor) }
        var input = bytes.map { CChar(bitPattern: $0) }
        var output = [CChar](repeating: 0, count: bytes.count * 3 + 1)
        let written: Int? = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                var next = input.baseAddress
                var left = input.count
                var place = output.baseAddress
                var room = output.count
                let isDone = iconv(descriptor, &next, &left, &place, &room) != Int(bitPattern: UInt.max)
                return isDone ? output.count - room : nil
            }
        }
        return written.map { output.prefix($0).map { UInt8(bitPattern: $0) } }
    }
}
