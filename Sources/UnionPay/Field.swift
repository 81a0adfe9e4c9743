/// The name of a field, spelt as on the wire. Fields without a constant here are read and signed just the same.
public struct Field: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name on the wire.
    public let name: String

    /// A field of any name.
    public init(_ name: String) {
        self.name = name
    }

    /// A field named by a literal.
    public init(stringLiteral name: String) {
        self.name = name
    }

    /// The name.
    public var description: String { name }
}

extension Field: Comparable {
    /// Byte order, which the signature prescribes; Swift's own order of strings is another one.
    public static func < (left: Field, right: Field) -> Bool {
        left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
}

extension Field {
    /// Protocol version, `5.1.0`.
    public static let version: Field = "version"
    /// Character set, `UTF-8`.
    public static let encoding: Field = "encoding"
    /// 01 certificate, 11 shared key with SHA-256, 12 shared key with SM3.
    public static let signMethod: Field = "signMethod"
    /// Decimal serial of the sender's signing certificate; in requests.
    public static let certId: Field = "certId"
    /// The signature.
    public static let signature: Field = "signature"
    /// The signing certificate in PEM, CRLF line ends; in what UnionPay sends.
    public static let signPubKeyCert: Field = "signPubKeyCert"

    /// Transaction type, two digits.
    public static let txnType: Field = "txnType"
    /// Transaction subtype, two digits.
    public static let txnSubType: Field = "txnSubType"
    /// Product type, six digits.
    public static let bizType: Field = "bizType"
    /// 07 internet, 08 mobile.
    public static let channelType: Field = "channelType"
    /// 0 merchant, 1 acquirer, 2 platform merchant.
    public static let accessType: Field = "accessType"

    /// Merchant number, 15 characters.
    public static let merId: Field = "merId"
    /// The merchant's order number, 8 to 40 letters and digits.
    public static let orderId: Field = "orderId"
    /// Time of sending in Beijing, `yyyyMMddHHmmss`; identifies the order together with orderId.
    public static let txnTime: Field = "txnTime"
    /// Amount in fen.
    public static let txnAmt: Field = "txnAmt"
    /// Currency, 156 for CNY.
    public static let currencyCode: Field = "currencyCode"
    /// Where the browser returns.
    public static let frontUrl: Field = "frontUrl"
    /// Where the notification goes.
    public static let backUrl: Field = "backUrl"
    /// The moment in Beijing after which the payment is refused, `yyyyMMddHHmmss`.
    public static let payTimeout: Field = "payTimeout"
    /// Text that comes back as it was sent.
    public static let reqReserved: Field = "reqReserved"
    /// Details of the product, `{name=value&name=value}`.
    public static let reserved: Field = "reserved"
    /// Bank to which the browser is sent directly.
    public static let issInsCode: Field = "issInsCode"
    /// Network address of the payer.
    public static let customerIp: Field = "customerIp"

    /// 01 card, 04 corporate account.
    public static let accType: Field = "accType"
    /// Account number, encrypted or masked.
    public static let accNo: Field = "accNo"
    /// Decimal serial of the certificate with which fields are encrypted.
    public static let encryptCertId: Field = "encryptCertId"
    /// Holder's data.
    public static let customerInfo: Field = "customerInfo"
    /// The bank's postscript of a payout.
    public static let billNo: Field = "billNo"

    /// UnionPay's number of the transaction, 21 digits.
    public static let queryId: Field = "queryId"
    /// In a refund: UnionPay's number of the payment.
    public static let origQryId: Field = "origQryId"
    /// Result of this very message.
    public static let respCode: Field = "respCode"
    /// Text of the result.
    public static let respMsg: Field = "respMsg"
    /// In a query's answer: result of the transaction asked about.
    public static let origRespCode: Field = "origRespCode"
    /// In a query's answer: text of that result.
    public static let origRespMsg: Field = "origRespMsg"
    /// System trace number, 6 digits.
    public static let traceNo: Field = "traceNo"
    /// Time of transmission, `MMddHHmmss`.
    public static let traceTime: Field = "traceTime"
    /// Settlement day, `MMdd` without a year.
    public static let settleDate: Field = "settleDate"
    /// Settlement amount in fen.
    public static let settleAmt: Field = "settleAmt"
    /// Settlement currency.
    public static let settleCurrencyCode: Field = "settleCurrencyCode"

    /// Kind of the file asked for, 00 for reconciliation.
    public static let fileType: Field = "fileType"
    /// Name of a file.
    public static let fileName: Field = "fileName"
    /// Content of a file: Base64 of zlib of zip.
    public static let fileContent: Field = "fileContent"
}
