import ArgumentParser

/// `portal seed`
struct Seed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fill an empty database with demo data, by the ordinary commands under a moved clock.")

    @Flag(help: "Confirm that this database is for demonstration.") var demo = false
    @Option(help: "Where to write the logins, readable for the owner only.") var logins =
        ".run/demo-logins.json"
    @Option(help: "How many days of history the first company gets.") var days = 31

    func run() async throws {
        guard demo else { throw ValidationError("seed works with --demo only") }
        try await Composition.run(as: "portal seed") { composition in
            let seed = DemoSeed(composition: composition, days: days)
            if try await seed.isNeeded() {
                try await seed.run(writingLoginsTo: logins)
            } else {
                print("The database is not empty; nothing was seeded.")
            }
        }
    }
}
