import Hummingbird
import Payments

/// 结算: amount, confirmation, result. The amount stands in the address until it is confirmed.
struct WithdrawalRoutes: Sendable {
    let portal: Portal

    private var withdrawals: Withdrawals { portal.platform.withdrawals }

    func register(on routes: Routes) {
        routes.clerk.get(.newWithdrawal, use: steps)
        routes.clerk.post(.withdrawals, use: submit)
        routes.clerk.get(.withdrawal(.number), use: show)
        routes.clerk.post(.withdrawalCancellation(.number), use: cancel)
    }

    private func steps(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let fields = request.queryFields
        let offer = try await withdrawals.offer(for: context.session.enterpriseID)
        let command = CommandID(fields["command"]) ?? CommandID(effects: portal.platform.effects)
        guard fields.has("amount"), !fields.has("edit") else {
            return .page(
                NewWithdrawalPage(
                    layout: context.layout, enterpriseState: context.session.enterpriseState, offer: offer,
                    command: command.text, amount: fields.text("amount")))
        }
        // Back after the submission comes to the order, and not to a form that would submit a second one.
        if let number = try await portal.platform.result(of: command, by: context.clerk) {
            return .seeOther(.withdrawal(number))
        }
        return confirmation(fields.text("amount"), offer, command: command.text, context)
    }

    private func submit(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let form = context.form
        let command = try CommandID(posted: form["command"])
        guard let amount = try? Money(entered: form.text("amount")) else {
            return .seeOther(.newWithdrawal.with("amount", form.text("amount")))
        }
        do {
            // What was shown is not known: it is shown again.
            guard let promised = LocalDate(entered: form["expected"]) else {
                throw WithdrawalError.promiseChanged
            }
            let number = try await withdrawals.submit(
                command, amount: amount, password: form["paymentPassword"],
                promised: promised, by: context.clerk)
            return .seeOther(.withdrawal(number))
        } catch {
            let offer = try await withdrawals.offer(for: context.session.enterpriseID)
            switch error {
            case let error as PaymentAuthorizationError:
                return confirmation(
                    form.text("amount"), offer, command: command.text, context,
                    errors: [FieldError("paymentPassword", error.sentence)])
            case WithdrawalError.promiseChanged:
                return confirmation(
                    form.text("amount"), offer, command: command.text, context, isPromiseLater: true)
            case is WithdrawalError:
                // What stands in the way now is on the first page: balance, account, state.
                return confirmation(
                    form.text("amount"), offer, command: command.text, context, isRefused: true)
            default: throw error
            }
        }
    }

    /// The confirmation, or the first page where the amount cannot be withdrawn.
    private func confirmation(
        _ typed: String, _ offer: WithdrawalOffer, command: String, _ context: ClerkContext,
        errors: [FieldError] = [], isRefused: Bool = false, isPromiseLater: Bool = false
    ) -> Response {
        func firstPage(errors: [FieldError] = []) -> Response {
            let page = NewWithdrawalPage(
                layout: context.layout, enterpriseState: context.session.enterpriseState, offer: offer,
                command: command, amount: typed, isRefused: true, errors: errors)
            return .page(page, status: .unprocessableContent)
        }
        guard NewWithdrawalPage.obstacle(context.session.enterpriseState, offer) == nil,
            let account = offer.account
        else { return firstPage() }
        let problem: String?
        var amount = Money.zero
        do {
            amount = try Money(entered: typed)
            problem =
                if !amount.isPositive {
                    "提现金额须大于零"
                } else if amount > offer.balances.available {
                    "提现金额不能超过可用余额 \(offer.balances.available.formatted) 元"
                } else if isRefused {
                    "账户目前不能提现，请联系客户经理"
                } else { nil }
        } catch {
            problem = error.sentence(name: "提现金额")
        }
        if let problem { return firstPage(errors: [FieldError("amount", problem)]) }
        let page = ConfirmWithdrawalPage(
            layout: context.layout, offer: offer, account: account, amount: amount, command: command,
            isPromiseLater: isPromiseLater, errors: errors)
        return .page(page, status: errors.isEmpty && !isPromiseLater ? .ok : .unprocessableContent)
    }

    private func show(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let number = try context.number
        guard
            let (withdrawal, events) = try await withdrawals.history(number, of: context.session.enterpriseID)
        else { throw SiteError.notFound }
        let movements = try await portal.platform.statements.movements(
            of: number, enterprise: context.session.enterpriseID)
        return .page(
            WithdrawalPage(
                layout: context.layout, withdrawal: withdrawal, events: events, movements: movements))
    }

    private func cancel(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let number = try context.number
        do {
            try await withdrawals.cancel(number, by: context.clerk)
        } catch WithdrawalError.tooLate {
            // Sent in the meantime: its page says so.
        } catch WithdrawalError.notFound {
            throw SiteError.notFound
        }
        return .seeOther(.withdrawal(number))
    }
}
