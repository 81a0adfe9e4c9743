import Cryptography
import Foundation
import Testing

@testable import UnionPay

@Suite("Refunds")
struct RefundTests {
    let world: World
    let merchant: MerchantSide
    let bank: BankSide

    init() throws {
        world = try World.shared
        merchant = try world.merchantSide()
        bank = try world.bankSide()
    }

    private func refund(
        _ number: String = "RF20261122000001", of product: Product = .businessGateway,
        original: String = "782611221003040000018"
    ) throws -> Refund {
        try Refund(
            of: product, order: order(number), originalQueryID: QueryID(original), amountFen: 3456,
            backURL: "https://portal.example/bank/notifications", requestReserved: "RF20261122000001")
    }

    private func evidence(original: String? = "782611221003040000018") throws -> BankTransaction {
        BankTransaction(
            queryID: try QueryID("782611231003040000028"), amountFen: 3456, settleDate: "1123",
            originalQueryID: try original.map { try QueryID($0) })
    }

    @Test("A refund reaches the bank with the payment's number and product and an order of its own")
    func request() throws {
        let request = try merchant.request(for: refund(), at: now)
        #expect(request.url == "http://localhost:8090/gateway/api/backTransReq.do")
        let message = try Message(formBody: request.body)
        let expected = [
            "version": "5.1.0", "encoding": "UTF-8", "signMethod": "01", "certId": "68759663125",
            "txnType": "04", "txnSubType": "00", "bizType": "000202", "channelType": "07", "accessType": "0",
            "merId": "777290058110097", "orderId": "RF20261122000001", "txnTime": "20261122101624",
            "txnAmt": "3456", "currencyCode": "156", "origQryId": "782611221003040000018",
            "backUrl": "https://portal.example/bank/notifications", "reqReserved": "RF20261122000001",
            "signature": message[.signature],
        ]
        #expect(
            Dictionary(uniqueKeysWithValues: message.fields.map { ($0.key.name, $0.value) })
                == expected.compactMapValues { $0 })
        #expect(try bank.refund(body: request.body, at: now) == refund())
        let personal = try refund(of: .personalGateway)
        #expect(try bank.refund(body: merchant.request(for: personal, at: now).body, at: now) == personal)
    }

    @Test("What is no refund is not read as one, and a payout has none")
    func otherRequests() throws {
        let signer = try MessageSigner(certificate: world.merchantCertificate, key: world.merchantKey)
        for (field, value) in [
            (Field.txnType, "01"), (.txnSubType, "01"), (.bizType, "000401"), (.origQryId, nil),
            (.origQryId, "1-2"), (.txnAmt, "0"), (.currencyCode, "840"), (.backUrl, nil),
        ] as [(Field, String?)] {
            var message = try refund().message
            message[field] = value
            #expect(throws: MessageError.self) {
                try bank.refund(body: signer.sign(message).formBody, at: now)
            }
        }
        #expect(throws: MessageError.self) { try refund(of: .payout) }
        #expect(throws: MessageError.self) {
            try Refund(
                order: order(), originalQueryID: QueryID("1"), amountFen: 0, backURL: "https://a.example/")
        }
    }

    @Test("The immediate answer says accepted, refused or ask again, never refunded")
    func answers() throws {
        let refund = try refund()
        let number = try QueryID("782611231003040000028")
        let code = { (text: String) in try ResponseCode(text) }
        let cases: [(ResponseCode, Acceptance)] = [
            (.success, .accepted(number)), (.accepted, .askAgain(.accepted)),
            (.duplicate, .askAgain(.duplicate)), (try code("01"), .askAgain(try code("01"))),
            (try code("60"), .askAgain(try code("60"))), (.noSuchTransaction, .askAgain(.noSuchTransaction)),
            (try code("45"), .askAgain(try code("45"))), (try code("35"), .refused(try code("35"))),
            (try code("33"), .refused(try code("33"))), (try code("Z9"), .askAgain(try code("Z9"))),
        ]
        for (response, outcome) in cases {
            let sent = RefundAnswer(to: refund, responseCode: response, queryID: number)
            let received = try merchant.answer(to: refund, body: bank.body(of: sent), at: now)
            #expect(received == sent)
            #expect(received.outcome == outcome)
        }
    }

    @Test("An answer about another refund, product or payment does not pass for this one")
    func foreignAnswers() throws {
        let mine = try refund()
        let others = [
            try refund("RF20261122000002"), try refund(of: .personalGateway), try refund(original: "1"),
        ]
        for other in others {
            let body = try bank.body(of: RefundAnswer(to: other, responseCode: .success))
            #expect(throws: MessageError.self) { try merchant.answer(to: mine, body: body, at: now) }
        }
        let payout = try bank.body(of: PayoutAnswer(order: mine.order, responseCode: .success))
        #expect(throws: MessageError.self) { try merchant.answer(to: mine, body: payout, at: now) }
    }

    @Test("Refunds notify success and failure, and the evidence is about the expected refund")
    func notifications() throws {
        let refund = try refund()
        let sent = TransactionNotification(
            product: refund.product, order: refund.order, kind: .refund, responseCode: .success,
            transaction: try evidence())
        let received = try merchant.notification(
            body: bank.body(of: sent), backURL: "https://portal.example/n", at: now)
        #expect(received == sent && received.kind == .refund)
        #expect(received.outcome == .succeeded(try evidence()))
        #expect(ExpectedOrder(refund).differences(in: received).isEmpty)
        // The same evidence is not a payment of the same number.
        let payment = ExpectedOrder(product: refund.product, order: refund.order, amountFen: 3456)
        #expect(payment.differences(in: received) == [.txnType, .origQryId])
        let other = TransactionNotification(
            product: refund.product, order: refund.order, kind: .refund, responseCode: .success,
            transaction: try evidence(original: "782611221003040000019"))
        #expect(ExpectedOrder(refund).differences(in: other) == [.origQryId])
        let failed = TransactionNotification(
            product: refund.product, order: refund.order, kind: .refund, responseCode: try ResponseCode("61"),
            transaction: nil)
        #expect(
            try merchant.notification(body: bank.body(of: failed), backURL: "https://a.example/", at: now)
                .outcome == .refused(try ResponseCode("61")))
    }

    @Test("A query about a refund is answered by its own rules, and never by a payment's result")
    func queries() throws {
        let refund = try refund()
        let request = try merchant.request(for: refund.query, at: now)
        let message = try Message(formBody: request.body)
        #expect(message[.txnType] == "00" && message[.bizType] == "000202" && message[.channelType] == nil)
        let read = try bank.query(body: request.body, at: now)
        #expect(read.order == refund.order && read.product == refund.product)
        let code = { (text: String) in try ResponseCode(text) }
        let cases: [(ResponseCode, ResponseCode?, BankTransaction?, TransactionOutcome)] = [
            (.success, .success, try evidence(), .succeeded(try evidence())),
            (.success, .accepted, nil, .accepted),
            // Of a payment 01 is a refusal.
            (.success, try code("01"), nil, .askAgain(try code("01"))),
            (.success, try code("36"), nil, .refused(try code("36"))),
            (.noSuchTransaction, nil, nil, .notKnown), (.formatError, nil, nil, .unclear(.formatError)),
        ]
        for (response, original, record, outcome) in cases {
            let sent = QueryAnswer(
                product: refund.product, order: refund.order, kind: .refund, responseCode: response,
                originalCode: original, transaction: record)
            let received = try merchant.answer(to: refund.query, body: bank.body(of: sent), at: now)
            #expect(received == sent)
            #expect(received.outcome == outcome)
        }
        let payment = QueryAnswer(
            product: refund.product, order: refund.order, responseCode: .success, originalCode: .success,
            transaction: try evidence(original: nil))
        #expect(throws: MessageError.self) {
            try merchant.answer(to: refund.query, body: bank.body(of: payment), at: now)
        }
    }

    @Test("The bank's refusal of a refund that it cannot take is read as an answer to it")
    func refusals() throws {
        let refund = try refund()
        let request = try Message(formBody: merchant.request(for: refund, at: now).body)
        let body = try bank.refusal(of: request, code: .formatError)
        #expect(try merchant.answer(to: refund, body: body, at: now).outcome == .refused(.formatError))
    }
}
