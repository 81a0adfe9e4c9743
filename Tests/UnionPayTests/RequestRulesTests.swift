import Cryptography
import Testing

@testable import UnionPay

@Suite("Rules for what is sent")
struct RequestRulesTests {
    @Test("Order numbers have 8 to 40 letters and digits")
    func orderNumbers() throws {
        for text in ["TP123456", String(repeating: "A", count: 40), "20260105093000000001"] {
            #expect(try OrderNumber(text).text == text)
        }
        for text in [
            "", "TP12345", String(repeating: "A", count: 41), "TP-123456", "TP_123456", "ＴＰ123456",
            "订单12345678",
        ] {
            #expect(throws: MessageError.self) { try OrderNumber(text) }
        }
    }

    @Test("Merchant numbers have 15 letters and digits")
    func merchantNumbers() throws {
        #expect(try MerchantNumber("777290058110097").text == "777290058110097")
        for text in ["", "77729005811009", "7772900581100977", "77729005811009-"] {
            #expect(throws: MessageError.self) { try MerchantNumber(text) }
        }
    }

    private func payment(
        fen: Int64 = 1, frontURL: String = "https://a.example/", backURL: String = "https://a.example/n",
        product: Product = .businessGateway, reserved: String? = nil
    ) throws -> FrontPayment {
        try FrontPayment(
            product: product, order: order(), amountFen: fen, frontURL: frontURL, backURL: backURL,
            requestReserved: reserved)
    }

    @Test("Amounts are 1 fen to twelve digits of fen")
    func amounts() throws {
        for fen in [1, 999_999_999_999] as [Int64] {
            #expect(try payment(fen: fen).message[.txnAmt] == "\(fen)")
        }
        for fen in [0, -1, 1_000_000_000_000, .max, .min] as [Int64] {
            #expect(throws: MessageError.self) { try payment(fen: fen) }
        }
    }

    @Test("Addresses are http or https, without spaces, at most 256 long")
    func addresses() {
        let long = "https://a.example/" + String(repeating: "x", count: 239)
        for url in ["", "ftp://a", "javascript:alert(1)", "https://a b", "https://a.example/付", long] {
            #expect(throws: MessageError.self) { try payment(frontURL: url) }
            #expect(throws: MessageError.self) { try payment(backURL: url) }
        }
    }

    @Test("A notification address must not use the protocol's own names in its query string")
    func backAddress() throws {
        _ = try payment(backURL: "https://a.example/n?channel=b2b&key=1")
        for name in ["orderId", "txnAmt", "signature", "respCode"] {
            #expect(throws: MessageError.self) { try payment(backURL: "https://a.example/n?x=1&\(name)=1#a") }
        }
    }

    @Test("Text that comes back must not break the answer")
    func reserved() throws {
        #expect(try payment(reserved: "eyJhIjoxfQ").message[.reqReserved] == "eyJhIjoxfQ")
        for text in ["a&b", "a=b", "{", "}", "[", "]", "\"", "'", String(repeating: "a", count: 1025)] {
            #expect(throws: MessageError.self) { try payment(reserved: text) }
        }
    }

    @Test("A payout is no payment at the gateway")
    func products() {
        #expect(throws: MessageError.self) { try payment(product: .payout) }
    }

    @Test("A payout refuses account numbers and names that cannot be written")
    func payouts() throws {
        let make = { (account: String, name: String, postscript: String?) in
            try Payout(
                order: order(), amountFen: 1, accountNumber: Secret(account), holderName: Secret(name),
                licenceNumber: "91430100MA4L16JQ9B", backURL: "https://a.example/n", postscript: postscript)
        }
        _ = try make("6212142600000000167", "长沙（某某）有限公司", "提现")
        for account in ["", "123", "6212 1426", String(repeating: "1", count: 41)] {
            #expect(throws: MessageError.self) { try make(account, "名", nil) }
        }
        for name in ["A&B 有限公司", "a=b", "[x]", "{x}"] {
            #expect(throws: MessageError.self) { try make("6212142600000000167", name, nil) }
        }
        #expect(throws: MessageError.self) {
            try make("6212142600000000167", "名", String(repeating: "提", count: 11))
        }
    }

    @Test("Addresses of the three environments have the same paths")
    func gateways() {
        #expect(Gateway.production.frontURL == "https://gateway.95516.com/gateway/api/frontTransReq.do")
        #expect(Gateway.test.queryURL == "https://gateway.test.95516.com/gateway/api/queryTrans.do")
        #expect(
            Gateway(baseURL: "http://localhost:8090/").backURL
                == "http://localhost:8090/gateway/api/backTransReq.do")
    }
}
