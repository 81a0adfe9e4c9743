import Foundation

/// Asks for a merchant's reconciliation file of one settlement day (对账文件下载).
///
/// UnionPay makes the file in the morning after that day. Test merchants whose numbers begin with 777 get none.
public struct FileDownload: Sendable, Equatable {
    private static let transactionType = "76"
    private static let transactionSubtype = "01"
    private static let product = "000000"
    private static let reconciliation = "00"

    /// Whose file it is.
    public let merchant: MerchantNumber
    /// The settlement day; only month and day are sent.
    public let settlementDate: SettlementDate
    /// The time of sending.
    public let time: BeijingTime

    /// Asks for the file of a day.
    public init(merchant: MerchantNumber, settlementDate: SettlementDate, time: BeijingTime) {
        self.merchant = merchant
        self.settlementDate = settlementDate
        self.time = time
    }

    /// Reads a request that a merchant sent; for the bank's side. The day's year is the one nearest to `moment`.
    public init(_ verified: VerifiedMessage, at moment: Date) throws(MessageError) {
        let reader = FieldReader(message: verified.message)
        try Self.requireType(reader)
        try reader.require(.fileType, is: Self.reconciliation)
        guard
            let date = SettlementDate(
                monthDay: try reader.digits(.settleDate, count: 4), bookedAt: moment)
        else { throw .invalidField(.settleDate, reason: "no such day") }
        self.init(
            merchant: try MerchantNumber(reader.text(.merId)), settlementDate: date,
            time: try reader.time(.txnTime))
    }

    /// The message, not signed yet.
    public var message: Message {
        var message = Self.frame(merchant: merchant, monthDay: settlementDate.monthDay, time: time)
        message[.fileType] = Self.reconciliation
        return message
    }

    /// Throws unless the message is a file download or the answer to one.
    static func requireType(_ reader: FieldReader) throws(MessageError) {
        try reader.require(.txnType, is: transactionType)
        try reader.require(.txnSubType, is: transactionSubtype)
        try reader.require(.bizType, is: product)
    }

    /// What request and answer have in common.
    static func frame(merchant: MerchantNumber, monthDay: String?, time: BeijingTime?) -> Message {
        var message = Message([
            .txnType: transactionType, .txnSubType: transactionSubtype, .bizType: product, .accessType: "0",
            .merId: merchant.text,
        ])
        message[.settleDate] = monthDay
        message[.txnTime] = time?.digits
        return message
    }
}

/// The answer to a file download. It is held as a whole, since the signature covers the file's text too; what is packed
/// in the text is many times longer, and is never held.
public struct FileDownloadAnswer: Sendable, Equatable {
    /// What the answer means.
    public enum Outcome: Sendable, Equatable {
        /// Here it is: `content` is for `ReconciliationFileReader`.
        case file(name: String, content: String)
        /// There is none (98). A day without trades has none, and maybe a day whose file is not made yet: ask again
        /// before the day is taken as empty.
        case noFile
        /// Not now: ask again later.
        case askAgain(ResponseCode)
        /// Not for this request: a person must look.
        case refused(ResponseCode)
    }

    /// Whose file it is.
    public let merchant: MerchantNumber
    /// The settlement day asked for, `MMdd`, where the answer repeats it.
    public let settleDate: String?
    /// The time of the request, where the answer repeats it.
    public let time: BeijingTime?
    /// How it went.
    public let responseCode: ResponseCode
    /// UnionPay's text for that.
    public let responseText: String
    /// The file's name.
    public let fileName: String?
    /// The file: Base64 of zlib of zip.
    public let fileContent: String?

    /// An answer, for the bank's side: a file, or a code that says why there is none.
    public init(
        to download: FileDownload, responseCode: ResponseCode = .success, responseText: String? = nil,
        fileName: String? = nil, fileContent: String? = nil
    ) {
        merchant = download.merchant
        settleDate = download.settlementDate.monthDay
        time = download.time
        self.responseCode = responseCode
        self.responseText = responseText ?? responseCode.text
        self.fileName = fileName
        self.fileContent = fileContent
    }

    /// Reads an answer. One of success must bring the file.
    public init(_ verified: VerifiedMessage) throws(MessageError) {
        let reader = FieldReader(message: verified.message)
        try FileDownload.requireType(reader)
        merchant = try MerchantNumber(reader.text(.merId))
        settleDate = try reader.optionalDigits(.settleDate, count: 4)
        time = try reader.optionalTime(.txnTime)
        responseCode = try reader.responseCode(.respCode)
        responseText = verified.message[.respMsg] ?? ""
        fileName = verified.message[.fileName]
        fileContent = verified.message[.fileContent]
        if responseCode.treatment(of: .fileAnswer) == .success {
            _ = try reader.text(.fileName)
            _ = try reader.text(.fileContent)
        }
    }

    /// What the answer means.
    public var outcome: Outcome {
        switch responseCode.treatment(of: .fileAnswer) {
        case .success:
            // Success without a file is refused by `init`; one made by hand is not a file.
            guard let fileName, let fileContent else { return .refused(responseCode) }
            return .file(name: fileName, content: fileContent)
        case .notKnown: return .noFile
        case .askAgain, .accepted: return .askAgain(responseCode)
        case .refused, .debitedLate, .unclear: return .refused(responseCode)
        }
    }

    /// The message, not signed yet; for the bank's side.
    public var message: Message {
        var message = FileDownload.frame(merchant: merchant, monthDay: settleDate, time: time)
        message[.respCode] = responseCode.code
        message[.respMsg] = responseText
        message[.fileName] = fileName
        message[.fileContent] = fileContent
        return message
    }
}
