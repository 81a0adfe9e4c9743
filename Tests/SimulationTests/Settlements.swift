import Foundation
import Postgres

@testable import Payments
@testable import Sandbox
@testable import Server

/// Billers are paid: put together by the worker, agreed on by the two people of the platform, sent to the bank.
extension Simulation {
    /// Gives each biller an account. The last digits decide how payouts to it go at the sandbox: of two accounts the biller
    /// has named a wrong one.
    func registerBillerAccounts() async throws {
        for (account, tail) in zip(DemoBillerAccount.all, ["7001", "0002", "0004", "0001", "0005"]) {
            try await register(account, endingIn: tail)
        }
    }

    private func register(_ account: DemoBillerAccount, endingIn tail: String) async throws {
        try await platform.billers.registerAccount(
            BankAccountNumber(entered: account.number.dropLast(4) + tail), at: "CCB",
            lineNumber: BankLineNumber(entered: "105551000012"), holderName: account.holder,
            licenceNumber: CreditCode(entered: account.licence), of: account.biller)
    }

    /// What was put together, or came to nothing at the bank, is proposed; the supervisor agrees, or gives it back once. Where
    /// the bank has refused the account, the biller names another one first.
    func settleBillers() async throws {
        guard let operations = office.operations, let supervisor = office.supervisor else { return }
        for found in try await platform.billerSettlements.waiting(within: .national).filter(\.awaitsProposal)
        {
            if found.attempt?.outcome == .refused {
                for account in DemoBillerAccount.all where account.biller == found.billerCode {
                    try await register(account, endingIn: "7002")
                }
            }
            let page = "/admin/settlements/\(found.number)"
            try await send(page, "proposal", [], by: operations)
            if office.givenBack.contains(found.number) || !random.happens(0.15) {
                try await send(page, "approval", [], by: supervisor)
                count(found.attempt == nil ? "settlement agreed" : "settlement agreed again")
            } else {
                office.givenBack.insert(found.number)
                try await send(page, "return", [("reason", "请附收费单位对账单")], by: supervisor)
                count("settlement given back")
            }
        }
    }

    /// Whether all that billers are to get has been put together, and every settlement is over.
    func areSettlementsQuiet() async throws -> Bool {
        try await owner.query(
            """
            SELECT NOT EXISTS (SELECT FROM biller_settlements WHERE state NOT IN ('paid', 'carriedForward'))
                AND NOT EXISTS (
                    SELECT FROM bill_payments b JOIN orders o ON o.id = b.order_id
                    WHERE b.agreed_on IS NOT NULL AND o.state = 'paid' AND o.write_off = 'writtenOff'
                        AND NOT EXISTS (SELECT FROM biller_settlement_lines l WHERE l.order_id = b.order_id)
                ) AS are_quiet
            """
        ).only()["are_quiet"]
    }

    // MARK: Comparison

    /// Settlements that are not over and that no person has before them.
    func openSettlements() async throws -> [String] {
        try await owner.query(
            """
            SELECT s.number || ' in ' || s.state AS subject FROM biller_settlements s
            WHERE s.state NOT IN ('paid', 'carriedForward')
                AND NOT EXISTS (SELECT FROM work_items w WHERE w.settlement_id = s.id AND w.resolved_at IS NULL)
                AND NOT EXISTS (
                    SELECT FROM biller_settlement_attempts t JOIN differences d ON d.serial = t.number
                    WHERE t.settlement_id = s.id AND d.state IN ('open', 'proposed'))
            ORDER BY 1
            """
        ).map { "a settlement has no end: \(try $0.decode("subject", as: String.self))" }
    }

    /// The settlement of each payout to a biller, by the number under which the bank knows the payout.
    func settlementsOfPayouts() async throws -> [String: String] {
        var found: [String: String] = [:]
        for row in try await owner.query(
            """
            SELECT t.number AS payout, s.number FROM biller_settlement_attempts t
            JOIN biller_settlements s ON s.id = t.settlement_id
            """)
        {
            found[try row["payout"]] = try row["number"]
        }
        return found
    }

    /// How each payout to a biller has ended is what the bank knows of it, and each biller has got what we hold for paid to it,
    /// in fen. Of what came back and is left out of the bank's file nobody can know.
    func payouts(_ bank: BankState) async throws -> [String] {
        let untold = try await untold(bank)
        let orders = Dictionary(
            bank.orders.values.map { ($0.orderId, $0) }, uniquingKeysWith: { first, _ in first })
        let trades = Dictionary(grouping: bank.trades, by: \.order.orderId)
        var found: [String] = []
        var missing: [String: Int64] = [:]
        for row in try await owner.query(
            """
            SELECT t.number, t.bank_serial, coalesce(t.outcome, '') AS outcome, s.net, s.biller_code,
                s.state = 'paid' AND t.bank_serial IS NOT NULL AND t.outcome IS NULL AS is_paid
            FROM biller_settlement_attempts t JOIN biller_settlements s ON s.id = t.settlement_id ORDER BY t.id
            """)
        {
            let (number, outcome, biller): (String, String, String) =
                (try row["number"], try row["outcome"], try row["biller_code"])
            let serial: String? = try row["bank_serial"]
            let net: Int64 = try row["net"]
            let isPaid: Bool = try row["is_paid"]
            let order = orders[number]
            let hasComeBack = order?.followUpQueryId.map { !untold.contains($0) } ?? false
            let isSame =
                switch outcome {
                case "refused": order?.state == .refused
                case "absent", "unsendable", "superseded": order == nil
                case "returned": order?.state == .paid && hasComeBack
                default:
                    serial == nil
                        || order?.state == .paid && !hasComeBack && order?.queryId == serial
                            && order?.amount == net
                }
            if !isSame {
                found.append(
                    "payout \(number): ours \(isPaid ? "paid" : outcome), at the bank \(order?.state.rawValue ?? "unknown")"
                        + (hasComeBack ? ", returned" : ""))
            }
            if isPaid { missing[biller, default: 0] += net }
            for trade in trades[number] ?? [] where !untold.contains(trade.serial) {
                // A biller whose payout comes back has nothing of it, whatever the bank keeps.
                missing[biller, default: 0] +=
                    trade.kind == .payoutReturn ? order?.amount ?? 0 : -trade.amount
            }
        }
        let known = try await settlementsOfPayouts()
        found += trades.keys.filter { $0.hasPrefix("ST") && known[$0] == nil }.sorted().map {
            "payout \($0): at the bank, not with us"
        }
        found += missing.filter { $0.value != 0 }.sorted { $0.key < $1.key }.map {
            "\($0.key) has got \(-$0.value) more than we hold for paid to it"
        }
        return found
    }
}
