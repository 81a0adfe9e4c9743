import Foundation

/// A text message that arrived at a phone.
struct PhoneMessage: Codable, Sendable {
    let to: String
    let text: String
    let at: Date
}

/// The operators' phones: all messages in the order in which they arrived.
actor PhoneBook {
    private let journal: Journal<PhoneMessage>
    private var messages: [PhoneMessage]

    /// Opens the book in a folder.
    init(directory: URL) throws {
        let opened = try Journal<PhoneMessage>.open(directory.appendingPathComponent("phone.jsonl"))
        journal = opened.journal
        messages = opened.records
    }

    /// A message arrives.
    func add(_ message: PhoneMessage) throws {
        try journal.append(message)
        messages.append(message)
    }

    /// The latest messages, the newest first, of one number or of all.
    func latest(to number: String?, limit: Int) -> [PhoneMessage] {
        var found: [PhoneMessage] = []
        for message in messages.reversed() where number == nil || message.to == number {
            found.append(message)
            if found.count == limit { break }
        }
        return found
    }
}
