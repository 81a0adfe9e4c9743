extension Path {
    /// Where 撤销提现 is posted.
    static func withdrawalCancellation(_ number: some PathValue) -> Path {
        withdrawal(number).below("cancellation")
    }
}
