import Foundation
import Testing

/// One case of the Mustache specification.
struct SpecificationCase: Decodable, CustomTestStringConvertible {
    let name: String
    let data: SpecificationValue
    let template: String
    let partials: [String: String]?
    let expected: String

    var testDescription: String { name }

    /// All cases of all files, in the order of the files' names.
    static let all: [SpecificationCase] = {
        let folder = Bundle.module.resourceURL?.appending(path: "Fixtures/mustache-spec")
        let files = folder.flatMap {
            try? FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)
        }
        return (files ?? []).sorted { $0.path < $1.path }.flatMap { file in
            struct File: Decodable {
                let tests: [SpecificationCase]
            }
            let content = try? JSONDecoder().decode(File.self, from: Data(contentsOf: file))
            return content?.tests ?? []
        }
    }()
}

/// A value of a case's data.
enum SpecificationValue: Decodable, Sendable {
    case null
    case bool(Bool)
    case text(String)
    case list([SpecificationValue])
    case object([String: SpecificationValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .text(String(value))
        } else if let value = try? container.decode(Double.self) {
            self = .text(String(value))
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([SpecificationValue].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: SpecificationValue].self))
        }
    }

    /// What a section makes of the value: how often its content is printed, and for what; nil for the current item.
    var rounds: [SpecificationValue?] {
        switch self {
        case .null, .bool(false): []
        case .bool(true): [nil]
        case .list(let values): values
        case .text, .object: [self]
        }
    }
}
