import Cryptography
import Foundation
import Hummingbird
import Logging
import Portal
import Postgres
import Synchronization
import TestDatabase

@testable import Payments
@testable import Sandbox
@testable import Server

/// What is to be played.
struct Plan: Sendable {
    /// Decides everything that chance decides.
    var seed: UInt64
    var days: Int
    var companies: Int
    /// How many orders the clerks set out to place.
    var orders: Int
    /// What goes wrong, with the seed of the run.
    var faults: FaultPlan
    /// Whether some of the worker's deaths are a SIGKILL of a process of its own.
    var kills: Bool
    var mutant: Mutant?

    /// Everything goes wrong that can; the days lie across a holiday or the turn of the year. The first of every four seeds
    /// has kills: 1, 5, 9 and so on.
    init(seed: UInt64, days: Int, companies: Int, orders: Int) {
        self.seed = seed
        self.days = days
        self.companies = companies
        self.orders = orders
        faults = .everything(seed: Int64(seed))
        kills = seed % 4 == 1
    }

    /// The morning of the first day: before New Year, the Spring Festival with its two make-up days, Labour Day, or the
    /// Mid-Autumn Festival, which the National Day follows.
    var start: Date {
        let mornings = ["2026-12-26", "2026-02-10", "2026-04-28", "2026-09-18"]
        let text = mornings[Int(seed % UInt64(mornings.count))]
        return LocalDate(entered: text)?.start.addingTimeInterval(8 * 3600) ?? .distantPast
    }
}

/// A month of the portal's life under a virtual clock: robot clerks and staff use the real pages, the real worker does
/// what is due on a real database, and the sandbox is everything outside, with everything going wrong.
actor Simulation {
    let plan: Plan
    let clock: VirtualClock
    let world: World
    let platform: Platform
    let owner: Database
    let application: Application<RouterResponder<PortalContext>>
    private let test: TestDatabase
    private let deaths: Deaths
    private var worker: Worker
    private var agenda = RobotAgenda()
    var random: SeededRandom
    var companies: [Company] = []
    var office = Office()
    /// What was done, by its name.
    private(set) var counts: [String: Int] = [:]
    /// How often each fault struck.
    private(set) var strikes: [String: Int] = [:]

    /// Plays a plan on a database of its own, and looks at what came of it.
    static func run(_ plan: Plan) async throws -> SimulationReport {
        try await TestDatabase.with { test in
            let clock = VirtualClock(plan.start)
            let world = try await World(
                at: clock, keys: SimulationKeys.folder.get(), faults: plan.faults,
                misreading: plan.mutant?.misreading)
            let simulation = try await Simulation(plan, clock: clock, world: world, on: test)
            do {
                let report = try await simulation.play()
                await simulation.close()
                return report
            } catch {
                await simulation.close()
                throw error
            }
        }
    }

    private init(_ plan: Plan, clock: VirtualClock, world: World, on test: TestDatabase) async throws {
        self.plan = plan
        self.clock = clock
        self.world = world
        self.test = test
        random = SeededRandom(seed: plan.seed)
        owner = test.open(.owner, poolSize: 1)
        deaths = Deaths(kills: plan.kills)
        let bytes = SeededBytes(seed: plan.seed)
        platform = try Self.platform(
            over: test.open(.app, poolSize: 2),
            Effects(now: { clock.now }, randomBytes: { bytes.bytes($0) }, send: { try await world.send($0) }),
            keys: SimulationKeys.folder.get())
        let portal = try Portal(
            platform: platform,
            settings: PortalSettings(
                publicAddress: Self.address, bankOrigin: World.address,
                publicFolder: Repository.root.appending(path: "Public").path))
        application = portal.application()
        worker = Self.worker(of: platform, on: test, deaths: deaths, world: world)
        let visitor = Visitor(application)
        world.notify { try await visitor.deliver($0.contentType, $0.body) }
    }

    private static let address = "https://portal.example"
    /// How connections of workers are known to the database.
    static let workerName = "simulation worker"
    static let silentLogger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }

    /// The platform as it is in all processes of a run; whatever chance decides comes by `effects`.
    static func platform(over database: Database, _ effects: Effects, keys folder: URL) throws -> Platform {
        let settings = PaymentSettings(
            publicAddress: address, callbackAddress: address, bankAddress: World.address,
            merchantID: World.merchantNumber, phoneAddress: World.address, topUpLifetimeSeconds: 26 * 3600)
        let (keys, pepper) = try KeyFiles(folder: folder).read(settings)
        return Platform(
            database: database, effects: effects, keys: keys, settings: settings,
            passwords: PasswordHasher(parameters: .least, pepper: pepper), logger: silentLogger)
    }

    private func close() async {
        await worker.platform.database.close()
        await platform.database.close()
        await owner.close()
        platform.passwords.close()
    }

    func count(_ name: String, _ times: Int = 1) { counts[name, default: 0] += times }

    // MARK: The run

    private func play() async throws -> SimulationReport {
        try await open()
        try await plan.mutant?.enter(owner)
        try await breakConnections()
        deaths.begin()
        schedule()
        let lastDay = plan.start.addingTimeInterval(Double(plan.days) * 86_400)
        try await live(until: lastDay, atMost: 300)
        strikes = try await world.liftFaults()
        let isQuiet = try await settle()
        return try await report(isQuiet: isQuiet)
    }

    /// Lets time pass until nothing is left to be done; gives up after a month.
    private func settle() async throws -> Bool {
        for _ in 0..<120 {
            try await live(until: clock.now.addingTimeInterval(6 * 3600), atMost: 1800)
            if try await isQuiet() { return true }
        }
        return false
    }

    /// Lets time pass and does what becomes due: at the bank, in the worker, by the robots.
    private func live(until end: Date, atMost step: Double) async throws {
        while clock.now < end {
            let wanted = min(end, agenda.next ?? end)
            var next = min(wanted, clock.now.addingTimeInterval(step))
            if let due = try await nextJob() {
                // Not to the second: what is due within some seconds of each other is done together.
                next = min(next, max(due, clock.now.addingTimeInterval(20)))
            }
            clock.move(to: next)
            await world.sandbox.advance()
            try await work()
            while let action = agenda.takeDue(by: clock.now) {
                try await perform(action)
                try await work()
            }
        }
    }

    func plan(_ action: RobotAction, at moment: Date) { agenda.add(action, at: max(moment, clock.now)) }

    private func nextJob() async throws -> Date? {
        // What looks around every minute is done with whatever else is due, and does not set the pace.
        try await owner.query(
            """
            SELECT min(greatest(due_at, coalesce(leased_until, due_at))) AS due FROM jobs WHERE kind <> 'monitoring'
            """
        )
        .only().decode("due", as: Date?.self)
    }

    // MARK: The worker

    /// Has the worker do what is due. When it dies over it, another one starts.
    private func work() async throws {
        try await kill()
        do {
            try await worker.runDue()
        } catch {
            guard deaths.takeBody() else { throw error }
            count("worker died")
            worker = Self.worker(of: platform, on: test, deaths: deaths, world: world)
        }
    }

    /// A worker as a process of its own would be: its connections die with it. It does one job at a time, so that the
    /// same seed makes the same run.
    private static func worker(of platform: Platform, on test: TestDatabase, deaths: Deaths, world: World)
        -> Worker
    {
        var configuration = test.configuration(.app, poolSize: 1)
        configuration.applicationName = workerName
        let database = Database(configuration: configuration, logger: platform.logger)
        var effects = platform.effects
        effects.send = { call in
            switch deaths.step() {
            case nil: return try await world.send(call)
            case .beforeCall: break
            case .afterCall: _ = try? await world.send(call)
            }
            await database.close()
            throw Deaths.Died()
        }
        return Worker(
            platform: Platform(
                database: database, effects: effects, keys: platform.keys, settings: platform.settings,
                passwords: platform.passwords, logger: platform.logger), concurrency: 1)
    }

    /// Where a death by SIGKILL is due and an order waits for a worker: has one in a process of its own do what is due, and be
    /// killed over it.
    private func kill() async throws {
        guard deaths.isKillDue else { return }
        let before = try await orderJobs()
        guard before.due > 0, let death = deaths.takeKill() else { return }
        let (database, keys, moment) = (test.appConnectionString, try SimulationKeys.folder.get(), clock.now)
        let (seed, calls) = (random.next(), Int.random(in: 1...min(3, Int(before.due)), using: &random))
        try await world.serve { port in
            await DoomedWorker.live(
                DoomedWorker(
                    database: database, keys: keys, moment: moment, port: port, seed: seed, calls: calls,
                    death: death))
        }
        // Whoever dies over an order has it in its hands until the lease ends.
        count(try await orderJobs().taken > before.taken ? "worker killed" : "worker killed between orders")
    }

    /// How many jobs of orders, refunds and settlements wait for a worker, and how many a worker has taken.
    private func orderJobs() async throws -> (due: Int64, taken: Int64) {
        let now = clock.now
        let row = try await owner.query(
            """
            SELECT count(*) FILTER (WHERE leased_until > \(now)) AS taken,
                count(*) FILTER (WHERE due_at <= \(now) AND coalesce(leased_until <= \(now), true)) AS due
            FROM jobs WHERE kind IN ('topUp', 'billPayment', 'withdrawal', 'refund')
                OR kind = 'billerSettlement' AND subject_id <> 0
            """
        ).only()
        return (try row["due"], try row["taken"])
    }

    /// Every fiftieth commit of a step of an order or settlement by the worker is lost with its connection: at the very end of the
    /// transaction, where it hurts most.
    private func breakConnections() async throws {
        try await owner.transaction { connection in
            try connection.executeScript(
                unsafeRaw: """
                    CREATE SEQUENCE simulation_steps;
                    GRANT USAGE ON SEQUENCE simulation_steps TO portal_app;
                    CREATE FUNCTION simulation_break() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN
                        IF current_setting('application_name') = 'simulation worker'
                            AND nextval('simulation_steps') % 50 = 0
                        THEN
                            PERFORM pg_terminate_backend(pg_backend_pid());
                            PERFORM pg_sleep(60);
                        END IF;
                        RETURN NULL;
                    END;
                    $$;
                    CREATE CONSTRAINT TRIGGER simulation_break AFTER INSERT ON order_events
                        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION simulation_break();
                    CREATE CONSTRAINT TRIGGER simulation_break AFTER INSERT ON biller_settlement_events
                        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION simulation_break();
                    """)
        }
    }
}

/// When the worker dies: at every fiftieth call to the outside, by turns before the call has left and after its answer
/// has come. With kills, the first of every three deaths is not that of a worker within this process: it waits for one in a
/// process of its own.
final class Deaths: Sendable {
    enum Moment: String, Codable, Sendable { case beforeCall, afterCall }
    struct Died: Error {}

    private struct State {
        var isRunning = false
        var steps = 0
        var hasBody = false
        var kill: Moment?
    }
    private let kills: Bool
    private let state = Mutex(State())

    init(kills: Bool) { self.kills = kills }

    func begin() { state.withLock { $0.isRunning = true } }

    /// Counts a call; says whether the worker dies over it.
    func step() -> Moment? {
        state.withLock { state in
            guard state.isRunning else { return nil }
            state.steps += 1
            let (death, rest) = state.steps.quotientAndRemainder(dividingBy: 50)
            guard rest == 0 else { return nil }
            let moment: Moment = death.isMultiple(of: 2) ? .afterCall : .beforeCall
            if kills, death % 3 == 1 {
                state.kill = moment
                return nil
            }
            state.hasBody = true
            return moment
        }
    }

    /// Whether a worker has died since this was asked last.
    func takeBody() -> Bool {
        state.withLock { state in
            defer { state.hasBody = false }
            return state.hasBody
        }
    }

    /// Whether a worker in a process of its own is to die.
    var isKillDue: Bool { state.withLock { $0.kill != nil } }

    /// When it dies, if one is to; from then on it is done.
    func takeKill() -> Moment? {
        state.withLock { state in
            defer { state.kill = nil }
            return state.kill
        }
    }
}

/// The keys of both sides, made once for all runs of this process.
enum SimulationKeys {
    static let folder = Result {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "simulation-keys-\(UUID().uuidString)")
        _ = try SandboxKeys(folder: folder, merchantNumber: World.merchantNumber)
        for (place, name) in ["field-encryption.key", "lookup.key", "pepper.key", "bank-messages-1.key"]
            .enumerated()
        {
            try Base64.encode([UInt8](repeating: UInt8(place + 1), count: 32))
                .write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
        }
        return folder
    }
}
