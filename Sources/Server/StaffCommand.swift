import ArgumentParser
import Foundation
import Payments

/// `portal staff`
struct StaffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "staff", abstract: "The staff who may sign in at /admin.",
        subcommands: [StaffAdd.self, StaffDisable.self])
}

/// `portal staff add`
struct StaffAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a member of staff; prints the first password, once.",
        discussion: "The password has to be changed at the first sign-in.")

    @Option(help: "工号, such as A1001.") var number: String
    @Option(help: "The person's name.") var name: String
    @Option(help: "account_manager, supervisor, operations or auditor.") var role: String
    @Option(help: "The person's mobile number; two logins with one number count as one person.") var mobile:
        String
    @Option(help: "national, province:CODE or city:CODE (GB/T 2260).") var region = "national"

    func run() async throws {
        guard let role = StaffRole(rawValue: role) else {
            throw ValidationError("--role is account_manager, supervisor, operations or auditor")
        }
        let parts = region.split(separator: ":").map(String.init)
        let region: Region
        switch (parts.first, parts.count) {
        case ("national", 1): region = .national
        case ("province", 2): region = .province(parts[1])
        case ("city", 2): region = .city(parts[1])
        default: throw ValidationError("--region is national, province:CODE or city:CODE")
        }
        let added = try await Composition.run(as: "portal staff") { composition in
            try await composition.platform.staff.add(
                number: number, name: name, role: role, region: region, mobile: mobile,
                at: composition.clock.now())
        }
        print("\(number)\t\(added.password.revealed)")
    }
}

/// `portal staff disable`
struct StaffDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "End the sessions of a member of staff and bar further sign-ins.")

    @Argument(help: "工号, such as A1001.") var number: String

    func run() async throws {
        try await Composition.run(as: "portal staff") { composition in
            try await composition.platform.staff.disable(number: number, at: composition.clock.now())
        }
        print("\(number) is disabled.")
    }
}
