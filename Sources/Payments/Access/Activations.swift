import Cryptography
import Foundation
import Postgres

/// An activation that can be done now: what the page shows.
public struct Activation: Sendable {
    /// 单位名称.
    public let enterpriseName: String
    /// The person's name.
    public let operatorName: String
    /// 登录ID.
    public let loginID: String
    /// When the link ends.
    public let expiresAt: Date
}

/// Why an activation was not done.
public enum ActivationError: Error, Hashable, Sendable {
    /// The link is unknown, was used, was replaced or has run out: which of them is not said.
    case linkInvalid
    /// A password was not taken; both faults at once.
    case faults(login: PasswordFault?, payment: PasswordFault?)
    /// Too many passwords are being hashed already; try again shortly.
    case busy
}

/// First activation: an operator sets both passwords by a one-time link. The link goes to the operator's
/// phone and nowhere else; the database has its hash only.
public struct Activations: Sendable {
    let platform: Platform
    let settings: AccessSettings

    /// Where the portal serves the page of a link, before the token.
    public static let pathPrefix = "/activation/"

    /// What the page of this link shows, or nil when the link cannot be used.
    public func find(token: String, at moment: Date) async throws -> Activation? {
        try await load(token: token, at: moment).map { found in
            Activation(
                enterpriseName: found.enterpriseName, operatorName: found.operatorName,
                loginID: found.loginID,
                expiresAt: found.expiresAt)
        }
    }

    /// Sets both passwords and makes operator and enterprise active, in one transaction.
    ///
    /// - Throws: ``ActivationError``.
    public func activate(
        token: String, loginPassword: String, paymentPassword: String, from origin: Origin, at moment: Date
    ) async throws {
        guard let found = try await load(token: token, at: moment) else { throw ActivationError.linkInvalid }
        let login = PasswordRules.normalized(loginPassword)
        let payment = PasswordRules.normalized(paymentPassword)
        let rules = PasswordRules(ownData: found.ownData)
        let loginFault = rules.fault(of: login)
        let paymentFault = rules.fault(of: payment) ?? (payment == login ? .sameAsOther : nil)
        guard loginFault == nil, paymentFault == nil else {
            throw ActivationError.faults(login: loginFault, payment: paymentFault)
        }
        let loginHash: String
        let paymentHash: String
        do {
            loginHash = try await platform.passwords.hash(login)
            // The rule that counts is about what is stored, so the stored form is asked as well.
            guard try await platform.passwords.verify(payment, against: loginHash) == .differs else {
                throw ActivationError.faults(login: nil, payment: .sameAsOther)
            }
            paymentHash = try await platform.passwords.hash(payment)
        } catch PasswordHasherError.busy {
            throw ActivationError.busy
        }
        try await store(found, loginHash: loginHash, paymentHash: paymentHash, from: origin, at: moment)
    }

    private func store(
        _ found: Found, loginHash: String, paymentHash: String, from origin: Origin, at moment: Date
    ) async throws {
        try await platform.database.transaction { connection in
            let state = try ActivationLinkState.after(.activated, from: .open)
            let used = try connection.execute(
                """
                UPDATE activation_links SET state = \(state), used_at = \(moment)
                WHERE id = \(found.linkID) AND state = 'open' AND expires_at > \(moment)
                """)
            // Somebody else used the link in between.
            guard used == 1 else { throw ActivationError.linkInvalid }
            let operatorState = try OperatorState.after(.activated, from: .pendingActivation)
            let changed = try connection.execute(
                """
                UPDATE operators SET state = \(operatorState), login_password = \(loginHash),
                    payment_password = \(paymentHash), credentials_version = credentials_version + 1
                WHERE id = \(found.operatorID) AND state = 'pendingActivation'
                """)
            guard changed == 1 else { throw ActivationError.linkInvalid }
            let enterprise: EnterpriseState = try connection.query(
                "SELECT state FROM enterprises WHERE id = \(found.enterpriseID) FOR NO KEY UPDATE"
            ).only()["state"]
            if enterprise == .pendingActivation {
                try Enterprises.record(.activated, of: found.enterpriseID, at: moment, on: connection)
            }
            // Who holds the phone is known at this address from now on.
            try Access.recognize(
                Access.Place(.clerk, login: found.loginID, origin, keys: platform.keys), at: moment,
                on: connection)
            try Audit.record(
                .activated, subject: "operator \(found.operatorID)", by: .operator(found.operatorID),
                from: origin, at: moment, on: connection)
        }
    }

    /// Issues a link for an operator who has not activated yet and queues the message with it; an open link
    /// of before is replaced. Inside the transaction that gives cause for it.
    func issue(
        for operatorID: Operator.ID, to mobile: MobileNumber, enterpriseName: String, loginID: String,
        at moment: Date, on connection: isolated Connection
    ) throws {
        let token = Base64URL.encode(platform.effects.randomBytes(32))
        let expiresAt = moment.addingTimeInterval(settings.activationLinkSeconds)
        let replaced = try connection.execute(
            """
            UPDATE activation_links SET state = \(try ActivationLinkState.after(.reissued, from: .open))
            WHERE operator_id = \(operatorID) AND state = 'open'
            """)
        try connection.execute(
            """
            INSERT INTO activation_links (operator_id, token_digest, state, issued_at, expires_at)
            VALUES (
                \(operatorID), \(SHA256.digest(Array(token.utf8))),
                \(try ActivationLinkState.after(.issued, from: nil)), \(moment), \(expiresAt)
            )
            """)
        let hours = Int(settings.activationLinkSeconds / 3600)
        let link = platform.settings.publicAddress + Self.pathPrefix + token
        try Messages.queue(
            """
            【企业缴费门户】\(enterpriseName)的专用支出账户已开户，登录ID：\(loginID)。请在\(hours)小时内打开链接设置登录密码\
            和支付密码：\(link) \(replaced > 0 ? "之前的链接已失效。" : "")链接仅可使用一次。任何人索要均为诈骗。
            """,
            .activation, to: mobile, usefulUntil: expiresAt, keys: platform.keys, at: moment, on: connection)
    }

    private struct Found: Sendable {
        let linkID: Int64
        let operatorID: Operator.ID
        let enterpriseID: Enterprise.ID
        let enterpriseName: String
        let operatorName: String
        let loginID: String
        let expiresAt: Date
        let ownData: [String]
    }

    private func load(token: String, at moment: Date) async throws -> Found? {
        guard let digest = Sessions.digest(of: token) else { return nil }
        let rows = try await platform.database.query(
            """
            SELECT links.id AS link_id, links.expires_at, operators.id AS operator_id, operators.login_id,
                operators.name AS operator_name, operators.mobile_sealed, enterprises.id AS enterprise_id,
                enterprises.name AS enterprise_name, enterprises.merchant_number, enterprises.credit_code
            FROM activation_links AS links
            JOIN operators ON operators.id = links.operator_id AND operators.state = 'pendingActivation'
            JOIN enterprises ON enterprises.id = operators.enterprise_id AND enterprises.state <> 'closed'
            WHERE links.token_digest = \(digest) AND links.state = 'open' AND links.expires_at > \(moment)
            """)
        return try rows.first.map { row in
            let operatorID: Operator.ID = try row["operator_id"]
            let merchantNumber: String = try row["merchant_number"]
            let mobile = try platform.keys.open(row["mobile_sealed"], of: .operatorMobile(operatorID))
            return Found(
                linkID: try row["link_id"], operatorID: operatorID, enterpriseID: try row["enterprise_id"],
                enterpriseName: try row["enterprise_name"], operatorName: try row["operator_name"],
                loginID: try row["login_id"], expiresAt: try row["expires_at"],
                ownData: [
                    try row["enterprise_name"], try row["login_id"], merchantNumber,
                    String(merchantNumber.dropFirst()), try row["credit_code"], mobile,
                ])
        }
    }
}

extension Platform {
    /// First activation.
    public var activations: Activations { Activations(platform: self, settings: settings.access) }
}
