import Hummingbird
import Payments

/// 充值: order, hand-off to the bank, result.
struct TopUpRoutes: Sendable {
    let portal: Portal

    private var topUps: TopUps { portal.platform.topUps }

    func register(on routes: Routes) {
        routes.clerk.get(.newTopUp, use: form)
        routes.clerk.post(.topUps, use: order)
        routes.clerk.get(.topUp(.number), use: show)
        routes.clerk.post(.topUpHandOff(.number), use: handOff)
        routes.clerk.get(.topUpBank(.number), use: bank)
        routes.clerk.post(.topUpCancellation(.number), use: cancel)
    }

    private func form(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let command = CommandID(effects: portal.platform.effects)
        let query = request.queryFields
        return .page(
            try await page(
                context, command: command.text, amount: query.text("amount"),
                search: String(query.text("q").prefix(30))))
    }

    private func order(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let form = context.form
        var errors: [FieldError] = []
        var amount = Money.zero
        do {
            amount = try Money(entered: form.text("amount"))
            if amount < TopUps.least {
                errors.append(FieldError("amount", "充值金额至少 \(TopUps.least.formatted) 元"))
            }
        } catch {
            errors.append(FieldError("amount", error.sentence(name: "充值金额")))
        }
        let bank = form.text("bank")
        if bank.isEmpty { errors.append(FieldError("bank", "请选择付款行")) }
        let command = try CommandID(posted: form["command"])
        guard context.session.enterpriseState.takesMoney else {
            return .page(
                try await page(context, command: command.text, isRefused: true), status: .unprocessableContent
            )
        }
        if errors.isEmpty {
            do {
                let number = try await topUps.order(
                    command, amount: amount, bank: bank, besides: form["besides"], by: context.clerk)
                return .seeOther(.topUp(number))
            } catch TopUpError.channelPaused {
                return .page(
                    try await page(
                        context, command: command.text, amount: form.text("amount"), isRefused: true),
                    status: .unprocessableContent)
            } catch TopUpError.sameAmountOpen(let number) {
                let page = try await page(
                    context, command: command.text, amount: form.text("amount"), bank: bank, twin: number)
                return .page(page, status: .unprocessableContent)
            } catch let error as TopUpError {
                errors = [error.fieldError]
            }
        }
        let page = try await page(
            context, command: command.text, amount: form.text("amount"), bank: bank, errors: errors)
        return .page(page, status: .unprocessableContent)
    }

    private func show(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let number = try context.number
        guard let (topUp, events) = try await topUps.history(number, of: context.session.enterpriseID) else {
            throw SiteError.notFound
        }
        let movements =
            ![.credited, .reversalParked, .reversed].contains(topUp.status)
            ? []
            : try await portal.platform.statements.movements(
                of: number, enterprise: context.session.enterpriseID)
        return .page(
            TopUpPage(
                layout: context.layout, topUp: topUp, events: events, movements: movements,
                payee: PortalSettings.payee, availability: try await availability(for: topUp),
                pause: try await portal.platform.channels.pause(of: .gateway)))
    }

    /// Whether an order that has not gone to the bank can go there; it does not matter for others.
    private func availability(for topUp: TopUp) async throws -> BankAvailability {
        guard topUp.status == .created else { return .open }
        let bank = try await portal.platform.topUpBanks.find(topUp.bankCode)
        return bank?.availability(at: portal.platform.effects.now()) ?? .off
    }

    private func handOff(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let number = try context.number
        do {
            _ = try await topUps.handOff(number, by: context.clerk)
            return .seeOther(.topUpBank(number))
        } catch TopUpError.notFound {
            throw SiteError.notFound
        } catch is TopUpError {
            // Paid or closed in the meantime, or the bank or its channel takes no payments now: its page says which.
            return .seeOther(.topUp(number))
        }
    }

    /// The way to the bank, the same however often it is asked for: reload and Back repeat nothing.
    private func bank(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let number = try context.number
        do {
            let (topUp, form) = try await topUps.paymentForm(number, of: context.session.enterpriseID)
            let page = BankHandOffPage(
                layout: context.layout, topUp: topUp, payee: PortalSettings.payee, action: form.action,
                inputs: form.inputs.map { ($0.name, $0.value) })
            return .page(page, formAction: portal.settings.bankOrigin)
        } catch TopUpError.tooLate {
            // Not handed over yet, or past paying: its page says which.
            return .seeOther(.topUp(number))
        } catch TopUpError.notFound {
            throw SiteError.notFound
        }
    }

    private func cancel(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let number = try context.number
        do {
            try await topUps.cancel(number, by: context.clerk)
        } catch TopUpError.tooLate {
            // Its page says where it stands.
        } catch TopUpError.notFound {
            throw SiteError.notFound
        }
        return .seeOther(.topUp(number))
    }

    private func page(
        _ context: ClerkContext, command: String, amount: String = "", bank: String? = nil,
        search: String = "", twin: String? = nil, isRefused: Bool = false, errors: [FieldError] = []
    ) async throws -> NewTopUpPage {
        async let choices = portal.platform.topUpBanks.choices(of: context.session.enterpriseID)
        async let available = portal.platform.statements.available(of: context.session.enterpriseID)
        async let pause = portal.platform.channels.pause(of: .gateway)
        return NewTopUpPage(
            layout: context.layout, enterpriseState: context.session.enterpriseState, command: command,
            amount: amount, bank: bank, search: search, choices: try await choices,
            available: try await available, at: portal.platform.effects.now(), twin: twin,
            pauseNotice: try await pause, isRefused: isRefused, errors: errors)
    }
}

extension TopUpError {
    /// What stands in the way of an order, beside the field that has to change.
    fileprivate var fieldError: FieldError {
        switch self {
        case .bankNotAvailable(let availability):
            FieldError("bank", "所选银行\(availability.sentence ?? "暂不支持充值")，请选择其他银行")
        case .belowLeast(let least): FieldError("amount", "所选银行单笔至少 \(least.formatted) 元")
        case .aboveMost(let most):
            FieldError("amount", "超过所选银行的单笔限额 \(most.formatted) 元，请减少金额或选择其他银行")
        case .aboveDay(let most, let left):
            FieldError(
                "amount", "超过所选银行的单日限额 \(most.formatted) 元，今日还可充值 \(left.formatted) 元")
        case .enterpriseNotActive: FieldError("amount", "账户目前不能充值，请联系客户经理")
        case .unknownBank, .channelPaused, .sameAmountOpen, .notFound, .tooLate:
            FieldError("bank", "请从列表中选择付款行")
        }
    }
}

extension PortalSettings {
    /// In whose name the platform receives money, as the bank's page shows it.
    static let payee = "企业缴费门户客户备付金"
}

extension ClerkContext {
    /// Who acts, for the business.
    var clerk: Clerk {
        Clerk(enterprise: session.enterpriseID, person: session.operatorID, origin: origin)
    }

    /// The order's number in the address.
    var number: String {
        get throws {
            guard let number = parameters.get(Path.Parameter.number.name) else { throw SiteError.notFound }
            return number
        }
    }
}
