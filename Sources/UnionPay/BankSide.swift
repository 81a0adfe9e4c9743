import Cryptography
import Foundation

/// UnionPay's side of the protocol, for a simulator: checks what merchants send, signs answers and notifications.
public struct BankSide: Sendable {
    private let signer: MessageSigner
    private let verifier: RequestVerifier
    private let decryptionKey: PrivateKey

    /// - Parameters:
    ///   - signer: made with `MessageSigner(embedding:key:)`, so that messages carry the certificate.
    ///   - verifier: with the merchants' certificates.
    ///   - decryptionKey: the key of the encryption certificate.
    public init(signer: MessageSigner, verifier: RequestVerifier, decryptionKey: PrivateKey) {
        self.signer = signer
        self.verifier = verifier
        self.decryptionKey = decryptionKey
    }

    /// Reads the form with which a browser came. Throws `MessageError` or `VerificationError`.
    public func frontPayment(body: [UInt8], at time: Date) throws -> FrontPayment {
        try FrontPayment(verifier.verify(Message(formBody: body), at: time))
    }

    /// Reads a query. Throws `MessageError` or `VerificationError`.
    public func query(body: [UInt8], at time: Date) throws -> Query {
        try Query(verifier.verify(Message(formBody: body), at: time))
    }

    /// Reads a payout, with its account number decrypted. Throws `MessageError` or `VerificationError`.
    public func payout(body: [UInt8], at time: Date) throws -> Payout {
        try Payout(verifier.verify(Message(formBody: body), at: time), decryptingWith: decryptionKey)
    }

    /// Reads a refund. Throws `MessageError` or `VerificationError`.
    public func refund(body: [UInt8], at time: Date) throws -> Refund {
        try Refund(verifier.verify(Message(formBody: body), at: time))
    }

    /// Reads a file download. Throws `MessageError` or `VerificationError`.
    public func fileDownload(body: [UInt8], at time: Date) throws -> FileDownload {
        try FileDownload(verifier.verify(Message(formBody: body), at: time), at: time)
    }

    /// The signed body of a POST to backUrl.
    public func body(of notification: TransactionNotification) throws -> [UInt8] {
        try signer.sign(notification.message).formBody
    }

    /// The signed body of an answer, which is not URL-encoded.
    public func body(of answer: QueryAnswer) throws -> [UInt8] {
        try signer.sign(answer.message).answerBody
    }

    /// The signed body of an answer, which is not URL-encoded.
    public func body(of answer: PayoutAnswer) throws -> [UInt8] {
        try signer.sign(answer.message).answerBody
    }

    /// The signed body of an answer, which is not URL-encoded.
    public func body(of answer: RefundAnswer) throws -> [UInt8] {
        try signer.sign(answer.message).answerBody
    }

    /// The signed body of an answer, which is not URL-encoded.
    public func body(of answer: FileDownloadAnswer) throws -> [UInt8] {
        try signer.sign(answer.message).answerBody
    }

    /// The signed fields with which the browser is sent back to frontUrl, by a form like the one it came with.
    public func returnForm(to frontURL: String, _ notification: TransactionNotification) throws -> PaymentForm
    {
        let signed = try signer.sign(notification.message)
        return PaymentForm(
            action: frontURL,
            inputs: signed.sorted.map { PaymentForm.Input(name: $0.field.name, value: $0.value) })
    }

    /// The signed body of an answer to a request that could not be taken: `code` and what the request said.
    public func refusal(of request: Message, code: ResponseCode) throws -> [UInt8] {
        var answer = Message()
        for field in [Field.txnType, .txnSubType, .bizType, .accessType, .merId, .orderId, .txnTime] {
            answer[field] = request[field]
        }
        answer[.respCode] = code.code
        answer[.respMsg] = code.text
        return try signer.sign(answer).answerBody
    }
}
