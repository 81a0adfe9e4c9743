import Foundation
import TestDatabase

/// A server of a test's own, which can be stopped without disturbing the other tests.
struct PrivateServer {
    let folder: String

    init() async throws {
        folder =
            FileManager.default.temporaryDirectory.appending(path: "portal-\(UUID().uuidString.prefix(8))")
            .path
        try await start()
    }

    func start() async throws {
        try await Repository.runScript("postgres", "start", folder, "--fsync", "off")
    }

    func stop() async throws { try await Repository.runScript("postgres", "stop", folder) }

    func url(_ role: String) async throws -> String {
        try await Repository.runScript("postgres", "url", folder, role)
    }

    func remove() async throws {
        try await stop()
        try FileManager.default.removeItem(atPath: folder)
    }
}
