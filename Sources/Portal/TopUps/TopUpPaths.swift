extension Path {
    /// Where the payer leaves for the bank: the answer is the form that sends itself there.
    static func topUpHandOff(_ number: some PathValue) -> Path { topUp(number).below("hand-off") }
    /// Where 取消订单 is posted.
    static func topUpCancellation(_ number: some PathValue) -> Path { topUp(number).below("cancellation") }
}
