import Foundation
import Postgres

/// The accounts of billers at banks.
extension Billers {
    /// Puts a biller's account into force; the one before it stays as history. Its number is sealed for its row. What is
    /// being paid goes where it was going; two people see the new account before anything goes there.
    ///
    /// - Parameter licenceNumber: the holder's unified social credit code.
    public func registerAccount(
        _ number: BankAccountNumber, at bankCode: String, lineNumber: BankLineNumber, holderName: String,
        licenceNumber: CreditCode, of biller: String
    ) async throws {
        guard !holderName.trimmed.isEmpty else { throw BillerAccountError.holderMissing }
        let moment = platform.effects.now()
        let keys = platform.keys
        try await platform.database.transaction { connection in
            let id: Int64 = try connection.query(
                "SELECT nextval('biller_accounts_id_seq') AS id"
            ).only()["id"]
            try connection.execute(
                """
                INSERT INTO biller_accounts (
                    id, biller_code, bank_code, line_number, account_number_sealed, account_number_tail,
                    account_number_digest, holder_name, licence_number, registered_at
                ) OVERRIDING SYSTEM VALUE VALUES (
                    \(id), \(biller), \(bankCode), \(lineNumber.text),
                    \(try keys.seal(number.text, for: .billerAccountNumber(id))), \(number.tail),
                    \(keys.digest(of: number)), \(holderName.trimmed), \(licenceNumber.text), \(moment)
                )
                """)
            try Audit.record(
                .billerAccountRegistered, subject: "biller \(biller)", by: .system,
                detail: "account \(number)", from: .commandLine, at: moment, on: connection)
        }
    }
}

/// Why a biller's account was not registered.
public enum BillerAccountError: Error {
    /// Nobody's name was given.
    case holderMissing
}
