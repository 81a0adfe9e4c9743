import Foundation

/// The line to the message centre: JSON over HTTP, signed both ways like the billers' line.
struct PhoneGateway: Sendable {
    let platform: Platform

    /// Hands a message over. False when the centre did not say clearly that it has taken it: sending it
    /// twice does less harm than not at all.
    func deliver(_ text: String, to number: String) async -> Bool {
        struct Message: Encodable {
            let to: String
            let text: String
        }
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let answer = try await platform.signedLine.exchange(
                url: platform.settings.phoneAddress + "/phone/messages",
                body: Array(try encoder.encode(Message(to: number, text: text))), tag: "message",
                timeoutSeconds: platform.settings.billerTimeoutSeconds)
            return (200..<300).contains(answer.status)
        } catch {
            // The error can name the address and the kind of failure, never number or text.
            platform.logger.warning(
                "the message centre did not take a message", metadata: ["error": "\(error)"])
            return false
        }
    }
}
