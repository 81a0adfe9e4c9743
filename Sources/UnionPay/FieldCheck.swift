/// Checks of what we are about to send. UnionPay would refuse the same, but only after the order is under way.
enum FieldCheck {
    static let currency = "156"
    private static let largestFen: Int64 = 999_999_999_999

    /// The amount as text; throws unless it is 1 fen to twelve digits of fen.
    static func amount(_ fen: Int64) throws(MessageError) -> String {
        guard (1...largestFen).contains(fen) else {
            throw .invalidField(.txnAmt, reason: "not 1 to \(largestFen) fen")
        }
        return String(fen)
    }

    /// Throws unless the text is an http or https address of at most 256 bytes.
    static func url(_ text: String, of field: Field) throws(MessageError) {
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard text.hasPrefix("https://") || text.hasPrefix("http://"), isPlain, text.utf8.count <= 256 else {
            throw .invalidField(field, reason: "not an http(s) address of at most 256 characters")
        }
    }

    /// Throws when the query string of a notification address uses a name that the protocol uses too: the two could
    /// not be told apart in the notification.
    static func backURL(_ text: String) throws(MessageError) {
        try url(text, of: .backUrl)
        guard let mark = text.firstIndex(of: "?") else { return }
        let query = text[text.index(after: mark)...].prefix { $0 != "#" }
        for part in query.split(separator: "&") {
            let name = Field(String(part.prefix { $0 != "=" }))
            guard !Field.notificationFields.contains(name) else {
                throw .invalidField(.backUrl, reason: "its query string uses the protocol's name \(name)")
            }
        }
    }

    /// Throws when text that comes back as it was sent is too long or contains a character that breaks answers.
    static func reserved(_ text: String) throws(MessageError) {
        guard text.utf8.count <= 1024, !text.contains(where: { "&={}[]\"'".contains($0) }) else {
            throw .invalidField(
                .reqReserved, reason: "longer than 1024 bytes, or contains one of & = { } [ ] \" '")
        }
    }

    /// Throws unless the text has 1 to `most` bytes.
    static func length(_ text: String, of field: Field, atMost most: Int) throws(MessageError) {
        guard (1...most).contains(text.utf8.count) else {
            throw .invalidField(field, reason: "not 1 to \(most) bytes")
        }
    }
}

extension Field {
    /// The names that a notification can have.
    static let notificationFields: Set<Field> = [
        .version, .encoding, .signMethod, .certId, .signature, .signPubKeyCert, .txnType, .txnSubType,
        .bizType,
        .channelType, .accessType, .merId, .orderId, .txnTime, .txnAmt, .currencyCode, .reqReserved,
        .reserved,
        .accType, .accNo, .encryptCertId, .customerInfo, .billNo, .queryId, .origQryId, .respCode, .respMsg,
        .traceNo,
        .traceTime, .settleDate, .settleAmt, .settleCurrencyCode, "exchangeRate", "exchangeDate",
        "payCardType",
        "payType", "payCardNo", "payCardIssueName", "bindId", "subMerId", "acqInsCode", "issInsCode",
    ]
}
