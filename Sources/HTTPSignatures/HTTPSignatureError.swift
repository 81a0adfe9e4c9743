/// Why a message cannot be signed, or why its signature or digest is not accepted. For the log: the peer is told only
/// that the signature was refused.
public enum HTTPSignatureError: Error, Equatable, Sendable {
    /// A field that carries signatures or digests is not a structured field of the right form.
    case malformedField(name: String, reason: String)
    /// A component cannot be taken from this message; `reason` says why.
    case component(String, reason: String)
    /// No signature of the message has the tag asked for.
    case noSignature
    /// More than one signature of the message has the tag asked for.
    case ambiguousSignature
    /// The signature does not cover a component that the profile requires.
    case uncovered(String)
    /// The signature lacks a parameter that the profile requires, or has it in a wrong form.
    case parameter(String)
    /// No key is known by this id.
    case unknownKey(String)
    /// The message names another algorithm than the key is meant for.
    case algorithmMismatch
    /// The signature's time of creation lies in the future by more than the tolerance for clocks.
    case createdInFuture
    /// The signature is older than the profile allows, or past its own `expires`.
    case expired
    /// The signature is wrong.
    case invalidSignature
    /// The key could not sign; the text is the cryptography library's.
    case signingFailed(String)
    /// The message has no Content-Digest with an algorithm that is taken.
    case noDigest
    /// The content is not what Content-Digest says.
    case digestMismatch
    /// The nonce was seen before within the time in which signatures are taken.
    case replayed
}
