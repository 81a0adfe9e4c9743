import Foundation

/// The checkout the tests run in.
public enum Repository {
    /// The folder of `Package.swift`, `Migrations`, `Templates` and `Scripts`.
    public static let root: URL = {
        // This file lies in Tests/TestDatabase.
        URL(filePath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }()

    /// Runs a file of `Scripts/` and gives what it printed, without the last line's end.
    ///
    /// - Throws: `TestDatabaseError.noServer` with the script's own sentence when it fails.
    @discardableResult
    public static func runScript(_ name: String, _ arguments: String...) async throws -> String {
        let script = root.appending(path: "Scripts/\(name)")
        return try await withCheckedThrowingContinuation { continuation in
            // Waiting for a process blocks, and the tests beside this one need the shared threads.
            Thread.detachNewThread {
                continuation.resume(with: Result { try run(script, arguments) })
            }
        }
    }

    private static func run(_ script: URL, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = script
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        do {
            try process.run()
        } catch {
            throw TestDatabaseError.noServer("\(script.path) cannot be run: \(error)")
        }
        let printed = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw TestDatabaseError.noServer(complaint.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        return printed.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
