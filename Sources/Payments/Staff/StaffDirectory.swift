import Cryptography
import Foundation
import Postgres

/// Why a member of staff was not added or disabled.
public enum StaffError: Error, Hashable, Sendable, CaseIterable {
    /// A staff number has a capital letter, then 3 to 15 capitals or digits.
    case wrongNumber
    /// Somebody has this staff number already.
    case numberTaken
    /// The name is empty, longer than 60 characters, or has invisible characters.
    case wrongName
    /// The mobile number is none.
    case wrongMobile
    /// There is no such city or province.
    case unknownRegion
    /// Nobody has this staff number.
    case notFound
    /// This person cannot sign in any more as it is.
    case alreadyDisabled
}

extension StaffError: CustomStringConvertible {
    /// What is wrong, as one sentence for the command line.
    public var description: String {
        switch self {
        case .wrongNumber: "A staff number has a capital letter, then 3 to 15 capital letters or digits."
        case .numberTaken: "Somebody has this staff number already."
        case .wrongName: "A name has 1 to 60 characters, all of them visible."
        case .wrongMobile: "A mobile number has 11 digits and begins with 13 to 19."
        case .unknownRegion: "There is no city or province with this code (GB/T 2260)."
        case .notFound: "Nobody has this staff number."
        case .alreadyDisabled: "This member of staff is disabled already."
        }
    }
}

/// The people of China Mobile who work with the portal. They are added on the command line; there is no
/// default account.
public struct StaffDirectory: Sendable {
    let platform: Platform

    /// Adds a member of staff.
    ///
    /// - Parameter isLasting: whether the password may be kept, as demo staff do. Otherwise it has to be changed at
    ///   the first sign-in.
    /// - Returns: the key, and a random first password. It is stored as a hash only: this is the one chance
    ///   to pass it on.
    /// - Throws: ``StaffError``.
    public func add(
        number: String, name: String, role: StaffRole, region: Region, mobile: String,
        isLasting: Bool = false, at moment: Date
    ) async throws -> (id: StaffMember.ID, password: Secret<String>) {
        let number = number.normalizedIdentifier.uppercased()
        let name = name.trimmed
        guard Self.isNumber(number) else { throw StaffError.wrongNumber }
        guard (1...60).contains(name.count), !name.hasInvisibleCharacters else { throw StaffError.wrongName }
        guard let mobile = try? MobileNumber(entered: mobile) else { throw StaffError.wrongMobile }
        let password = RandomPassword.make(effects: platform.effects)
        let hash = try await platform.passwords.hash(password)
        let keys = platform.keys
        do {
            let id = try await platform.database.transaction { connection in
                let id: StaffMember.ID = try connection.query("SELECT nextval('staff_id_seq') AS id").only()[
                    "id"]
                try connection.execute(
                    """
                    INSERT INTO staff (
                        id, staff_number, name, role, region_level, region_city, region_province,
                        mobile_sealed, mobile_masked, mobile_digest, password, must_change_password, created_at
                    ) OVERRIDING SYSTEM VALUE VALUES (
                        \(id), \(number), \(name), \(role), \(region.level), \(region.cityCode),
                        \(region.provinceCode), \(try keys.seal(mobile.text, for: .staffMobile(id))),
                        \(mobile.masked), \(keys.digest(of: mobile)), \(hash), \(!isLasting),
                        \(moment)
                    )
                    """)
                try Audit.record(
                    .staffAdded, subject: "staff \(number)", by: .system,
                    detail: "\(role.rawValue), \(region.level)", from: .commandLine, at: moment,
                    on: connection)
                return id
            }
            return (id, Secret(password))
        } catch let error as PostgresError {
            switch error.kind {
            case .uniqueViolation: throw StaffError.numberTaken
            case .foreignKeyViolation: throw StaffError.unknownRegion
            default: throw error
            }
        }
    }

    /// Disables a member of staff: sessions end, and nobody signs in under this number any more.
    ///
    /// - Throws: ``StaffError/notFound``, ``StaffError/alreadyDisabled``.
    public func disable(number: String, at moment: Date) async throws {
        let number = number.normalizedIdentifier.uppercased()
        try await platform.database.transaction { connection in
            let rows = try connection.query(
                "SELECT id, state FROM staff WHERE staff_number = \(number) FOR NO KEY UPDATE")
            guard let row = rows.first else { throw StaffError.notFound }
            let id: StaffMember.ID = try row["id"]
            let state: StaffState = try row["state"]
            guard state != .disabled else { throw StaffError.alreadyDisabled }
            let disabled = try StaffState.after(.disabled, from: state)
            try connection.execute(
                """
                UPDATE staff SET state = \(disabled), credentials_version = credentials_version + 1
                WHERE id = \(id)
                """)
            try connection.execute("DELETE FROM sessions WHERE staff_id = \(id)")
            try Audit.record(
                .staffDisabled, subject: "staff \(number)", by: .system, from: .commandLine, at: moment,
                on: connection)
        }
    }

    /// Whether the platform is used by nobody yet: no staff, no enterprise.
    public func isEmpty() async throws -> Bool {
        try await platform.database.query(
            "SELECT NOT EXISTS (SELECT 1 FROM staff) AND NOT EXISTS (SELECT 1 FROM enterprises) AS is_empty"
        ).first.map { try $0.decode("is_empty", as: Bool.self) } ?? false
    }

    /// The active member of staff with this number.
    public func find(number: String) async throws -> StaffMember? {
        try await platform.database.query(
            """
            SELECT id, staff_number, name, role, region_level, region_city, region_province
            FROM staff WHERE staff_number = \(number.normalizedIdentifier.uppercased()) AND state = 'active'
            """
        ).first.map(Self.member)
    }

    static func member(_ row: Row) throws -> StaffMember {
        StaffMember(
            id: try row["id"], number: try row["staff_number"], name: try row["name"], role: try row["role"],
            region: try Region(row))
    }

    private static func isNumber(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return (4...16).contains(bytes.count) && capitals.contains(bytes[0])
            && bytes.allSatisfy { capitals.contains($0) || digits.contains($0) }
    }
}

extension Platform {
    /// The people of China Mobile who work with the portal.
    public var staff: StaffDirectory { StaffDirectory(platform: self) }
}
