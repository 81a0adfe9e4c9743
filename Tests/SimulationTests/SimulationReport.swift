import Foundation
import Postgres

@testable import Payments
@testable import Sandbox

/// What a run has done and found.
struct SimulationReport: Sendable, CustomStringConvertible {
    let plan: Plan
    /// What the robots and the worker did.
    let counts: [String: Int]
    /// How often each fault of the plan struck.
    let faults: [String: Int]
    /// Orders and settlements by kind and state at the end.
    let orders: [String: Int]
    /// Edges of the tables that were taken, and how often.
    let edges: [String: Int]
    /// Edges of the tables that were not.
    let untaken: [String]
    /// Cases by class and end.
    let differences: [String: Int]
    /// What does not agree; empty for a good run.
    let problems: [String]

    /// How many orders were placed.
    var placed: Int { counts.filter { $0.key.hasSuffix(" placed") }.reduce(0) { $0 + $1.value } }

    /// The faults of the plan that never struck, but for those of files: of them there are few.
    var unstruck: [String] {
        Set(plan.faults.rules.map(\.fault.rawValue)).subtracting(faults.filter { $0.value > 0 }.keys)
            .filter { !$0.hasPrefix("file-") }.sorted()
    }

    /// How many workers were killed by SIGKILL with an order in their hands.
    var kills: Int { counts["worker killed", default: 0] }

    /// The run in one line.
    var summary: String {
        "seed \(plan.seed): \(plan.days) days, \(plan.companies) companies, \(placed) orders, "
            + "\(counts["worker died", default: 0] + kills) worker deaths (\(kills) by SIGKILL), "
            + "\(differences.values.reduce(0, +)) differences, \(problems.isEmpty ? "agrees" : "DOES NOT AGREE")"
    }

    var description: String {
        func lines(_ title: String, _ values: [String: Int]) -> String {
            title + "\n"
                + values.sorted { $0.key < $1.key }.map { "    \($0.key): \($0.value)" }.joined(
                    separator: "\n")
        }
        return [
            "seed \(plan.seed), \(plan.days) days, \(plan.companies) companies, \(placed) orders"
                + (plan.mutant.map { ", mutant \($0.rawValue)" } ?? ""),
            lines("done", counts), lines("faults", faults), lines("orders", orders),
            lines("cases", differences),
            lines("edges", edges), "edges never taken\n    " + untaken.joined(separator: "\n    "),
            problems.isEmpty
                ? "everything agrees"
                : "DOES NOT AGREE (seed \(plan.seed)):\n    " + problems.joined(separator: "\n    "),
        ].joined(separator: "\n")
    }
}

extension Simulation {
    /// Looks at everything there is.
    func report(isQuiet: Bool) async throws -> SimulationReport {
        func counted(_ sql: SQL) async throws -> [String: Int] {
            var result: [String: Int] = [:]
            for row in try await owner.query(sql) {
                result[try row["name"]] = Int(try row.decode("times", as: Int64.self))
            }
            return result
        }
        let steps = try await counted(
            """
            SELECT name, count(*) AS times FROM (
                SELECT o.kind || ' ' || concat_ws('/', nullif(e.from_state, ''), nullif(e.from_write_off, 'none'))
                    || ' ' || e.event || ' ' || concat_ws('/', e.to_state, nullif(e.to_write_off, 'none')) AS name
                FROM order_events e JOIN orders o ON o.id = e.order_id
                UNION ALL
                SELECT 'refund ' || from_state || ' ' || event || ' ' || to_state FROM refund_events
                UNION ALL
                SELECT 'settlement ' || from_state || ' ' || event || ' ' || to_state FROM biller_settlement_events
            ) steps GROUP BY 1
            """)
        return SimulationReport(
            plan: plan, counts: counts, faults: strikes,
            orders: try await counted(
                """
                SELECT kind || ' ' || concat_ws('/', state, nullif(write_off, 'none')) AS name, count(*) AS times
                FROM orders GROUP BY 1
                UNION ALL
                SELECT 'settlement ' || state, count(*) FROM biller_settlements GROUP BY 1
                """),
            edges: steps, untaken: Self.edges.filter { steps[$0] == nil },
            differences: try await counted(
                """
                SELECT concat_ws(' ', channel, class, state, handling) AS name, count(*) AS times
                FROM differences GROUP BY 1
                """),
            problems: try await problems(isQuiet: isQuiet))
    }

    /// The edges of money.md 2.1 to 2.4 and 2.7, as the steps above are named.
    private static let edges: [String] =
        edges(TopUpStatus.self) + edges(BillPaymentStatus.self) + edges(WithdrawalStatus.self)
        + RefundStatus.steps.map {
            "refund \($0.from?.rawValue ?? "") \($0.event.rawValue) \($0.to.rawValue)"
        }
        + BillerSettlementStatus.steps.map {
            "settlement \($0.from?.rawValue ?? "") \($0.event.rawValue) \($0.to.rawValue)"
        }

    private static func edges<Status: OrderStatus>(_ type: Status.Type) -> [String] {
        func name(_ status: Status?) -> String {
            status.map { $0.writeOff == "none" ? $0.state : "\($0.state)/\($0.writeOff)" } ?? ""
        }
        return Status.transitions.map {
            "\(Status.kind.rawValue) \(name($0.from)) \($0.event.rawValue) \(name($0.to))"
        }
    }
}
