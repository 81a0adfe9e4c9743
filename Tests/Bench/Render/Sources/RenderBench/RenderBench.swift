import Foundation
import Mustache

/// Renders one page in three ways, in interleaved passes, and prints a line of JSON for each pass: the microseconds a page
/// takes by the compiled template, by swift-mustache and by a writer by hand. All three must give the same bytes.
///
/// Arguments: the folder of templates, the number of passes.
@main
enum RenderBench {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let passes = Int(arguments[2]) else {
            throw Failure(reason: "usage: RenderBench <Templates folder> <passes>")
        }
        let page = StatementPage.sample(rows: 20)
        let name = "Bench/StatementPage"
        let library = try await MustacheLibrary(directory: arguments[1])
        let expected = page.writtenByHand()
        guard page.rendered() == expected else {
            throw Failure(reason: "the compiled template gives other bytes")
        }
        guard Array((library.render(page, withTemplate: name) ?? "").utf8) == expected else {
            throw Failure(reason: "swift-mustache gives other bytes")
        }
        // Warm.
        _ = microseconds(2000) { page.rendered().count + page.writtenByHand().count }
        for _ in 0..<passes {
            let compiled = microseconds(5000) { page.rendered().count }
            let mustache = microseconds(200) { library.render(page, withTemplate: name)?.utf8.count ?? 0 }
            let writer = microseconds(5000) { page.writtenByHand().count }
            print(
                "{\"bytes\": \(expected.count), \"compiled\": \(compiled), \"mustache\": \(mustache), \"writer\": \(writer)}"
            )
        }
    }

    /// Why there is nothing to measure.
    private struct Failure: Error, CustomStringConvertible {
        let reason: String
        var description: String { reason }
    }

    /// How long one call takes on average.
    private static func microseconds(_ count: Int, _ work: () -> Int) -> Double {
        var bytes = 0
        let duration = ContinuousClock().measure {
            for _ in 0..<count { bytes &+= work() }
        }
        // The result is used, so that the work cannot be left out.
        precondition(bytes > 0)
        return duration / .microseconds(1) / Double(count)
    }
}
