import Cryptography
import Foundation
import Testing

@testable import UnionPay

@Suite("Exchanges between merchant and bank")
struct ExchangeTests {
    let world: World
    let merchant: MerchantSide
    let bank: BankSide

    init() throws {
        world = try World.shared
        merchant = try world.merchantSide()
        bank = try world.bankSide()
    }

    private func payment() throws -> FrontPayment {
        try FrontPayment(
            order: order(), amountFen: 123_456, frontURL: "https://portal.example/top-ups/return",
            backURL: "https://portal.example/bank/notifications?channel=b2b",
            payTimeout: BeijingTime(now.addingTimeInterval(900)), bankCode: "ICBC",
            customerAddress: "192.0.2.1", requestReserved: "TP20261122000001")
    }

    private func payout() throws -> Payout {
        try Payout(
            order: order("WD20261122000001"), amountFen: 5_000_000,
            accountNumber: Secret("6212142600000000167"), holderName: Secret("长沙岳麓（某某）有限公司"),
            licenceNumber: "91430100MA4L16JQ9B", backURL: "https://portal.example/bank/notifications",
            postscript: "提现", requestReserved: "WD20261122000001")
    }

    @Test("The form for the browser has the fields of a B2B payment, signed, and the bank reads them")
    func frontPayment() throws {
        let form = try merchant.form(for: payment(), at: now)
        #expect(form.action == "http://localhost:8090/gateway/api/frontTransReq.do")
        let fields = Dictionary(uniqueKeysWithValues: form.inputs.map { ($0.name, $0.value) })
        let expected = [
            "version": "5.1.0", "encoding": "UTF-8", "signMethod": "01", "certId": "68759663125",
            "txnType": "01", "txnSubType": "01", "bizType": "000202", "channelType": "07", "accessType": "0",
            "merId": "777290058110097", "orderId": "TP20261122000001", "txnTime": "20261122101624",
            "txnAmt": "123456", "currencyCode": "156", "payTimeout": "20261122103124", "issInsCode": "ICBC",
            "frontUrl": "https://portal.example/top-ups/return", "customerIp": "192.0.2.1",
            "backUrl": "https://portal.example/bank/notifications?channel=b2b",
            "reqReserved": "TP20261122000001", "signature": fields["signature"],
        ]
        #expect(fields == expected.compactMapValues { $0 })
        let body = try Message(pairs: form.inputs.map { ($0.name, $0.value) }).formBody
        #expect(try bank.frontPayment(body: body, at: now) == payment())
    }

    @Test("The bank refuses a form that was changed in the browser")
    func changedForm() throws {
        let form = try merchant.form(for: payment(), at: now)
        var message = try Message(pairs: form.inputs.map { ($0.name, $0.value) })
        message[.txnAmt] = "1"
        #expect(throws: VerificationError.wrongSignature) {
            try bank.frontPayment(body: message.formBody, at: now)
        }
    }

    @Test("A notification of success reaches the merchant with its evidence and matches the order")
    func notification() throws {
        let sent = TransactionNotification(
            product: .businessGateway, order: try order(), responseCode: .success,
            transaction: try transaction(), requestReserved: "TP20261122000001")
        #expect(sent.responseText == "成功[0000000]")
        let body = try bank.body(of: sent)
        let received = try merchant.notification(
            body: body, backURL: "https://portal.example/bank/notifications", at: now)
        #expect(received == sent)
        #expect(received.outcome == .succeeded(try transaction()))
        let expected = ExpectedOrder(product: .businessGateway, order: try order(), amountFen: 123_456)
        #expect(expected.differences(in: received).isEmpty)
    }

    @Test(
        "Parameters of the notification address that come mixed with a notification are taken out before the check"
    )
    func mixedNotification() throws {
        let sent = TransactionNotification(
            product: .businessGateway, order: try order(), responseCode: .success,
            transaction: try transaction())
        let body = try bank.body(of: sent) + Array("&channel=b2b".utf8)
        #expect(throws: VerificationError.wrongSignature) {
            try merchant.notification(body: body, backURL: "https://portal.example/n", at: now)
        }
        #expect(
            try merchant.notification(body: body, backURL: "https://portal.example/n?channel=b2b", at: now)
                == sent)
    }

    @Test("Every difference between a notification and the stored order is named")
    func differences() throws {
        let expected = ExpectedOrder(product: .businessGateway, order: try order(), amountFen: 123_456)
        let foreign = OrderIdentity(
            merchant: try MerchantNumber("777290058110048"), number: try OrderNumber("TP20261122000002"),
            time: BeijingTime(now.addingTimeInterval(1)))
        let dollars = BankTransaction(
            queryID: try QueryID("782611221003040000018"), amountFen: 123_457, currencyCode: "840")
        let notification = TransactionNotification(
            product: .personalGateway, order: foreign, responseCode: .success, transaction: dollars)
        #expect(
            expected.differences(in: notification)
                == [.merId, .orderId, .txnTime, .bizType, .txnAmt, .currencyCode])
        let answer = QueryAnswer(
            product: .businessGateway, order: try order(), responseCode: .success, originalCode: .success,
            transaction: try transaction(fen: 1))
        #expect(expected.differences(in: answer) == [.txnAmt])
    }

    @Test("A notification of success without number, amount or currency is not read")
    func incompleteNotification() throws {
        let sent = TransactionNotification(
            product: .businessGateway, order: try order(), responseCode: .success,
            transaction: try transaction())
        let signer = try MessageSigner(embedding: world.bankCertificate, key: world.bankKey)
        for field in [Field.queryId, .txnAmt, .currencyCode, .orderId, .txnTime, .merId, .respCode, .txnType]
        {
            var message = sent.message
            message[field] = nil
            let body = try signer.sign(message).formBody
            #expect(throws: MessageError.missingField(field)) {
                try merchant.notification(body: body, backURL: "https://portal.example/n", at: now)
            }
        }
        for (field, value) in [
            (Field.txnAmt, "0"), (.txnAmt, "1.00"), (.txnAmt, "-1"), (.txnAmt, "1000000000000"),
            (.currencyCode, "CNY"), (.txnTime, "20261322100304"), (.bizType, "000301"), (.txnType, "04"),
            (.settleDate, "11-22"), (.queryId, "78 26"),
        ] {
            var message = sent.message
            message[field] = value
            let body = try signer.sign(message).formBody
            #expect(throws: MessageError.self) {
                try merchant.notification(body: body, backURL: "https://portal.example/n", at: now)
            }
        }
    }

    @Test("A query and its answer: paid, refused, still open, late, unknown to the bank, and a wrong query")
    func queries() throws {
        let query = Query(product: .businessGateway, order: try order())
        let request = try merchant.request(for: query, at: now)
        #expect(request.url == "http://localhost:8090/gateway/api/queryTrans.do")
        #expect(try bank.query(body: request.body, at: now) == query)
        let code = { (text: String) in try ResponseCode(text) }
        let cases: [(ResponseCode, ResponseCode?, BankTransaction?, TransactionOutcome)] = [
            (.success, .success, try transaction(), .succeeded(try transaction())),
            (.success, .defectiveSuccess, try transaction(), .succeeded(try transaction())),
            (.success, try code("64"), nil, .refused(try code("64"))),
            (.success, .accepted, nil, .askAgain(.accepted)),
            (.success, .debitedLate, try transaction(), .debitedLate),
            (.success, try code("Z9"), nil, .unclear(try code("Z9"))),
            (.noSuchTransaction, nil, nil, .notKnown),
            (try code("37"), nil, nil, .askAgain(try code("37"))),
            (.formatError, nil, nil, .unclear(.formatError)),
        ]
        for (response, original, record, outcome) in cases {
            let sent = QueryAnswer(
                product: .businessGateway, order: try order(), responseCode: response, originalCode: original,
                transaction: record)
            let received = try merchant.answer(to: query, body: bank.body(of: sent), at: now)
            #expect(received == sent)
            #expect(received.outcome == outcome)
        }
    }

    @Test("An answer that worked but tells no result, or success without evidence, is not read")
    func incompleteAnswers() throws {
        let query = Query(product: .businessGateway, order: try order())
        let silent = QueryAnswer(product: .businessGateway, order: try order(), responseCode: .success)
        #expect(throws: MessageError.missingField(.origRespCode)) {
            try merchant.answer(to: query, body: bank.body(of: silent), at: now)
        }
        #expect(silent.outcome == .unclear(.success))
        let empty = QueryAnswer(
            product: .businessGateway, order: try order(), responseCode: .success, originalCode: .success)
        #expect(throws: MessageError.missingField(.queryId)) {
            try merchant.answer(to: query, body: bank.body(of: empty), at: now)
        }
    }

    @Test("A well-signed answer about another order, time or product does not pass for this one")
    func replayedAnswers() throws {
        let query = Query(product: .businessGateway, order: try order())
        let others: [(Product, OrderIdentity)] = [
            (.businessGateway, try order("TP20261122000002")),
            (.businessGateway, try order(at: now.addingTimeInterval(1))), (.payout, try order()),
        ]
        for (product, other) in others {
            let answer = QueryAnswer(
                product: product, order: other, responseCode: .success, originalCode: .success,
                transaction: try transaction())
            #expect(throws: MessageError.self) {
                try merchant.answer(to: query, body: bank.body(of: answer), at: now)
            }
        }
    }

    @Test("A payout reaches the bank with account, holder and licence, the account encrypted")
    func payouts() throws {
        let request = try merchant.request(for: payout(), at: now)
        #expect(request.url == "http://localhost:8090/gateway/api/backTransReq.do")
        let message = try Message(formBody: request.body)
        #expect(message[.txnType] == "12")
        #expect(message[.txnSubType] == "00")
        #expect(message[.bizType] == "000401")
        #expect(message[.accType] == "04")
        #expect(message[.customerInfo] == nil)
        #expect(message[.encryptCertId] == "68759622183")
        #expect(
            message[.reserved]
                == "{comDebitCardAccName=长沙岳麓（某某）有限公司&businessLicenseRegNo=91430100MA4L16JQ9B}")
        #expect(!String(decoding: request.body, as: UTF8.self).contains("6212142600000000167"))
        let received = try bank.payout(body: request.body, at: now)
        #expect(try received == payout())
        #expect(received.accountNumber.revealed == "6212142600000000167")
        #expect(!"\(received)".contains("6212142600000000167"))
    }

    @Test("The immediate answer to a payout says accepted, refused or ask again, never success")
    func payoutAnswers() throws {
        let payout = try payout()
        let code = { (text: String) in try ResponseCode(text) }
        let number = try QueryID("782611221003040000018")
        let cases: [(ResponseCode, Acceptance)] = [
            (.success, .accepted(number)), (.accepted, .askAgain(.accepted)),
            (.duplicate, .askAgain(.duplicate)),
            (try code("01"), .askAgain(try code("01"))), (try code("60"), .askAgain(try code("60"))),
            (.noSuchTransaction, .askAgain(.noSuchTransaction)), (try code("Z9"), .askAgain(try code("Z9"))),
            (try code("33"), .refused(try code("33"))), (.formatError, .refused(.formatError)),
        ]
        for (response, outcome) in cases {
            let sent = PayoutAnswer(order: payout.order, responseCode: response, queryID: number)
            let received = try merchant.answer(to: payout, body: bank.body(of: sent), at: now)
            #expect(received == sent)
            #expect(received.outcome == outcome)
        }
        let other = PayoutAnswer(order: try order("WD20261122000009"), responseCode: .success)
        #expect(throws: MessageError.self) {
            try merchant.answer(to: payout, body: bank.body(of: other), at: now)
        }
    }

    @Test("Payouts notify failure too, with or without a record")
    func payoutNotifications() throws {
        let failed = TransactionNotification(
            product: .payout, order: try payout().order, responseCode: try ResponseCode("61"),
            transaction: nil)
        let received = try merchant.notification(
            body: bank.body(of: failed), backURL: "https://portal.example/n", at: now)
        #expect(received.outcome == .refused(try ResponseCode("61")))
        let paid = TransactionNotification(
            product: .payout, order: try payout().order, responseCode: .success,
            transaction: try transaction())
        #expect(
            try merchant.notification(body: bank.body(of: paid), backURL: "https://portal.example/n", at: now)
                .outcome == .succeeded(try transaction()))
    }

    @Test("The bank's refusal of a request that it cannot take is signed and names the order")
    func refusals() throws {
        let query = Query(product: .businessGateway, order: try order())
        let body = try bank.refusal(
            of: Message(formBody: merchant.request(for: query, at: now).body), code: .wrongSignature)
        #expect(try merchant.answer(to: query, body: body, at: now).outcome == .unclear(.wrongSignature))
    }

    @Test("The browser's way back carries signed fields that the merchant could read")
    func wayBack() throws {
        let sent = TransactionNotification(
            product: .businessGateway, order: try order(), responseCode: .success,
            transaction: try transaction())
        let form = try bank.returnForm(to: "https://portal.example/return", sent)
        #expect(form.action == "https://portal.example/return")
        let body = try Message(pairs: form.inputs.map { ($0.name, $0.value) }).formBody
        #expect(try merchant.notification(body: body, backURL: "https://portal.example/n", at: now) == sent)
    }
}
