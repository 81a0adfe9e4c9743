import Foundation
import Hummingbird
import Payments

/// 待办: where staff start.
struct WorkListRoutes: Sendable {
    let portal: Portal

    /// Registers the page that staff start on.
    func register(on routes: Routes) {
        routes.anyStaff.get(.admin, use: page)
    }

    private func page(_ request: Request, _ context: StaffContext) async throws -> Response {
        let member = context.session.member
        let openings = portal.platform.accountOpenings
        let now = portal.platform.effects.now()
        var groups: [WorkListPage.Group] = []
        var pager: Pager?
        switch member.role {
        case .accountManager:
            async let open = openings.own(of: member, in: [.returned, .submitted], limit: 100).rows
            async let done = openings.own(of: member, in: [.approved], limit: 10).rows
            groups = [
                WorkListPage.Group(
                    "退回给我的申请", id: "returned", try await open.filter { $0.state == .returned }, at: now),
                WorkListPage.Group(
                    "等待审核的申请", id: "waiting", try await open.filter { $0.state == .submitted }, at: now),
                WorkListPage.Group("最近办结", id: "done", try await done, at: now),
            ]
        case .supervisor:
            let waiting = try await openings.waiting(for: member).rows
            let reissues = try await portal.platform.activations.waitingReissues(within: member.region)
            let proposals = try await portal.platform.differences.waiting(for: member)
            let followUps = try await portal.platform.followUps.waiting(for: member)
            groups = [
                WorkListPage.Group("待我审核", id: "waiting", waiting, at: now),
                WorkListPage.Group("重发激活链接的申请", id: "reissues", reissues, at: now),
                WorkListPage.Group("待复核的对账差异", id: "proposals", proposals, at: now),
                WorkListPage.Group("待复核的暂缓提现或付款", id: "follow-ups", followUps, at: now),
                try await channelChanges(for: member, at: now),
                try await bankChanges(for: member, at: now),
            ]
        case .operations, .auditor:
            if let after = Int64(request.queryFields["after"]) {
                return .page(try await laterItems(after: after, context, at: now))
            }
            let items = try await portal.platform.monitoring.openWorkItems(within: member.region)
            pager = items.next.map { _ in Self.pager(items, isFirst: true) }
            let followUps = try await portal.platform.followUps.waiting(for: member)
            let differences = try await portal.platform.differences.list(
                Differences.Filter(isOpenOnly: true), within: member.region, limit: 100
            ).reversed()
            groups = [
                WorkListPage.Group(
                    "待复核的对账差异", id: "proposals", differences.filter { $0.state == .proposed }, at: now),
                WorkListPage.Group(
                    "待处理的对账差异", id: "differences", differences.filter { $0.state == .open }, at: now),
                WorkListPage.Group("待处理的风险案例", id: "follow-ups", followUps, at: now),
            ]
            groups += Self.groups(items.rows, at: now)
            groups += [
                try await channelChanges(for: member, at: now),
                try await bankChanges(for: member, at: now),
            ]
        }
        if ControlledAction.repayReceivable.isDecided(by: member.role) {
            let repayments = try await portal.platform.repayments.waiting(within: member.region)
            groups.append(WorkListPage.Group("待复核的还款申请", id: "repayments", repayments, at: now))
        }
        if member.role != .accountManager {
            let settlements = try await portal.platform.billerSettlements.waiting(within: member.region)
            groups.append(
                WorkListPage.Group(
                    "待付款申请的收费单位结算", id: "settlements", settlements.filter { $0.proposal == nil }, at: now))
            groups.append(
                WorkListPage.Group(
                    "待复核的收费单位结算", id: "settlement-proposals", settlements.filter { $0.proposal != nil },
                    at: now))
        }
        return .page(WorkListPage(layout: context.layout, groups: groups, pager: pager))
    }

    /// A later page of the items that operations close. What else waits stands on the first.
    private func laterItems(
        after key: Int64, _ context: StaffContext, at now: Date
    ) async throws -> WorkListPage {
        let items = try await portal.platform.monitoring.openWorkItems(
            within: context.session.member.region, after: key)
        return WorkListPage(
            layout: context.layout, groups: Self.groups(items.rows, at: now),
            pager: Self.pager(items, isFirst: false))
    }

    private static func groups(_ items: [OpenWorkItem], at now: Date) -> [WorkListPage.Group] {
        [
            WorkListPage.Group(
                "待取得的对账文件", id: "files", items.filter { $0.settlementDate != nil }, at: now),
            WorkListPage.Group(
                "待核实的订单", id: "orders",
                items.filter { $0.order != nil || $0.settlementNumber != nil }, at: now),
            WorkListPage.Group(
                "反复失败的后台任务", id: "jobs",
                items.filter { $0.order == nil && $0.settlementDate == nil && $0.settlementNumber == nil },
                at: now),
        ]
    }

    private static func pager(_ items: ListPage<OpenWorkItem, Int64>, isFirst: Bool) -> Pager {
        Pager(
            summary: "对账文件、订单和后台任务：本页 \(items.rows.count) 件", first: isFirst ? nil : .admin,
            next: items.next.map { Path.admin.with("after", String($0)) })
    }

    private func channelChanges(for member: StaffMember, at now: Date) async throws -> WorkListPage.Group {
        WorkListPage.Group(
            "收付通道变更待复核", id: "channels", try await portal.platform.channels.waiting(for: member), at: now)
    }

    /// The changes of banks that wait for a second person; they belong to the whole country.
    private func bankChanges(for member: StaffMember, at now: Date) async throws -> WorkListPage.Group {
        let canDecide =
            member.region == .national && ControlledAction.changeBank.isDecided(by: member.role)
        let waiting = canDecide ? try await portal.platform.topUpBanks.waiting() : []
        return WorkListPage.Group("银行渠道变更", id: "banks", waiting, at: now)
    }
}

/// 待办: what waits for this member of staff.
struct WorkListPage: Page {
    /// One case.
    struct Item: Sendable {
        let title: String
        let hasAddress: Bool
        let address: String
        let detail: String
        let state: StateTag?
        let age: String

        /// - Parameter path: where the case is dealt with; nil when that is not in the portal.
        init(_ title: String, path: Path?, detail: String, state: StateTag?, age: String) {
            self.title = title
            hasAddress = path != nil
            address = path?.text ?? ""
            self.detail = detail
            self.state = state
            self.age = age
        }
    }

    /// Cases that wait for the same thing.
    struct Group: Sendable {
        let headingID: String
        let heading: String
        let items: [Item]

        init(_ heading: String, id: String, _ cases: [AccountOpeningSummary], at now: Date) {
            headingID = id
            self.heading = heading
            items = cases.map { opening in
                Item(
                    opening.enterpriseName, path: .approval(opening.number),
                    detail: "\(opening.number) · \(opening.cityName) · \(opening.accountManagerName)",
                    state: opening.state.tag,
                    age: "\(BeijingTime.age(of: opening.submittedAt, at: now))提交")
            }
        }

        init(_ heading: String, id: String, _ reissues: [WaitingReissue], at now: Date) {
            headingID = id
            self.heading = heading
            items = reissues.map { reissue in
                Item(
                    reissue.enterpriseName, path: .enterprise(reissue.merchantNumber),
                    detail: "\(reissue.merchantNumber) · \(reissue.requestedBy)", state: nil,
                    age: "\(BeijingTime.age(of: reissue.requestedAt, at: now))提交")
            }
        }

        init(_ heading: String, id: String, _ repayments: [WaitingRepayment], at now: Date) {
            headingID = id
            self.heading = heading
            items = repayments.map { found in
                Item(
                    found.enterpriseName, path: .receivable(found.merchantNumber),
                    detail: "\(found.number) · \(found.amount.formatted) 元 · \(found.proposedBy)", state: nil,
                    age: "\(BeijingTime.age(of: found.proposedAt, at: now))提交")
            }
        }

        init(_ heading: String, id: String, _ settlements: [BillerSettlement], at now: Date) {
            headingID = id
            self.heading = heading
            items = settlements.map { found in
                Item(
                    found.billerName, path: .settlement(found.number),
                    detail: "\(found.number) · 应付 \(found.net.formatted) 元", state: found.status.tag,
                    age: BeijingTime.age(of: found.stateSince, at: now))
            }
        }

        init(_ heading: String, id: String, _ differences: [Difference], at now: Date) {
            headingID = id
            self.heading = heading
            items = differences.map { found in
                Item(
                    found.enterpriseName ?? "未知单位", path: .difference(found.number),
                    detail: "\(found.number) · \(found.detail)", state: found.state.tag,
                    age: found.state == .proposed
                        ? "\(BeijingTime.age(of: found.stateSince, at: now))提交"
                        : BeijingTime.age(of: found.raisedAt, at: now))
            }
        }

        init(_ heading: String, id: String, _ changes: [ChannelChange], at now: Date) {
            headingID = id
            self.heading = heading
            items = changes.map { change in
                Item(
                    change.channelName, path: .channel(change.channel.rawValue),
                    detail: "\(change.settings.words) · \(change.proposedBy)", state: nil,
                    age: "\(BeijingTime.age(of: change.proposedAt, at: now))提交")
            }
        }

        init(_ heading: String, id: String, _ changes: [WaitingBankChange], at now: Date) {
            headingID = id
            self.heading = heading
            items = changes.map { change in
                Item(
                    change.name, path: .staffBank(change.code),
                    detail: "\(change.proposedBy) · \(change.reason)", state: nil,
                    age: "\(BeijingTime.age(of: change.proposedAt, at: now))提交")
            }
        }

        init(_ heading: String, id: String, _ cases: [FollowUpCase], at now: Date) {
            headingID = id
            self.heading = heading
            items = cases.map { found in
                let owner = found.ownerName.map { " · \($0)" } ?? ""
                return Item(
                    found.enterpriseName, path: .followUp(found.number),
                    detail: "\(found.number) · \(found.rule.name)\(owner)",
                    state: found.hold.flatMap { $0.isInForce ? $0.tag : nil } ?? found.state.tag,
                    age: BeijingTime.age(of: found.raisedAt, at: now))
            }
        }

        init(_ heading: String, id: String, _ workItems: [OpenWorkItem], at now: Date) {
            headingID = id
            self.heading = heading
            items = workItems.map { item in
                let age = BeijingTime.age(of: item.raisedAt, at: now)
                if let day = item.settlementDate {
                    if item.isAboutBiller {
                        return Item(
                            "收费单位对账单 \(day)", path: .billerStatements(of: day), detail: item.detail,
                            state: nil, age: age)
                    }
                    return Item(
                        "清算日 \(day)", path: .reconciliationDay(day.description), detail: item.detail,
                        state: nil, age: age)
                }
                if let number = item.settlementNumber {
                    return Item(
                        "收费单位结算", path: .settlement(number), detail: item.detail, state: nil, age: age)
                }
                guard let order = item.order else {
                    return Item("系统", path: nil, detail: item.detail, state: nil, age: age)
                }
                return Item(
                    order.enterpriseName, path: .staffOrder(order.number),
                    detail: "\(order.number) · \(item.detail)", state: nil, age: age)
            }
        }
    }

    let layout: Layout
    let isEmpty: Bool
    let groups: [Group]
    /// The way through the items that operations close; nil when all of them stand here.
    let pager: Pager?

    /// A group in which nothing waits is left out.
    init(layout: Layout, groups: [Group], pager: Pager? = nil) {
        self.layout = layout
        self.groups = groups.filter { !$0.items.isEmpty }
        isEmpty = self.groups.isEmpty && pager == nil
        self.pager = pager
    }
}
