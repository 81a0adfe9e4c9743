import Foundation
import Testing

@testable import Sandbox

/// `Scripts/simulate` runs this suite with its own settings; without them it plays three days.
@Suite("A month with everything going wrong", Lanes())
struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment

    private static func number(_ name: String, or standard: Int) -> Int {
        environment["SIMULATE_\(name)"].flatMap(Int.init) ?? standard
    }

    /// The seeds asked for: `7`, or `1-20`.
    private static let seeds: [UInt64] = {
        let ends = (environment["SIMULATE_SEEDS"] ?? "1").split(separator: "-").compactMap { UInt64($0) }
        guard let first = ends.first, let last = ends.last, first <= last else { return [] }
        return Array(first...last)
    }()

    private static func plan(seed: UInt64) -> Plan {
        Plan(
            seed: seed, days: number("DAYS", or: 3), companies: number("COMPANIES", or: 6),
            orders: number("ORDERS", or: 40))
    }

    @Test("Books, orders and cases agree with bank and billers in the end", arguments: seeds)
    func agrees(seed: UInt64) async throws {
        let report = try await Simulation.run(Self.plan(seed: seed))
        print("\(report)\n\(report.summary)")
        fflush(nil)
        #expect(report.problems == [], "seed \(seed)")
        // Some of what clerks set out to do comes to nothing: no bill, a short balance.
        #expect(report.placed * 11 >= report.plan.orders * 10, "seed \(seed)")
        if report.plan.days >= 30 { #expect(report.unstruck == [], "seed \(seed)") }
        if report.plan.kills { #expect(report.kills > 0, "no worker was killed over an order, seed \(seed)") }
    }

    @Test(
        "The same seed makes the same run, with kills and without",
        .enabled(if: environment["SIMULATE_SEEDS"] == nil), arguments: [1, 2] as [UInt64])
    func repeats(seed: UInt64) async throws {
        let plan = Plan(seed: seed, days: 3, companies: 6, orders: 50)
        let first = try await Simulation.run(plan)
        let second = try await Simulation.run(plan)
        #expect("\(first)" == "\(second)")
    }

    @Test(
        "A mutant is caught", .enabled(if: environment["SIMULATE_MUTANTS"] != nil), arguments: Mutant.allCases
    )
    func catches(mutant: Mutant) async throws {
        let report = try await Simulation.run(Self.mutantPlan(mutant))
        let catchers = report.problems.filter { $0.hasPrefix(mutant.isCaughtBy) }
        print("mutant \(mutant.rawValue): \(catchers.first ?? "NOT CAUGHT: \(report)")")
        #expect(!catchers.isEmpty)
    }

    @Test("Without a mutant the same run agrees", .enabled(if: environment["SIMULATE_MUTANTS"] != nil))
    func control() async throws {
        let report = try await Simulation.run(Self.mutantPlan(nil))
        #expect(report.problems == [])
    }

    private static func mutantPlan(_ mutant: Mutant?) -> Plan {
        var plan = Plan(seed: 5, days: 5, companies: 8, orders: 80)
        plan.faults = .forMutants(seed: 5, isPaidTwice: mutant == .refundCapUnchecked)
        plan.kills = false
        plan.mutant = mutant
        return plan
    }
}
