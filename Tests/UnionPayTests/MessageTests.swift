import Foundation
import Testing

@testable import UnionPay

@Suite("Messages on the wire")
struct MessageTests {
    @Test("Values to be sent are trimmed, and blank ones do not exist")
    func trimming() {
        var message = Message([.orderId: "  TP20261122000001\r\n", .respMsg: " \t ", .merId: ""])
        #expect(message.fields == [.orderId: "TP20261122000001"])
        message[.respMsg] = " 成 功 "
        #expect(message[.respMsg] == "成 功")
        message[.respMsg] = " "
        #expect(message[.respMsg] == nil)
    }

    @Test("Fields are sorted by bytes, capitals before small letters, and the signature stays out")
    func canonicalOrder() {
        let message = Message(["b": "2", "B": "1", "a_": "4", "aB": "3", .signature: "x", .certId: "5"])
        #expect(message.canonicalString == "B=1&aB=3&a_=4&b=2&certId=5")
    }

    @Test("A form body escapes everything that needs it and comes back the same")
    func formRoundTrip() throws {
        let message = Message([
            .respMsg: "成功[0000000] a+b&c=d%41", .signature: "ab+/cd==", .signPubKeyCert: "A\r\nB",
            .reserved: "{a=b&c=d}",
        ])
        let body = String(decoding: message.formBody, as: UTF8.self)
        #expect(body.hasPrefix("reserved=%7Ba%3Db%26c%3Dd%7D&respMsg=%E6%88%90%E5%8A%9F%5B0000000%5D+a%2Bb"))
        #expect(body.contains("signature=ab%2B%2Fcd%3D%3D"))
        #expect(try Message(formBody: message.formBody) == message)
    }

    @Test("Received values are kept to the byte, empty ones left out")
    func receivedValues() throws {
        let message = try Message(formBody: Array("a=+x+&b=&c=%0D%0A&encoding=utf-8".utf8))
        #expect(message.fields == ["a": " x ", "c": "\r\n", .encoding: "utf-8"])
    }

    @Test(
        "Broken form bodies are refused",
        arguments: ["a", "a=%", "a=%4", "a=%zz", "=b", "a=%FF", "a=1&a=2", "a=1&b=2&a=1", "a=1&encoding=GBK"])
    func brokenForms(body: String) {
        #expect(throws: MessageError.self) { try Message(formBody: Array(body.utf8)) }
    }

    @Test("An answer is cut only at & outside brackets and at the first =")
    func answers() throws {
        let body =
            "a=1&reserved={x=1&y=[2&3]&z={4&5}}&list=[{a=1&b=2},{c&d}]&signature=abc+/==&m=成功[00&00]&e="
        let message = try Message(answerBody: Array(body.utf8))
        #expect(
            message.fields == [
                "a": "1", .reserved: "{x=1&y=[2&3]&z={4&5}}", "list": "[{a=1&b=2},{c&d}]",
                .signature: "abc+/==", "m": "成功[00&00]",
            ])
    }

    @Test("Answers are not URL-encoded: escapes and plus signs stay as they are")
    func answersAreRaw() throws {
        let message = try Message(answerBody: Array("a=%41+b&c=d".utf8))
        #expect(message["a"] == "%41+b")
        #expect(message.answerBody == Array("a=%41+b&c=d".utf8))
    }

    @Test("A closing bracket without an opening one does not swallow the rest")
    func strayBrackets() throws {
        let message = try Message(answerBody: Array("a=1}&b=2]&c=(3)".utf8))
        #expect(message.fields == ["a": "1}", "b": "2]", "c": "(3)"])
    }

    @Test("Broken answers are refused", arguments: ["a", "=b", "a=1&b", "<html>busy</html>", "a=1&a=2"])
    func brokenAnswers(body: String) {
        #expect(throws: MessageError.self) { try Message(answerBody: Array(body.utf8)) }
    }

    @Test("Bytes that are not UTF-8 are refused in both forms")
    func otherEncodings() {
        #expect(throws: MessageError.self) { try Message(answerBody: Array("a=".utf8) + [0xB3, 0xC9]) }
        #expect(throws: MessageError.self) { try Message(formBody: Array("a=".utf8) + [0xB3, 0xC9]) }
    }

    @Test("Random bytes never trap the readers", arguments: 0..<200)
    func randomBodies(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        let alphabet = Array("ab=&{}[]%+01é银".utf8)
        let body = (0..<200).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return alphabet[Int(state >> 33) % alphabet.count]
        }
        _ = try? Message(formBody: body)
        _ = try? Message(answerBody: body)
    }

    @Test("The query parameters of the notification address are taken out, and nothing else")
    func backAddressParameters() throws {
        let message = Message(["channel": "b2b", "t": "1 2", .orderId: "TP20261122000001", .txnType: "01"])
        let url = "https://example.com/n?channel=b2b&t=1+2&orderId=other&flag#channel=b2b"
        #expect(message.removingQueryParameters(of: url) == message)
        let tidy = "https://example.com/n?channel=b2b&t=1%202&orderId=other#x"
        #expect(
            message.removingQueryParameters(of: tidy)
                == Message([.orderId: "TP20261122000001", .txnType: "01"]))
        #expect(message.removingQueryParameters(of: "https://example.com/n") == message)
    }

    @Test("A message in the log hides accounts, holders and signatures")
    func description() {
        let message = Message([
            .accNo: "6222", .reserved: "{a=b}", .signature: "abc", .orderId: "TP20261122000001",
        ])
        #expect("\(message)" == "accNo=***&orderId=TP20261122000001&reserved=***&signature=***")
    }

    @Test("Inner fields are written and read, and characters that break them are refused")
    func bracedFields() throws {
        let text = try BracedFields.encode([("a", "1"), ("b", "长沙（某某）公司")], for: .reserved)
        #expect(text == "{a=1&b=长沙（某某）公司}")
        #expect(try BracedFields.decode(text, of: .reserved) == ["a": "1", "b": "长沙（某某）公司"])
        for value in ["A&B", "a=b", "{", "}", "[", "]"] {
            #expect(throws: MessageError.self) { try BracedFields.encode([("a", value)], for: .reserved) }
        }
        for text in ["", "{", "a=b", "{a}", "{a=1&a=2}"] {
            #expect(throws: MessageError.self) { try BracedFields.decode(text, of: .reserved) }
        }
    }
}
