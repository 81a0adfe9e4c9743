import Cryptography
import Foundation
import Postgres

/// Why a payment was not authorised.
public enum PaymentAuthorizationError: Error, Hashable, Sendable {
    /// The number or login ID is not the payer's own, or the payment password is wrong: which of them is
    /// not said.
    case refused(triesLeft: Int)
    /// Too many failures within a rolling day: paying is locked until then, signing in and looking are not.
    case locked(until: Date)
    /// Too many passwords are being checked already; try again shortly.
    case busy
}

/// Proof that an operator has just given the payment password. Only ``PaymentAuthorization`` makes it, so a
/// command that asks for it cannot be called without.
public struct AuthorizedPayment: Sendable {
    /// Who authorised.
    public let operatorID: Operator.ID
    /// Whose money it is.
    public let enterpriseID: Enterprise.ID
    /// When.
    public let at: Date
}

/// The payment password (支付密码): a hash and a counter of failures of its own, apart from signing in.
public struct PaymentAuthorization: Sendable {
    let platform: Platform
    let settings: AccessSettings

    /// Checks merchant number (or login ID) and payment password of the signed-in operator.
    ///
    /// Another company's number, a stranger's login ID and a wrong password are one failure with one
    /// answer. The count of failures is looked at before the password is checked, and again by ``pass(_:or:)``, so
    /// that guesses sent at the same moment gain nothing but the few that are being hashed just then.
    ///
    /// - Parameters:
    ///   - payer: what was typed as 商户编号 / 登录ID; nil where the form asks for the password alone.
    ///   - operatorID: from the session.
    /// - Throws: ``PaymentAuthorizationError``.
    public func check(
        payer: String?, password: String, by operatorID: Operator.ID, from origin: Origin, at moment: Date
    ) async throws -> AuthorizedPayment {
        guard let stored = try await load(operatorID, at: moment) else {
            throw PaymentAuthorizationError.refused(triesLeft: 0)
        }
        if let until = lockEnd(stored.failures) { throw PaymentAuthorizationError.locked(until: until) }
        let password = PasswordRules.normalized(password)
        let typed = payer.map(LoginID.normalized)
        let isOwn = typed.map { $0 == stored.loginID || $0 == stored.merchantNumber.lowercased() } ?? true
        let verdict: PasswordVerdict
        do {
            verdict =
                PasswordRules.isHashable(password)
                ? try await platform.passwords.verify(password, against: stored.password) : .differs
        } catch PasswordHasherError.busy {
            throw PaymentAuthorizationError.busy
        }
        guard case .matches(let needsRehash) = verdict, isOwn else {
            throw try await fail(operatorID, from: origin, at: moment)
        }
        if needsRehash, let old = stored.password { try await renew(password, old: old, of: operatorID) }
        return AuthorizedPayment(operatorID: operatorID, enterpriseID: stored.enterpriseID, at: moment)
    }

    /// The columns of the last gate, read by the claim of the command inside the transaction that sets the money aside.
    func gate(of payment: AuthorizedPayment) -> SQL {
        """
        (SELECT state FROM enterprises WHERE id = \(payment.enterpriseID)) AS state,
        ARRAY(\(fragment: newestFailures(of: payment.operatorID, at: payment.at))) AS failures
        """
    }

    /// The last gate: the enterprise may pay, and no failures too many have come meanwhile.
    ///
    /// - Parameters:
    ///   - row: with the columns of ``gate(of:)``.
    ///   - inactive: what to throw where the enterprise may not pay.
    /// - Throws: ``PaymentAuthorizationError/locked(until:)``.
    func pass(_ row: Row, or inactive: some Error) throws {
        guard let state: String = try row["state"], EnterpriseState(rawValue: state)?.paysMoney == true
        else { throw inactive }
        if let until = lockEnd(try row["failures"]) { throw PaymentAuthorizationError.locked(until: until) }
    }

    /// How many more failures lock paying, and until when it is locked already; for the security of the
    /// page only.
    public func lockedUntil(_ operatorID: Operator.ID, at moment: Date) async throws -> Date? {
        lockEnd(try await failures(of: operatorID, at: moment))
    }

    private struct Stored: Sendable {
        let password: String?
        let loginID: String
        let merchantNumber: String
        let enterpriseID: Enterprise.ID
        let failures: [Date]
    }

    private func load(_ operatorID: Operator.ID, at moment: Date) async throws -> Stored? {
        try await platform.database.query(
            """
            SELECT operators.payment_password, operators.login_id, enterprises.id AS enterprise_id,
                enterprises.merchant_number,
                ARRAY(\(fragment: newestFailures(of: operatorID, at: moment))) AS failures
            FROM operators JOIN enterprises ON enterprises.id = operators.enterprise_id
            WHERE operators.id = \(operatorID) AND operators.state = 'active'
            """
        ).first.map { row in
            Stored(
                password: try row["payment_password"], loginID: try row["login_id"],
                merchantNumber: try row["merchant_number"], enterpriseID: try row["enterprise_id"],
                failures: try row["failures"])
        }
    }

    private func failures(of operatorID: Operator.ID, at moment: Date) async throws -> [Date] {
        try await platform.database.query(newestFailures(of: operatorID, at: moment)).map { try $0["at"] }
    }

    /// The newest failures of the rolling day, as many as lock.
    private func newestFailures(of operatorID: Operator.ID, at moment: Date) -> SQL {
        """
        SELECT at FROM payment_password_failures
        WHERE operator_id = \(operatorID) AND at > \(moment.addingTimeInterval(-settings.paymentWindowSeconds))
        ORDER BY at DESC LIMIT \(settings.paymentTries)
        """
    }

    /// The lock ends when the oldest of the failures that make it up is a day old.
    private func lockEnd(_ failures: [Date]) -> Date? {
        guard failures.count >= settings.paymentTries else { return nil }
        return failures.min()?.addingTimeInterval(settings.paymentWindowSeconds)
    }

    /// Counts a failure, one after the other for one operator, and gives the error to throw.
    private func fail(
        _ operatorID: Operator.ID, from origin: Origin, at moment: Date
    ) async throws -> PaymentAuthorizationError {
        try await platform.database.transaction { connection in
            _ = try connection.query(
                "SELECT 1 AS one FROM operators WHERE id = \(operatorID) FOR NO KEY UPDATE")
            var failures: [Date] = try connection.query(newestFailures(of: operatorID, at: moment))
                .map { try $0["at"] }
            if let until = lockEnd(failures) { return .locked(until: until) }
            try connection.execute(
                "INSERT INTO payment_password_failures (operator_id, at) VALUES (\(operatorID), \(moment))")
            failures.append(moment)
            let until = lockEnd(failures)
            try Audit.record(
                until == nil ? .paymentPasswordRefused : .paymentPasswordLocked, subject: "payment password",
                by: .operator(operatorID), isAllowed: false, from: origin, at: moment, on: connection)
            if let until { return .locked(until: until) }
            return .refused(triesLeft: settings.paymentTries - failures.count)
        }
    }

    /// Stores the password under today's cost, unless it was changed in between.
    private func renew(_ password: String, old: String, of operatorID: Operator.ID) async throws {
        let hash = try await platform.passwords.hash(password)
        try await platform.database.execute(
            """
            UPDATE operators SET payment_password = \(hash)
            WHERE id = \(operatorID) AND payment_password = \(old)
            """)
    }
}

extension Platform {
    /// The payment password.
    public var paymentAuthorization: PaymentAuthorization {
        PaymentAuthorization(platform: self, settings: settings.access)
    }
}
