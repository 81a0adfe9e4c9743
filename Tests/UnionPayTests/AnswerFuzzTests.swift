import Foundation
import Testing

@testable import UnionPay

@Suite("Damaged answers")
struct AnswerFuzzTests {
    @Test("A genuine answer cut anywhere is read or refused, and what is read is a part of it")
    func everyCut() throws {
        let body = [UInt8](try fixture("query-answer.txt"))
        let whole = try Message(answerBody: body)
        for length in 0..<body.count {
            guard let message = try? Message(answerBody: Array(body.prefix(length))) else { continue }
            for (field, value) in message.fields {
                // By bytes: to a String, the CR of a CR LF cut in two is no prefix.
                #expect(whole[field]?.utf8.starts(with: value.utf8) == true)
            }
        }
    }

    @Test(
        "A genuine answer with any byte changed is never taken for the genuine one",
        arguments: [1, 4, 0x80] as [UInt8])
    func everyFlip(mask: UInt8) throws {
        let body = [UInt8](try fixture("query-answer.txt"))
        let whole = try Message(answerBody: body)
        for index in body.indices {
            var changed = body
            changed[index] ^= mask
            guard let message = try? Message(answerBody: changed) else { continue }
            #expect(message != whole)
        }
    }

    @Test(
        "Hostile bodies of four million bytes are read in time that grows with their length only",
        arguments: ["{", "[", "}", "&", "=", "a=1&", "{[&=]}", "a={", "a=]&b={"])
    func hostile(piece: String) throws {
        // A reader that went over the rest for each bracket or field would take hours for this.
        let body = Array(String(repeating: piece, count: 4_000_000 / piece.utf8.count).utf8)
        let start = ContinuousClock.now
        _ = try? Message(answerBody: body)
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test("A long value, such as a file, comes through whole")
    func longValue() throws {
        let content = String(repeating: "QUJD", count: 500_000) + "QQ=="
        let message = try Message(answerBody: Array("fileContent=\(content)&respCode=00".utf8))
        #expect(message[.fileContent] == content && message[.respCode] == "00")
    }
}
