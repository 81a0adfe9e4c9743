import Testing

@testable import Sandbox

@Suite("The summary of the bank's file, from the bank's book to ours")
struct FileSummaryTests {
    @Test(
        "A file that lacks lines which its summary counts is not taken; the whole one is, and nothing differs"
    )
    func halfFiles() async throws {
        var plan = Plan(seed: 3, days: 2, companies: 4, orders: 20)
        plan.faults = FaultPlan(seed: 3, rules: [FaultPlan.Rule(fault: .fileHalfLines)])
        let report = try await Simulation.run(plan)
        #expect(report.faults["file-half-lines", default: 0] > 0)
        #expect(report.differences == [:], "a line that was left out would be a case")
        #expect(report.problems == [])
    }
}
