/// Why a reconciliation file cannot be read. Whatever was read of it before is worth nothing then.
public enum ReconciliationFileError: Error, Equatable, Sendable {
    /// What a file consists of, from the outside in.
    public enum Layer: Sendable, Equatable {
        /// The text of fileContent.
        case base64
        /// The compressed stream in it.
        case zlib
        /// The archive in that.
        case zip
    }

    /// A character that Base64 does not have there; the offset counts from zero.
    case notBase64(offset: Int)
    /// The layer ends before it is complete.
    case truncated(Layer)
    /// The layer goes on after its end.
    case trailingBytes(Layer)
    /// Compressed data that cannot be unpacked, of the whole file or of one entry.
    case brokenCompression(entry: String?)
    /// The archive is not put together as the format (PKWARE's APPNOTE) says.
    case brokenArchive(String)
    /// The archive uses a feature of the format that is not read here.
    case unsupportedArchive(String)
    /// An entry is not what its CRC-32 says.
    case wrongChecksum(entry: String)
    /// An entry has not the length that the archive says.
    case wrongLength(entry: String)
    /// There is no entry with trades.
    case noTrades
    /// A line has another length, in bytes of GBK, than the layout.
    case wrongLineLength(entry: String, line: Int, bytes: Int)
    /// A field has a value that it must not have; lines count from 1.
    case invalidField(entry: String, line: Int, field: ReconciliationField, reason: String)
}
