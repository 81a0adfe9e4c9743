import Foundation
import TestDatabase
import Testing

/// Time is injected, so that schedules, limits, sessions and working days can be tried under a moved clock.
@Suite("The clock")
struct ClockTests {
    @Test(
        "No business SQL, migration or rule reads the time by itself",
        arguments: ["Migrations", "Sources/Payments", "Sources/Portal"])
    func injected(folder: String) throws {
        let clocks =
            #/\b(now\(\)|Date\(\)|Date\.now\b|current_(date|time|timestamp)\b|(clock|statement|transaction)_timestamp\b)/#
            .ignoresCase()
        let root = Repository.root.appending(path: folder)
        let files = try FileManager.default.subpathsOfDirectory(atPath: root.path)
            .filter { $0.hasSuffix(".swift") || $0.hasSuffix(".sql") }
        #expect(files.count > 10)
        for file in files {
            let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
            for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                // Ours is a closure that is called as `effects.now()`.
                let code = line.replacing("effects.now()", with: "").replacing("--", with: "//")
                    .split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
                #expect(code.firstMatch(of: clocks) == nil, "\(folder)/\(file):\(number + 1): \(line)")
            }
        }
    }
}
