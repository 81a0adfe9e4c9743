/// First passwords that the system makes: nobody chooses them, and no two are alike.
enum RandomPassword {
    /// 16 letters and digits in groups of four: 80 random bits, without characters that are easily misread.
    static func make(effects: Effects) -> String {
        let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789")
        let characters = effects.randomBytes(16).map { alphabet[Int($0 & 31)] }
        return stride(from: 0, to: 16, by: 4).map { String(characters[$0..<($0 + 4)]) }.joined(separator: "-")
    }
}
