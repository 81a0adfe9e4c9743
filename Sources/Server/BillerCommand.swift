import ArgumentParser
import Foundation
import Payments

/// `portal biller`
struct BillerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "biller", abstract: "The billers that companies pay.",
        subcommands: [BillerAccountCommand.self])
}

/// `portal biller account`
struct BillerAccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "Set the account at a bank to which a biller is paid.",
        discussion: "It takes the place of the one before. Two people see it before anything is paid to it.")

    @Argument(help: "The biller's code, such as CSWATER.") var biller: String
    @Option(help: "The account's number.") var number: String
    @Option(help: "The bank's short code, such as CCB.") var bank: String
    @Option(help: "联行号 of the branch, 12 digits.") var lineNumber: String
    @Option(help: "The holder's name, as at the bank.") var holder: String
    @Option(help: "The holder's 统一社会信用代码.") var licence: String

    func run() async throws {
        let number = try BankAccountNumber(entered: number)
        let lineNumber = try BankLineNumber(entered: lineNumber)
        let licence = try CreditCode(entered: licence)
        try await Composition.run(as: "portal biller") { composition in
            try await composition.platform.billers.registerAccount(
                number, at: bank, lineNumber: lineNumber, holderName: holder, licenceNumber: licence,
                of: biller)
        }
        print("\(biller) is paid to the account \(number) from now on.")
    }
}
