import Foundation
import Testing

/// Runs go on side by side, as many as the machine has cores: each keeps about one busy, by turns here and in the database.
struct Lanes: SuiteTrait, TestTrait, TestScoping {
    private static let all = Places(ProcessInfo.processInfo.activeProcessorCount)

    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        // Of a test with several cases each case has a place, and not the test around them.
        guard testCase != nil else { return try await function() }
        await Self.all.take()
        do {
            try await function()
        } catch {
            await Self.all.giveBack()
            throw error
        }
        await Self.all.giveBack()
    }

    /// So many at once; who comes later waits.
    private actor Places {
        private var free: Int
        private var waiting: [CheckedContinuation<Void, Never>] = []

        init(_ count: Int) { free = max(1, count) }

        func take() async {
            if free > 0 {
                free -= 1
            } else {
                await withCheckedContinuation { waiting.append($0) }
            }
        }

        func giveBack() {
            if waiting.isEmpty {
                free += 1
            } else {
                waiting.removeFirst().resume()
            }
        }
    }
}
