import Cryptography
import Foundation
import Logging
import Payments
import Postgres
import Synchronization
import UnionPay

/// Has the portal's own code take the bank's file of a day, as long as the lines of a CSV file, and prints the seconds of
/// reading and staging, of filing and of matching, and the most memory that this process had, in MiB.
///
/// Arguments: connection string of the application's role, folder of the keys, day, CSV file (serial, order, fen).
@main
struct FilesBench {
    static func main() async throws { try await take(CommandLine.arguments) }

    /// Off the main actor, to which the file's lines would otherwise belong.
    private nonisolated static func take(_ arguments: [String]) async throws {
        guard arguments.count == 5, let day = LocalDate(entered: arguments[3]) else {
            throw Failure("usage: FilesBench URL KEYS yyyy-MM-dd CSV")
        }
        let database = Database(
            configuration: DatabaseConfiguration(
                connectionString: arguments[1], poolSize: 1, statementTimeout: .zero, applicationName: "bench"
            ),
            logger: Logger(label: "bench"))
        let times = Times()
        let platform = try platform(
            over: database, keys: URL(filePath: arguments[2]), logger: Logger(label: "bench") { _ in times })
        let lines = try CSVLines(path: arguments[4])
        let began = ContinuousClock.now
        let read = Mutex(began)
        let acceptance = try await platform.bankFiles.accept(
            day, name: "bench", digest: SHA256.digest(Array(arguments[4].utf8))
        ) {
            let line = lines.next()
            if line == nil { read.withLock { $0 = .now } }
            return line
        }
        guard acceptance == .accepted else { throw Failure("the file was \(acceptance)") }
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        print(
            (read.withLock(\.self) - began) / .seconds(1), times["filing"], times["matching"],
            usage.ru_maxrss / 1024)
        await database.close()
        platform.passwords.close()
    }

    /// A platform that talks to nobody: taking a file needs the database alone.
    private static func platform(over database: Database, keys folder: URL, logger: Logger) throws -> Platform
    {
        func file(_ name: String) throws -> String {
            try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        }
        let certificate = try Certificate(pem: file("merchant.cert.pem"))
        let side = MerchantSide(
            gateway: Gateway(baseURL: "http://localhost"),
            signer: try MessageSigner(
                certificate: certificate, key: PrivateKey(pem: file("merchant.key.pem"))),
            verifier: MessageVerifier(roots: [], intermediates: []), encryptionCertificate: certificate)
        return Platform(
            database: database,
            effects: Effects(
                now: { Date() }, randomBytes: { SystemRandom.bytes($0) },
                send: { _ in throw Failure("no network") }),
            keys: Keys(
                fieldEncryption: try AESGCM(key: SystemRandom.bytes(32)),
                lookup: Secret(SystemRandom.bytes(32)),
                unionPay: side, platformHTTP: try PrivateKey.generate(.ed25519),
                billerHTTP: try PrivateKey.generate(.ed25519).publicKey,
                bankHTTP: try PrivateKey.generate(.ed25519).publicKey,
                messages: MessageKeys(newest: "1", key: try AESGCM(key: SystemRandom.bytes(32)))),
            settings: PaymentSettings(
                publicAddress: "http://localhost", callbackAddress: "http://localhost",
                bankAddress: "http://localhost", merchantID: "777290058110097",
                phoneAddress: "http://localhost"),
            passwords: PasswordHasher(pepper: try Pepper(id: "1", secret: Secret(SystemRandom.bytes(32)))),
            logger: logger)
    }
}

/// Keeps what the portal logs of the times.
private final class Times: LogHandler {
    private let said = Mutex<Logger.Metadata>([:])

    subscript(name: String) -> String { said.withLock { "\($0[name] ?? "")" } }

    func log(event: LogEvent) { said.withLock { $0.merge(event.metadata ?? [:]) { $1 } } }

    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .info }
        set {}
    }
}

/// The lines of the file, read one by one.
private final class CSVLines {
    private let file: UnsafeMutablePointer<FILE>
    private var buffer = [CChar](repeating: 0, count: 256)

    init(path: String) throws {
        guard let file = fopen(path, "r") else { throw Failure("cannot read \(path)") }
        self.file = file
    }

    deinit { fclose(file) }

    func next() -> BankFiles.Line? {
        guard fgets(&buffer, Int32(buffer.count), file) != nil else { return nil }
        let text = buffer.withUnsafeBufferPointer {
            String(decoding: $0.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        }
        let parts = text.trimmingCharacters(in: .newlines).split(separator: ",").map(String.init)
        guard parts.count == 3, let amount = Int64(parts[2]) else { return nil }
        return BankFiles.Line(trade: .payment, serial: parts[0], orderNumber: parts[1], amount: amount)
    }
}

private struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
