import Foundation
import Testing

@testable import Portal

@Suite("What is done to every request")
struct SiteMiddlewareTests {
    @Test("The client's address is the other end of the connection, whatever the client writes")
    func ignoresForgedAddress() {
        #expect(
            RequestPreparation.address(peer: "192.0.2.7", forwardedFor: ["10.0.0.1"], trustedProxy: nil)
                == "192.0.2.7")
        #expect(
            RequestPreparation.address(
                peer: "192.0.2.7", forwardedFor: ["10.0.0.1"], trustedProxy: "127.0.0.1") == "192.0.2.7")
    }

    @Test("Behind the configured proxy it is what the proxy added last")
    func believesTheProxy() {
        func address(_ forwarded: [String]) -> String {
            RequestPreparation.address(peer: "127.0.0.1", forwardedFor: forwarded, trustedProxy: "127.0.0.1")
        }
        #expect(address(["10.9.9.9, 203.0.113.5"]) == "203.0.113.5")
        #expect(address(["10.9.9.9", "2001:db8::1"]) == "2001:db8::1")
        #expect(address([]) == "127.0.0.1")
        #expect(address(["a b"]) == "127.0.0.1")
        #expect(address(["x\nforged line"]) == "127.0.0.1")
    }

    @Test("A log line cannot be forged by control characters")
    func printsControlCharacters() {
        #expect(RequestLog.printable("/a\r\nlevel=info\u{7F}") == "/a??level=info?")
        #expect(RequestLog.printable(String(repeating: "x", count: 300)).count == 200)
    }

    @Test("An activation link is in no line of the log, however it is asked for")
    func hidesActivationLinks() {
        for path in [
            "/activation/s3cret", "/activation/s3cret/x", "//activation/s3cret", "/Activation/s3cret",
            "/%61ctivation/s3cret",
        ] {
            #expect(RequestLog.loggable(path) == "/activation/…")
        }
        #expect(RequestLog.loggable("/account/top-ups/TP1") == "/account/top-ups/TP1")
        #expect(Path.activation("s3cret").text == "/activation/s3cret")
    }

    @Test("Times are shown in Beijing")
    func showsBeijingTime() {
        let moment = Date(timeIntervalSince1970: 1_795_399_215)  // 2026-11-23 02:00:15 UTC
        #expect(BeijingTime.minute(moment) == "2026-11-23 10:00")
        #expect(BeijingTime.second(moment) == "2026-11-23 10:00:15")
        #expect(BeijingTime.machine(moment) == "2026-11-23T10:00:15+08:00")
        let newYear = Date(timeIntervalSince1970: 1_798_732_799)  // 2026-12-31 15:59:59 UTC
        #expect(BeijingTime.second(newYear) == "2026-12-31 23:59:59")
        #expect(BeijingTime.second(newYear.addingTimeInterval(1)) == "2027-01-01 00:00:00")
    }
}
