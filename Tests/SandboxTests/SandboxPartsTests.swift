import Cryptography
import Foundation
import Testing

@testable import Sandbox

@Suite("Parts of the sandbox")
struct SandboxPartsTests {
    @Test("What is put into HTML is escaped, pieces of HTML are not")
    func markup() {
        let name = "<b>&\"'"
        let piece: Markup = "<i>\(name)</i>"
        #expect(piece.html == "<i>&lt;b&gt;&amp;&quot;&#39;</i>")
        #expect(Markup("<p>\(piece)\(3)\([piece, piece])</p>").html.hasPrefix("<p><i>&lt;"))
        // A combining character cannot carry a quotation mark past the escaping.
        #expect(Markup("\("\"\u{301}")").html == "&quot;\u{301}")
    }

    @Test("Addresses in messages become links that end where the address ends")
    func links() {
        let text = "请打开 http://127.0.0.1:8080/activation/a-B_1?x=1&y=2，30 分钟内有效。<script> https://x.cn"
        #expect(
            PhoneRoutes.linked(text).html
                == "请打开 <a href=\"http://127.0.0.1:8080/activation/a-B_1?x=1&amp;y=2\">"
                + "http://127.0.0.1:8080/activation/a-B_1?x=1&amp;y=2</a>，30 分钟内有效。&lt;script&gt; "
                + "<a href=\"https://x.cn\">https://x.cn</a>")
    }

    @Test(
        "Amounts read as people write them",
        arguments: [
            (0, "0.00"), (5, "0.05"), (100, "1.00"), (123_456_789, "1,234,567.89"), (-100_000, "-1,000.00"),
            (99_999, "999.99"), (Int64.min, "-92,233,720,368,547,758.08"),
        ] as [(Int64, String)])
    func amounts(fen: Int64, text: String) {
        #expect(Yuan.text(fen) == text)
    }

    @Test("Keys are made once, private ones for their owner only, and the certificates lead to the root")
    func keys() throws {
        let folder = try TemporaryFolder()
        let keys = folder.url.appendingPathComponent("keys")
        _ = try SandboxKeys(folder: keys, merchantNumber: "777290058110097")
        let names = try FileManager.default.contentsOfDirectory(atPath: keys.path).sorted()
        let contents = try names.map { try Data(contentsOf: keys.appendingPathComponent($0)) }
        for name in names where name.hasSuffix("key.pem") {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: keys.appendingPathComponent(name).path)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
        _ = try SandboxKeys(folder: keys, merchantNumber: "777290058110097")
        #expect(try names.map { try Data(contentsOf: keys.appendingPathComponent($0)) } == contents)
        let certificate = { (name: String) in
            try Certificate(
                pem: String(contentsOf: keys.appendingPathComponent(name), encoding: .utf8))
        }
        for leaf in ["bank-signing", "bank-encryption", "merchant"] {
            try Certificate.verifyChain(
                leaf: certificate("\(leaf).cert.pem"), intermediates: [certificate("bank-middle.pem")],
                roots: [certificate("bank-root.pem")], at: Date(timeIntervalSince1970: 1_795_338_000))
        }
    }

    @Test("A fault hits once, and only the call and biller it is meant for")
    func faults() {
        let faults = Faults(payoutDelaySeconds: 20)
        faults.arm(Faults.ArmedCall(call: .payment, biller: "CSWATER", effect: .withEffect), count: 1)
        #expect(faults.takeCallFault(.payment, biller: "CSGAS1") == nil)
        #expect(faults.takeCallFault(.billsQuery, biller: "CSWATER") == nil)
        #expect(faults.takeCallFault(.payment, biller: "CSWATER") == .withEffect)
        #expect(faults.takeCallFault(.payment, biller: "CSWATER") == nil)
        faults.arm(.lose)
        faults.disarm()
        #expect(faults.takeNotificationFault() == nil)
    }

    @Test("Working days are known with their holidays, and a day is read and written")
    func workingDays() throws {
        let next = { (text: String) in try #require(BankDay(text)).nextWorkingDay.text }
        #expect(try next("2026-11-24") == "2026-11-25")
        #expect(try next("2026-11-27") == "2026-11-30")
        #expect(try next("2026-09-30") == "2026-10-08")
        #expect(try next("2026-02-13") == "2026-02-14")
        for text in ["2026-02-30", "2026-2-3", "20260203", "2026-02-03 ", ""] {
            #expect(BankDay(text) == nil)
        }
        // 2026-11-22 23:59:59 and 24:00 in Beijing.
        #expect(BankDay(of: Date(timeIntervalSince1970: 1_795_363_199)).text == "2026-11-22")
        #expect(BankDay(of: Date(timeIntervalSince1970: 1_795_363_200)).text == "2026-11-23")
    }

    @Test("The agenda does what is due by the sandbox's clock, in order of time")
    func agenda() async throws {
        let clock = SandboxClock()
        let agenda = Agenda(clock: clock)
        let start = clock.now
        let (stream, continuation) = AsyncStream<Int>.makeStream()
        for hours in [3, 1, 2] {
            await agenda.add(at: start + Double(hours) * 3600) { continuation.yield(hours) }
        }
        let running = Task { try await agenda.run() }
        defer { running.cancel() }
        var iterator = stream.makeAsyncIterator()
        for hours in 1...3 {
            clock.offsetSeconds = Double(hours) * 3600 + 1
            #expect(await iterator.next() == hours)
        }
    }
}
