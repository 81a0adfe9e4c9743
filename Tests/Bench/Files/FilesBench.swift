import Cryptography
import Foundation
import Logging
import Payments
import Postgres
import Synchronization
import UnionPay

/// Makes the bank's file of a day, and has the portal's own code take it.
///
/// - `FilesBench make yyyy-MM-dd CSV FILE` writes the content of the bank's answer, in Base64, with a payment for each line of
///   a CSV file (serial, order, fen), and prints how many MiB of lines are in it.
/// - `FilesBench take URL KEYS yyyy-MM-dd FILE` prints the seconds of reading and staging it, of filing and of matching, and
///   the most memory that this process had, in MiB. URL is the connection string of the application's role.
@main
struct FilesBench {
    static func main() async throws {
        let arguments = CommandLine.arguments
        switch (arguments.dropFirst().first, arguments.count) {
        case ("make", 5): try make(arguments)
        case ("take", 6): try await take(arguments)
        default: throw Failure("usage: FilesBench make DAY CSV FILE | FilesBench take URL KEYS DAY FILE")
        }
    }

    private nonisolated static func day(_ text: String) throws -> LocalDate {
        guard let day = LocalDate(entered: text) else { throw Failure("\(text) is no day") }
        return day
    }

    private static func make(_ arguments: [String]) throws {
        let day = try day(arguments[2])
        guard let date = SettlementDate(year: day.year, month: day.month, day: day.day),
            let file = fopen(arguments[4], "w")
        else { throw Failure("cannot write \(arguments[4])") }
        defer { fclose(file) }
        let merchant = "777290058110097"
        let writer = try ReconciliationFileWriter(merchant: MerchantNumber(merchant), settlementDate: date) {
            guard fwrite($0, 1, $0.count, file) == $0.count else { throw Failure("the disk is full") }
        }
        let payments = try CSVLines(path: arguments[3])
        var (number, bytes) = (0, 0)
        while let (serial, order, fen) = payments.next() {
            number += 1
            let amount = SettlementAmount(.credit, fen: fen)
            let record = try ReconciliationRecord(
                tradeCode: "S22", traceNumber: String(format: "%06d", number % 1_000_000),
                transmissionTime: "0105120000", amountFen: fen, queryID: QueryID(serial), orderNumber: order,
                fee: nil, settlement: amount, net: amount, transactionType: "01", transactionSubtype: "01",
                productType: "000202", merchant: merchant, others: [.termType: "07"], line: number)
            bytes += record.raw.count
            try writer.write(record)
        }
        try writer.finish()
        print(bytes >> 20)
    }

    /// Off the main actor, to which the file's lines would otherwise belong.
    private nonisolated static func take(_ arguments: [String]) async throws {
        let day = try day(arguments[4])
        let database = Database(
            configuration: DatabaseConfiguration(
                connectionString: arguments[2], poolSize: 1, statementTimeout: .zero, applicationName: "bench"
            ),
            logger: Logger(label: "bench"))
        let times = Times()
        let platform = try platform(
            over: database, keys: URL(filePath: arguments[3]), logger: Logger(label: "bench") { _ in times })
        let content = try String(contentsOfFile: arguments[5], encoding: .utf8)
        let began = ContinuousClock.now
        let read = Mutex(began)
        let reader = try ReconciliationFileReader(fileContent: content)
        let acceptance = try await platform.bankFiles.accept(
            day, name: "bench", digest: SHA256.digest(Array(content.utf8)),
            ending: { try BankFiles.ending(of: reader) }
        ) {
            let line = try reader.next().map(BankFiles.line)
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

    func next() -> (serial: String, order: String, fen: Int64)? {
        guard fgets(&buffer, Int32(buffer.count), file) != nil else { return nil }
        let text = buffer.withUnsafeBufferPointer {
            String(decoding: $0.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        }
        let parts = text.trimmingCharacters(in: .newlines).split(separator: ",").map(String.init)
        guard parts.count == 3, let amount = Int64(parts[2]) else { return nil }
        return (parts[0], parts[1], amount)
    }
}

private struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
