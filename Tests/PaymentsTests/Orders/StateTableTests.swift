import Foundation
import Testing

@testable import Payments

@Suite("State tables in README")
struct StateTableTests {
    @Test("README shows the tables as they are in the code")
    func current() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "README.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let (start, end) = ("<!-- states -->\n", "<!-- /states -->")
        let from = try #require(text.range(of: start)?.upperBound)
        let until = try #require(text.range(of: end)?.lowerBound)
        let generated = "\n" + Self.tables + "\n"
        if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] != nil {
            try (text[..<from] + generated + text[until...]).write(
                to: file, atomically: true, encoding: .utf8)
            Issue.record("recorded; run again without RECORD_SNAPSHOTS")
        } else {
            #expect(text[from..<until] == generated)
        }
    }

    private static var tables: String {
        [
            table("Top-up 充值", TopUpStatus.self),
            table("Bill payment 缴费 (payment, write-off)", BillPaymentStatus.self),
            table("Withdrawal 提现", WithdrawalStatus.self),
            table("Opening case 开户申请", AccountOpeningState.self),
            table("Enterprise 单位", EnterpriseState.self),
            table("Registered account 提现账户", RegisteredAccountState.self),
            table(
                "Reconciliation difference 对账差异",
                DifferenceState.steps.map { ($0.from?.rawValue, $0.event.rawValue, $0.to.rawValue) }),
            table(
                "Refund 退款",
                RefundStatus.steps.map { ($0.from?.rawValue, $0.event.rawValue, $0.to.rawValue) }),
            settlementTable,
            table("Follow-up case 风险案例", FollowUpState.self),
            table("Withdrawal hold 暂缓提现", WithdrawalHold.State.self),
        ].joined(separator: "\n")
    }

    private static func table<State: Lifecycle>(_ title: String, _ type: State.Type) -> String {
        table(title, State.steps.map { ($0.from?.rawValue, $0.event.rawValue, $0.to.rawValue) })
    }

    private static func table(_ title: String, _ steps: [(from: String?, event: String, to: String)])
        -> String
    {
        var lines = ["### \(title)", "", "| from | event | to |", "|---|---|---|"]
        for step in steps { lines.append("| \(step.from ?? "–") | \(step.event) | \(step.to) |") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static var settlementTable: String {
        var lines = [
            "### Biller settlement 收费单位结算", "", "| from | event | to | posting |", "|---|---|---|---|",
        ]
        for step in BillerSettlementStatus.steps {
            let postings = step.postings.isEmpty ? "–" : step.postings
            lines.append(
                "| \(step.from?.rawValue ?? "–") | \(step.event.rawValue) | \(step.to.rawValue) | \(postings) |"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func table<Status: OrderStatus>(_ title: String, _ type: Status.Type) -> String {
        var lines = ["### \(title)", "", "| from | event | to | posting |", "|---|---|---|---|"]
        for step in Status.transitions {
            let late = step.isLate ? " (late)" : ""
            lines.append(
                "| \(step.from?.name ?? "–") | \(step.event.rawValue)\(late) | \(step.to.name) | \(step.postings) |"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
