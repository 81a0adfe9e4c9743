import Foundation
import TestDatabase
import Testing

@testable import Postgres

@Suite("The connection string")
struct ConnectionStringTests {
    @Test("with TLS in it is obeyed: the server's certificate is checked, and a wrong one refused")
    func obeysTLS() async throws {
        let server = try await PrivateServer()
        let certificates = try Certificates()
        let port = Int.random(in: 20_000..<30_000)
        try await server.serveTLS(port: port, certificates)
        let owner = try await server.url("owner")
        let address = try #require(owner.firstRange(of: "@/portal?host=")).lowerBound
        let base = "\(owner[..<address])@localhost:\(port)/portal?sslmode=verify-full&sslrootcert="

        func connect(_ string: String) async throws(PostgresError) -> Bool {
            let database = Database(
                configuration: DatabaseConfiguration(connectionString: string), logger: .quiet)
            let result: Result<Bool, PostgresError>
            do throws(PostgresError) {
                let sql: SQL = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
                result = .success(try await database.query(sql)[0]["ssl"])
            } catch {
                result = .failure(error)
            }
            await database.close()
            return try result.get()
        }
        let isEncrypted = try await connect(base + certificates.certificate)
        #expect(isEncrypted)
        let error = await #expect(throws: PostgresError.self) {
            _ = try await connect(base + certificates.stranger)
        }
        #expect(error?.kind == .connectionFailed)
        #expect(error?.message.contains("certificate verify failed") == true)
        try certificates.remove()
        try await server.remove()
    }

    @Test("with several hosts in it leads to the one that answers and takes writes")
    func obeysSeveralHosts() async throws {
        let server = try await PrivateServer()
        let owner = try await server.url("owner")
        let several = owner.replacing("?host=", with: "?target_session_attrs=read-write&host=/nowhere,")
        let database = Database(
            configuration: DatabaseConfiguration(connectionString: several), logger: .quiet)
        try await database.execute("CREATE TABLE things (id bigint)")

        // The server becomes read-only, as the old primary of a failover does: the pool gives its connection up.
        try await server.asSuperuser {
            try $0.executeScript(unsafeRaw: "ALTER SYSTEM SET default_transaction_read_only = on")
        }
        try await server.asSuperuser { _ = try $0.query("SELECT pg_reload_conf()") }
        let refused = await #expect(throws: PostgresError.self) {
            while true { try await database.execute("INSERT INTO things VALUES (1)") }
        }
        #expect(refused?.sqlState == "25006")
        #expect(database.metrics.open == 0)
        let nowhere = await #expect(throws: PostgresError.self) { try await database.execute("SELECT 1") }
        #expect(nowhere?.kind == .connectionFailed)
        await database.close()
        try await server.remove()
    }
}

/// A certificate for localhost that vouches for itself, and another one that has nothing to do with it.
private struct Certificates {
    let folder: URL
    var certificate: String { folder.appending(path: "server.crt").path }
    var stranger: String { folder.appending(path: "stranger.crt").path }
    var key: String { folder.appending(path: "server.key").path }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "certificates-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in ["server", "stranger"] {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                "-keyout", folder.appending(path: "\(name).key").path,
                "-out", folder.appending(path: "\(name).crt").path,
            ]
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
        }
    }

    func remove() throws { try FileManager.default.removeItem(at: folder) }
}

extension PrivateServer {
    /// Runs `body` as the superuser, whose password lies beside the others.
    fileprivate func asSuperuser(_ body: @Sendable (isolated Connection) throws -> Void) async throws {
        let password = try String(contentsOfFile: "\(folder)/superuser.password", encoding: .utf8)
        let socket = try String(contentsOfFile: "\(folder)/cluster-path", encoding: .utf8) + "/socket"
        let string = "postgresql://postgres:\(password)@/postgres?host=\(socket)"
        let connection = try await Connection.open(
            DatabaseConfiguration(connectionString: string), logger: .quiet)
        do {
            try await body(connection)
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Lets the server listen on localhost with TLS.
    fileprivate func serveTLS(port: Int, _ certificates: Certificates) async throws {
        let key = try String(contentsOfFile: certificates.key, encoding: .utf8)
        let certificate = try String(contentsOfFile: certificates.certificate, encoding: .utf8)
        try await asSuperuser { connection in
            // Written by the server itself, so that the files are its own; it wants its key for nobody else's eyes.
            for (name, text) in [("test.key", key), ("test.crt", certificate)] {
                try connection.executeScript(
                    unsafeRaw:
                        "COPY (SELECT line FROM unnest(string_to_array('\(text)', E'\\n')) AS line) TO '/\(name)'"
                        .replacing("TO '/", with: "TO '\(try connection.dataFolder())/"))
                try FileManager.default.setAttributes(
                    [.posixPermissions: 0o600], ofItemAtPath: "\(try connection.dataFolder())/\(name)")
            }
            for setting in [
                "listen_addresses = 'localhost'", "port = \(port)", "ssl = on", "ssl_cert_file = 'test.crt'",
                "ssl_key_file = 'test.key'",
            ] {
                try connection.executeScript(unsafeRaw: "ALTER SYSTEM SET \(setting)")
            }
        }
        try await stop()
        try await start()
    }
}

extension Connection {
    /// Where the server keeps its files.
    fileprivate func dataFolder() throws -> String {
        try query("SELECT current_setting('data_directory') AS folder")[0]["folder"]
    }
}
