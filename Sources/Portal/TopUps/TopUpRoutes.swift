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
        return .page(
            try await page(context, command: command.text, amount: request.queryFields.text("amount")))
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
                let number = try await topUps.order(command, amount: amount, bank: bank, by: context.clerk)
                return .seeOther(.topUp(number))
            } catch TopUpError.unknownBank {
                errors.append(FieldError("bank", "请从列表中选择付款行"))
            } catch TopUpError.enterpriseNotActive {
                errors.append(FieldError("amount", "账户目前不能充值，请联系客户经理"))
            } catch TopUpError.channelPaused {
                return .page(
                    try await page(
                        context, command: command.text, amount: form.text("amount"), isRefused: true),
                    status: .unprocessableContent)
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
            topUp.bankSerial == nil
            ? []
            : try await portal.platform.statements.movements(
                of: number, enterprise: context.session.enterpriseID)
        return .page(
            TopUpPage(
                layout: context.layout, topUp: topUp, events: events, movements: movements,
                payee: PortalSettings.payee))
    }

    private func handOff(_ request: Request, _ context: ClerkContext) async throws -> Response {
        let number = try context.number
        do {
            _ = try await topUps.handOff(number, by: context.clerk)
            return .seeOther(.topUpBank(number))
        } catch TopUpError.tooLate {
            // Paid or closed in the meantime: its page says which.
            return .seeOther(.topUp(number))
        } catch TopUpError.notFound {
            throw SiteError.notFound
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
        isRefused: Bool = false, errors: [FieldError] = []
    ) async throws -> NewTopUpPage {
        async let banks = portal.platform.reference.banks()
        async let lastBank = topUps.lastBank(of: context.session.enterpriseID)
        async let available = portal.platform.statements.available(of: context.session.enterpriseID)
        async let pause = portal.platform.channels.pause(of: .gateway)
        return NewTopUpPage(
            layout: context.layout, enterpriseState: context.session.enterpriseState, command: command,
            amount: amount, bank: bank, banks: try await banks.filter(\.isSuggested),
            lastBank: try await lastBank, available: try await available, pauseNotice: try await pause,
            isRefused: isRefused, errors: errors)
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
