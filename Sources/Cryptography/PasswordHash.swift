/// A password hash as it is stored: a string in the manner of the PHC format,
///
///     $argon2id-hmac-sha256$v=19$m=19456,t=2,p=1,keyid=2026a$<salt>$<code>
///
/// The code is HMAC-SHA-256, under the pepper that `keyid` names, of the raw argon2id output. Whoever steals the
/// database without the pepper cannot even begin to guess.
struct PasswordHash: Equatable {
    static let identifier = "argon2id-hmac-sha256"
    static let saltLength = 16
    static let codeLength = 32

    let parameters: Argon2Parameters
    let pepperID: String
    let salt: [UInt8]
    let code: [UInt8]

    init(parameters: Argon2Parameters, pepperID: String, salt: [UInt8], code: [UInt8]) {
        self.parameters = parameters
        self.pepperID = pepperID
        self.salt = salt
        self.code = code
    }

    /// Reads a stored string; nil when it is damaged or asks for an unbearable cost.
    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].isEmpty, parts[1] == Self.identifier, parts[2] == "v=19" else {
            return nil
        }
        let settings = parts[3].split(separator: ",", omittingEmptySubsequences: false)
        guard
            settings.count == 4,
            let memory = Self.number(settings[0], named: "m"),
            let iterations = Self.number(settings[1], named: "t"),
            let parallelism = Self.number(settings[2], named: "p"),
            settings[3].hasPrefix("keyid="),
            let salt = Self.bytes(parts[4]), salt.count >= Self.saltLength, salt.count <= 64,
            let code = Self.bytes(parts[5]), code.count == Self.codeLength
        else { return nil }
        let parameters = Argon2Parameters(
            memoryKiB: memory, iterations: iterations, parallelism: parallelism)
        guard parameters.isBearable else { return nil }
        self.init(
            parameters: parameters, pepperID: String(settings[3].dropFirst("keyid=".count)), salt: salt,
            code: code)
    }

    /// The string to store.
    var text: String {
        let cost = "m=\(parameters.memoryKiB),t=\(parameters.iterations),p=\(parameters.parallelism)"
        return "$\(Self.identifier)$v=19$\(cost),keyid=\(pepperID)$\(Self.text(salt))$\(Self.text(code))"
    }

    private static func number(_ setting: Substring, named name: String) -> Int? {
        guard setting.hasPrefix("\(name)=") else { return nil }
        return Int(setting.dropFirst(name.count + 1))
    }

    /// PHC strings carry Base64 without padding.
    private static func text(_ bytes: [UInt8]) -> String {
        var text = Base64.encode(bytes)
        while text.last == "=" { text.removeLast() }
        return text
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        return Base64.decode(text + padding)
    }
}
