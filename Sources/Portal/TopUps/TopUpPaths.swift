extension Path {
    /// Where 前往银行付款 is posted.
    static func topUpHandOff(_ number: some PathValue) -> Path { topUp(number).below("hand-off") }
    /// Where the payer leaves for the bank: the page with the form that sends itself there.
    static func topUpBank(_ number: some PathValue) -> Path { topUp(number).below("bank") }
    /// Where 取消订单 is posted.
    static func topUpCancellation(_ number: some PathValue) -> Path { topUp(number).below("cancellation") }
}
