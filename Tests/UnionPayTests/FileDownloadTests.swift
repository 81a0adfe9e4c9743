import Cryptography
import Foundation
import Testing

@testable import UnionPay

@Suite("File downloads")
struct FileDownloadTests {
    let world: World
    let merchant: MerchantSide
    let bank: BankSide

    init() throws {
        world = try World.shared
        merchant = try world.merchantSide()
        bank = try world.bankSide()
    }

    private func download(month: Int = 11, day: Int = 21, at date: Date = now) throws -> FileDownload {
        FileDownload(
            merchant: try UnionPayTests.merchant(),
            settlementDate: try #require(SettlementDate(year: 2026, month: month, day: day)),
            time: BeijingTime(date))
    }

    @Test("A request names merchant, day and kind of file, and no order")
    func request() throws {
        let request = try merchant.request(for: download(), at: now)
        #expect(request.url == "http://localhost:8090/filedownload/")
        #expect(Gateway.production.fileURL == "https://filedownload.95516.com/")
        #expect(Gateway.test.fileURL == "https://filedownload.test.95516.com/")
        let message = try Message(formBody: request.body)
        let expected = [
            "version": "5.1.0", "encoding": "UTF-8", "signMethod": "01", "certId": "68759663125",
            "txnType": "76", "txnSubType": "01", "bizType": "000000", "accessType": "0",
            "merId": "777290058110097", "settleDate": "1121", "txnTime": "20261122101624", "fileType": "00",
            "signature": message[.signature],
        ]
        #expect(
            Dictionary(uniqueKeysWithValues: message.fields.map { ($0.key.name, $0.value) })
                == expected.compactMapValues { $0 })
        #expect(try bank.fileDownload(body: request.body, at: now) == download())
    }

    @Test("Around New Year the bank's side reads the day in the right year")
    func newYear() throws {
        let newYear = try #require(BeijingTime(digits: "20270101090000")).date
        let sent = try download(month: 12, day: 31, at: newYear)
        let signer = try MessageSigner(certificate: world.merchantCertificate, key: world.merchantKey)
        let verified = VerifiedMessage(message: try signer.sign(sent.message), signerCommonName: "")
        #expect(try FileDownload(verified, at: newYear) == sent)
    }

    @Test("What is no file download is not read as one")
    func otherRequests() throws {
        let signer = try MessageSigner(certificate: world.merchantCertificate, key: world.merchantKey)
        for (field, value) in [
            (Field.txnType, "01"), (.txnSubType, "00"), (.bizType, "000202"), (.fileType, "01"),
            (.settleDate, "0230"), (.settleDate, nil), (.settleDate, "20261121"), (.txnTime, nil),
            (.merId, nil),
        ] as [(Field, String?)] {
            var message = try download().message
            message[field] = value
            #expect(throws: MessageError.self) {
                try bank.fileDownload(body: signer.sign(message).formBody, at: now)
            }
        }
    }

    @Test("The answer brings the file, which is read to its end")
    func file() throws {
        let content = try ReconciliationFileWriter.fileContent(
            merchant: UnionPayTests.merchant(), settlementDate: download().settlementDate,
            (1...5).map { try record($0) })
        let name = "777290058110097_20261121.zip"
        let sent = FileDownloadAnswer(to: try download(), fileName: name, fileContent: content)
        let received = try merchant.answer(to: download(), body: bank.body(of: sent), at: now)
        #expect(received == sent)
        guard case .file(name, let text) = received.outcome else {
            Issue.record("no file: \(received.outcome)")
            return
        }
        #expect(try ReconciliationFileReader(fileContent: text).all().count == 5)
        #expect(!"\(received.message)".contains(content))
    }

    @Test("No file, not yet, and not for this request are told apart")
    func codes() throws {
        let code = { (text: String) in try ResponseCode(text) }
        let cases: [(ResponseCode, FileDownloadAnswer.Outcome)] = [
            (.noFile, .noFile), (try code("02"), .askAgain(try code("02"))),
            (try code("41"), .askAgain(try code("41"))), (try code("99"), .askAgain(try code("99"))),
            (.formatError, .refused(.formatError)), (try code("32"), .refused(try code("32"))),
            (try code("Z9"), .refused(try code("Z9"))),
        ]
        for (response, outcome) in cases {
            let sent = FileDownloadAnswer(to: try download(), responseCode: response)
            let received = try merchant.answer(to: download(), body: bank.body(of: sent), at: now)
            #expect(received.outcome == outcome)
        }
    }

    @Test("The bank's refusal of a request that it cannot take is read as an answer to it")
    func refusals() throws {
        let request = try Message(formBody: merchant.request(for: download(), at: now).body)
        let body = try bank.refusal(of: request, code: .wrongSignature)
        #expect(
            try merchant.answer(to: download(), body: body, at: now).outcome == .refused(.wrongSignature))
    }

    @Test("Success without a file, and an answer about another merchant, day or request, are not read")
    func foreignAnswers() throws {
        let signer = try MessageSigner(embedding: world.bankCertificate, key: world.bankKey)
        let sent = FileDownloadAnswer(to: try download(), fileName: "a.zip", fileContent: "AAAA")
        for (field, value) in [
            (Field.fileName, nil), (.fileContent, nil), (.merId, "777290058110048"), (.merId, nil),
            (.settleDate, "1122"), (.txnTime, "20261122101625"), (.txnType, "00"), (.bizType, "000202"),
        ] as [(Field, String?)] {
            var message = sent.message
            message[field] = value
            #expect(throws: MessageError.self) {
                try merchant.answer(to: download(), body: signer.sign(message).answerBody, at: now)
            }
        }
        // Whether the answer repeats day and time is not known for certain, so they may be absent.
        var brief = sent.message
        brief[.settleDate] = nil
        brief[.txnTime] = nil
        _ = try merchant.answer(to: download(), body: signer.sign(brief).answerBody, at: now)
        #expect(FileDownloadAnswer(to: try download()).outcome == .refused(.success))
    }
}
