import Foundation

/// Why a new password was not taken.
public enum PasswordFault: Error, Hashable, Sendable {
    /// Nothing was typed.
    case empty
    /// Fewer characters than this.
    case tooShort(Int)
    /// More characters than this.
    case tooLong(Int)
    /// A character that cannot be printed.
    case unprintable
    /// One of the passwords that are tried first.
    case common
    /// The person's own data is inside: name of the enterprise, login ID, merchant number, mobile number.
    case containsOwnData
    /// The login password and the payment password are to be two passwords.
    case sameAsOther
    /// It is the password that is to be replaced.
    case sameAsBefore
}

/// What is asked of a new password: length, and that it cannot be guessed from lists or from the person's
/// own data. There are no rules about kinds of characters. Nothing is trimmed or folded; only Unicode's
/// canonical forms are made one (NFC), because two keyboards write the same letter differently.
public struct PasswordRules: Sendable {
    /// The fewest characters (Unicode scalars after NFC).
    public static let shortest = 8
    /// The most characters; checked before hashing, so that a huge field costs nothing.
    public static let longest = 128

    /// What may not be inside, in lower case.
    let ownData: [String]

    /// Rules for a person with such data. Pieces shorter than three characters are not looked for.
    public init(ownData: [String]) {
        let brand = ["chinamobile", "中国移动", "企业缴费门户"]
        self.ownData = (ownData + brand).map { Self.normalized($0).lowercased() }.filter { $0.count >= 3 }
    }

    /// The one form in which a password is checked and hashed.
    public static func normalized(_ password: String) -> String {
        password.precomposedStringWithCanonicalMapping
    }

    /// Whether a typed password can be one at all; what is longer is never hashed.
    static func isHashable(_ normalized: String) -> Bool {
        (1...longest).contains(normalized.unicodeScalars.count) && !normalized.utf8.contains(0)
    }

    /// The first fault of a new password, or nil.
    public func fault(of password: String) -> PasswordFault? {
        let text = Self.normalized(password)
        let length = text.unicodeScalars.count
        if length == 0 { return .empty }
        if length < Self.shortest { return .tooShort(Self.shortest) }
        if length > Self.longest { return .tooLong(Self.longest) }
        if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            return .unprintable
        }
        if CommonPasswords.contains(text) { return .common }
        let lowered = text.lowercased()
        if ownData.contains(where: lowered.contains) { return .containsOwnData }
        return nil
    }
}
