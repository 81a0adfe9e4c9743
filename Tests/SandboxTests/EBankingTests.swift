import Foundation
import Testing
import UnionPay

@testable import Sandbox

@Suite("The bank's page for companies")
struct EBankingTests {
    @Test("One person pays at once")
    func paysAlone() async throws {
        let play = try await Play()
        let page = try await play.visit("TP00000001").text
        for button in ["付款", "经办提交（待复核）", "放弃", "稍后"] { #expect(page.contains(">\(button)</button>")) }
        #expect(!page.contains("复核放行"))
        let answer = try await play.press("pay", "TP00000001")
        #expect(answer.text.contains("付款成功。"))
        #expect(try await play.order("TP00000001").state == .paid)
    }

    @Test("Who comes without a bank's code chooses the bank on the gateway's page, once, and then pays")
    func choosesBank() async throws {
        let first = try await Play()
        let page = try await first.visit("TP00000001", bank: nil).text
        #expect(page.contains("请选择付款银行") && page.contains("value=\"CSCB\""))
        #expect(!page.contains(">付款</button>"))
        #expect(try await first.choose(bank: "NONE", "TP00000001").status == 400)
        #expect(try await first.choose(bank: "CSCB", "TP00000009").status == 404)
        let chosen = try await first.choose(bank: "CSCB", "TP00000001").text
        #expect(chosen.contains("长沙银行") && chosen.contains(">付款</button>"))
        let play = try await first.restarted()
        // Whoever comes back comes to the bank that was chosen, and to no other.
        #expect(try await play.visit("TP00000001", bank: nil).text.contains("长沙银行"))
        #expect(try await play.choose(bank: "ICBC", "TP00000001").text.contains("长沙银行"))
        #expect(try await play.press("pay", "TP00000001").text.contains("付款成功。"))
        #expect(try await play.order("TP00000001").state == .paid)
    }

    @Test("What the maker submits is paid only by the second person, also after a restart")
    func secondPerson() async throws {
        let first = try await Play()
        _ = try await first.visit("TP00000001")
        let page = try await first.press("submit", "TP00000001").text
        for button in ["复核放行", "退回", "放弃", "稍后"] { #expect(page.contains(">\(button)</button>")) }
        #expect(!page.contains("value=\"pay\""))
        let play = try await first.restarted()
        #expect(try await play.order("TP00000001").state == .submitted)
        #expect(try await play.ask("TP00000001").outcome == .askAgain(.accepted))
        // The maker's old page has no way round the second person.
        _ = try await play.press("pay", "TP00000001")
        #expect(try await play.order("TP00000001").state == .submitted)
        await play.pass(600)
        #expect(try await play.press("release", "TP00000001").text.contains("付款成功。"))
        let trades = await play.trades()
        #expect(trades.map(\.kind) == [.payment] && trades.first?.bookedAt == play.now)
    }

    @Test("The second person can send it back, anybody give up, and nobody pay after the time allowed")
    func otherWays() async throws {
        let play = try await Play()
        _ = try await play.visit("TP00000001")
        // There is nothing to release yet.
        _ = try await play.press("release", "TP00000001")
        #expect(try await play.order("TP00000001").state == .opened)
        _ = try await play.press("submit", "TP00000001")
        #expect(try await play.press("sendBack", "TP00000001").text.contains("value=\"pay\""))
        _ = try await play.press("submit", "TP00000001")
        #expect(try await play.press("abandon", "TP00000001").text.contains("未付款。"))
        #expect(try await play.order("TP00000001").state == .abandoned)
        _ = try await play.visit("TP00000002")
        _ = try await play.press("submit", "TP00000002")
        await play.pass(901)
        #expect(try await play.press("release", "TP00000002").text.contains("未付款。"))
        #expect(await play.trades().isEmpty)
        #expect(try await play.press("pay", "TP00000003").status == 404)
        #expect(try await play.press("other", "TP00000002").status == 400)
    }

    @Test("Whoever waits finds the payment again among those that wait")
    func waits() async throws {
        let play = try await Play()
        _ = try await play.visit("TP00000001")
        #expect(try await play.press("wait", "TP00000001").text.contains("付款尚未完成"))
        let list = try await play.sandbox.answer(.get, Play.address + "/bank/payments").text
        #expect(list.contains("待付款"))
        let match = try #require(list.firstMatch(of: #/href="(\/bank\/payments\?[^"]*)"/#))
        let address = String(match.1).replacingOccurrences(of: "&amp;", with: "&")
        let page = try await play.sandbox.answer(.get, Play.address + address).text
        #expect(page.contains("value=\"pay\""))
    }
}
