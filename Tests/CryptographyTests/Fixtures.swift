import Foundation

@testable import Cryptography

/// Reads a JSON file of `Fixtures`; its README tells where each comes from.
func fixture<Content: Decodable>(_ name: String, as type: Content.Type) throws -> Content {
    guard let url = Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil) else {
        throw FixtureError(problem: "no fixture \(name)")
    }
    return try JSONDecoder().decode(type, from: Data(contentsOf: url))
}

/// Why a fixture cannot be used.
struct FixtureError: Error {
    let problem: String
}

/// The bytes of a hexadecimal text of a fixture.
func bytes(_ hex: String) throws -> [UInt8] {
    guard let bytes = Hex.decode(hex) else { throw FixtureError(problem: "not hexadecimal: \(hex)") }
    return bytes
}

/// A moment of the tests: 2026-11-22T00:00:00Z. Nothing here reads the clock.
let today = Date(timeIntervalSince1970: 1_795_305_600)

/// `days` after the tests' moment.
func day(_ days: Double) -> Date {
    today.addingTimeInterval(days * 86_400)
}

/// Two RSA keys for all tests: making one takes up to a second of a core.
enum TestKeys {
    private static let first = Result { try PrivateKey.generate(.rsa(bits: 2048)) }
    private static let second = Result { try PrivateKey.generate(.rsa(bits: 2048)) }

    /// An RSA key.
    static var rsa: PrivateKey { get throws { try first.get() } }

    /// Another RSA key.
    static var otherRSA: PrivateKey { get throws { try second.get() } }

    /// The RSA key, or a new one of another kind.
    static func key(_ kind: KeyKind) throws -> PrivateKey {
        kind == .rsa(bits: 2048) ? try rsa : try PrivateKey.generate(kind)
    }

    /// The other RSA key, or a new one of another kind.
    static func otherKey(_ kind: KeyKind) throws -> PrivateKey {
        kind == .rsa(bits: 2048) ? try otherRSA : try PrivateKey.generate(kind)
    }
}
