import Cryptography
import Foundation

/// The addresses of a gateway. The paths are the same in production, in the test environment and in a simulator.
public struct Gateway: Sendable, Equatable {
    /// UnionPay's production environment.
    public static let production = Gateway(
        baseURL: "https://gateway.95516.com", fileURL: "https://filedownload.95516.com/")
    /// UnionPay's test environment.
    public static let test = Gateway(
        baseURL: "https://gateway.test.95516.com", fileURL: "https://filedownload.test.95516.com/")

    /// Scheme, host and port, without a slash at the end.
    public let baseURL: String
    /// Where file downloads go: UnionPay has a host of its own for them.
    public let fileURL: String

    /// A gateway at another place, for example `http://localhost:8090`; files come from the same host unless told
    /// otherwise.
    public init(baseURL: String, fileURL: String? = nil) {
        self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        self.fileURL = fileURL ?? self.baseURL + Self.filePath
    }

    /// Path to which the browser is sent.
    public static let frontPath = "/gateway/api/frontTransReq.do"
    /// Path of payouts and refunds.
    public static let backPath = "/gateway/api/backTransReq.do"
    /// Path of queries.
    public static let queryPath = "/gateway/api/queryTrans.do"
    /// Path of file downloads where they have no host of their own.
    public static let filePath = "/filedownload/"

    /// Where the browser is sent.
    public var frontURL: String { baseURL + Self.frontPath }
    /// Where payouts and refunds go.
    public var backURL: String { baseURL + Self.backPath }
    /// Where queries go.
    public var queryURL: String { baseURL + Self.queryPath }
}

/// A POST to the gateway, ready to be sent by whatever HTTP client there is.
public struct GatewayRequest: Sendable, Equatable {
    /// Media type of every request.
    public static let contentType = "application/x-www-form-urlencoded; charset=UTF-8"

    /// Where it goes.
    public let url: String
    /// The body, signed.
    public let body: [UInt8]
}

/// A merchant's side of the protocol: signs what goes out and checks what comes in. Sends nothing itself.
///
/// What comes in throws `MessageError` or `VerificationError`. For the order either means that its result is unknown,
/// never that it failed.
public struct MerchantSide: Sendable {
    private let gateway: Gateway
    private let signers: [MessageSigner]
    private let verifier: MessageVerifier
    private let encryptionCertificates: [Certificate]

    /// - Parameters:
    ///   - gateway: where requests go.
    ///   - signer: with the merchant's certificate and key.
    ///   - verifier: with UnionPay's roots.
    ///   - encryptionCertificate: UnionPay's certificate for encrypted fields.
    public init(
        gateway: Gateway, signer: MessageSigner, verifier: MessageVerifier, encryptionCertificate: Certificate
    ) {
        self.init(
            gateway: gateway, signers: [signer], verifier: verifier,
            encryptionCertificates: [encryptionCertificate])
    }

    /// As above, with all certificates that the merchant has at UnionPay, and all of UnionPay's for encrypted fields: from its
    /// first moment on the newest one that is valid is used, so a new one can be put beside the old one before its day.
    public init(
        gateway: Gateway, signers: [MessageSigner], verifier: MessageVerifier,
        encryptionCertificates: [Certificate]
    ) {
        self.gateway = gateway
        self.signers = signers
        self.verifier = verifier
        self.encryptionCertificates = encryptionCertificates
    }

    /// The signed form with which the browser goes to the gateway.
    ///
    /// Like every request, it is signed at `time` and throws `CertificateError` when no certificate of ours is valid then.
    public func form(for payment: FrontPayment, at time: Date) throws -> PaymentForm {
        let signed = try sign(payment.message, at: time)
        return PaymentForm(
            action: gateway.frontURL,
            inputs: signed.sorted.map { PaymentForm.Input(name: $0.field.name, value: $0.value) })
    }

    /// The signed query.
    public func request(for query: Query, at time: Date) throws -> GatewayRequest {
        GatewayRequest(url: gateway.queryURL, body: try sign(query.message, at: time).formBody)
    }

    /// The signed payout. Also throws `CertificateError` when no certificate for encrypted fields is valid at `time`.
    public func request(for payout: Payout, at time: Date) throws -> GatewayRequest {
        let encryption = try Self.newestValid(encryptionCertificates, at: time) { $0 }
        let message = try payout.message(encryptingTo: encryption)
        return GatewayRequest(url: gateway.backURL, body: try sign(message, at: time).formBody)
    }

    /// The signed refund.
    public func request(for refund: Refund, at time: Date) throws -> GatewayRequest {
        GatewayRequest(url: gateway.backURL, body: try sign(refund.message, at: time).formBody)
    }

    /// The signed file download.
    public func request(for download: FileDownload, at time: Date) throws -> GatewayRequest {
        GatewayRequest(url: gateway.fileURL, body: try sign(download.message, at: time).formBody)
    }

    private func sign(_ message: Message, at time: Date) throws -> Message {
        try Self.newestValid(signers, at: time) { $0.certificate }.sign(message)
    }

    /// What has the newest of the certificates that are valid at `time`.
    private static func newestValid<Holder>(
        _ holders: [Holder], at time: Date, certificate: (Holder) -> Certificate
    ) throws -> Holder {
        let newest = holders.sorted { certificate($0).notBefore > certificate($1).notBefore }
        if let valid = newest.first(where: { (try? certificate($0).requireValid(at: time)) != nil }) {
            return valid
        }
        try newest.first.map(certificate)?.requireValid(at: time)
        throw CryptographyError.unsuitableKey("there is no certificate")
    }

    /// Reads a notification received at `time` at `backURL`, whose query parameters are taken out before the check.
    public func notification(body: [UInt8], backURL: String, at time: Date) throws -> TransactionNotification
    {
        let message = try Message(formBody: body).removingQueryParameters(of: backURL)
        return try TransactionNotification(verifier.verify(message, at: time))
    }

    /// Reads the answer to `query` received at `time`. Also throws when the answer, however well signed, is about
    /// another order: an old answer must not be passed off as a new one.
    public func answer(to query: Query, body: [UInt8], at time: Date) throws -> QueryAnswer {
        let answer = try QueryAnswer(verifier.verify(Message(answerBody: body), at: time), about: query.kind)
        try Self.require(answer.order, toBe: query.order)
        guard answer.product == query.product else {
            throw MessageError.invalidField(.bizType, reason: "the answer is about another product")
        }
        return answer
    }

    /// Reads the answer to `payout` received at `time`. Also throws when the answer is about another order.
    public func answer(to payout: Payout, body: [UInt8], at time: Date) throws -> PayoutAnswer {
        let answer = try PayoutAnswer(verifier.verify(Message(answerBody: body), at: time))
        try Self.require(answer.order, toBe: payout.order)
        return answer
    }

    /// Reads the answer to `refund` received at `time`. Also throws when the answer is about another order.
    public func answer(to refund: Refund, body: [UInt8], at time: Date) throws -> RefundAnswer {
        let answer = try RefundAnswer(verifier.verify(Message(answerBody: body), at: time))
        try Self.require(answer.order, toBe: refund.order)
        guard answer.product == refund.product else {
            throw MessageError.invalidField(.bizType, reason: "the answer is about another product")
        }
        if let original = answer.originalQueryID, original != refund.originalQueryID {
            throw MessageError.invalidField(.origQryId, reason: "the answer is about another payment")
        }
        return answer
    }

    /// Reads the answer to `download` received at `time`. Also throws when the answer is about another merchant, day or
    /// request.
    public func answer(
        to download: FileDownload, body: [UInt8], at time: Date
    ) throws -> FileDownloadAnswer {
        let answer = try FileDownloadAnswer(verifier.verify(Message(answerBody: body), at: time))
        guard answer.merchant == download.merchant else {
            throw MessageError.invalidField(.merId, reason: "the answer is about another merchant")
        }
        if let day = answer.settleDate, day != download.settlementDate.monthDay {
            throw MessageError.invalidField(.settleDate, reason: "the answer is about another day")
        }
        if let sent = answer.time, sent != download.time {
            throw MessageError.invalidField(.txnTime, reason: "the answer is about another request")
        }
        return answer
    }

    private static func require(_ order: OrderIdentity, toBe expected: OrderIdentity) throws(MessageError) {
        guard order.merchant == expected.merchant else {
            throw .invalidField(.merId, reason: "the answer is about another merchant")
        }
        guard order.number == expected.number else {
            throw .invalidField(.orderId, reason: "the answer is about another order")
        }
        guard order.time == expected.time else {
            throw .invalidField(.txnTime, reason: "the answer is about another order")
        }
    }
}
