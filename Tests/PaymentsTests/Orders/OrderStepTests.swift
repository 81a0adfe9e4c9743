import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Steps of orders")
struct OrderStepTests {
    @Test("The transition tables of code and database are the same")
    func transitionTables() async throws {
        try await MoneyFixture.with { money in
            func rows<Status: OrderStatus>(_ type: Status.Type) -> [String] {
                Status.transitions.map {
                    let from = $0.from.map { "\($0.state) \($0.writeOff)" } ?? " none"
                    return "\(Status.kind) \(from) \($0.event.rawValue) \($0.to.state) \($0.to.writeOff)"
                }
            }
            let code = rows(TopUpStatus.self) + rows(BillPaymentStatus.self) + rows(WithdrawalStatus.self)
            let stored = try await money.owner.query(
                """
                SELECT concat_ws(' ', kind, from_state, from_write_off, event, to_state, to_write_off) AS row
                FROM order_transitions
                """
            ).map { try $0.decode("row", as: String.self) }
            #expect(Set(code) == Set(stored))
            #expect(code.count == stored.count)
            func states<Status: OrderStatus>(_ type: Status.Type) -> [String] {
                Status.allCases.map { "\(Status.kind) \($0.state) \($0.writeOff) \($0.isFinal)" }
            }
            let known =
                states(TopUpStatus.self) + states(BillPaymentStatus.self) + states(WithdrawalStatus.self)
            let kept = try await money.owner.query(
                "SELECT concat_ws(' ', kind, state, write_off, is_final::text) AS row FROM order_states"
            ).map { try $0.decode("row", as: String.self) }
            #expect(Set(known) == Set(kept))
        }
    }

    @Test(
        "From every state, by every event, to every state: the code takes what its table has and nothing else"
    )
    func inCode() {
        func check<Status: OrderStatus>(_ type: Status.Type) {
            for from in [nil] + Status.allCases.map(Optional.some) {
                for event in Status.Event.allCases {
                    let listed = Set(
                        Status.transitions.filter { $0.from == from && $0.event == event }.map(\.to))
                    let taken = Set(
                        Status.allCases.filter {
                            (try? Status.after(event, from: from, choosing: $0)) == $0
                        })
                    #expect(taken == listed, "\(from?.name ?? "–") \(event)")
                    // Unless the table leaves a choice, nobody has to name the next state.
                    let next = try? Status.after(event, from: from)
                    #expect(next == (listed.count == 1 ? listed.first : nil), "\(from?.name ?? "–") \(event)")
                }
            }
        }
        check(TopUpStatus.self)
        check(BillPaymentStatus.self)
        check(WithdrawalStatus.self)
    }

    /// Tries every step from where an order stands, and every beginning of an order; gives those that were taken, and
    /// takes them back.
    private static let functions = """
        CREATE FUNCTION steps_taken(p_order bigint, p_events text[]) RETURNS TABLE (step text)
        LANGUAGE plpgsql AS $$
        DECLARE
            v_order orders;
            v_to order_states;
            v_constraint text;
        BEGIN
            SELECT * INTO STRICT v_order FROM orders WHERE id = p_order;
            FOR i IN 1..cardinality(p_events) LOOP
                FOR v_to IN SELECT * FROM order_states WHERE kind = v_order.kind LOOP
                    BEGIN
                        PERFORM record_order_event(
                            p_order, p_events[i], v_to.state, v_to.write_off, v_order.created_at, 'system', NULL, '');
                        RAISE EXCEPTION 'taken' USING ERRCODE = 'TAKEN';
                    EXCEPTION
                        WHEN SQLSTATE 'TAKEN' THEN
                            step := concat_ws(' ', p_events[i], v_to.state, v_to.write_off);
                            RETURN NEXT;
                        WHEN check_violation THEN
                            GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME;
                            IF v_constraint <> 'order_step_is_legal' THEN RAISE; END IF;
                    END;
                END LOOP;
            END LOOP;
        END;
        $$;
        CREATE FUNCTION beginnings_taken(
            p_kind text, p_enterprise bigint, p_operator bigint, p_events text[], p_at timestamptz
        ) RETURNS TABLE (step text)
        LANGUAGE plpgsql AS $$
        DECLARE
            v_to order_states;
            v_constraint text;
        BEGIN
            FOR i IN 1..cardinality(p_events) LOOP
                FOR v_to IN SELECT * FROM order_states WHERE kind = p_kind AND write_off = 'none' LOOP
                    BEGIN
                        PERFORM create_order(
                            p_kind, 'ZZ000000', p_enterprise, p_operator, 100, 0, '对方', p_events[i], v_to.state, p_at);
                        RAISE EXCEPTION 'taken' USING ERRCODE = 'TAKEN';
                    EXCEPTION
                        WHEN SQLSTATE 'TAKEN' THEN
                            step := concat_ws(' ', p_events[i], v_to.state, v_to.write_off);
                            RETURN NEXT;
                        WHEN check_violation THEN
                            GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME;
                            IF v_constraint <> 'order_step_is_legal' THEN RAISE; END IF;
                    END;
                END LOOP;
            END LOOP;
        END;
        $$;
        """

    @Test(
        "The database takes the same steps and refuses all others; the application's role sets no state itself"
    )
    func inDatabase() async throws {
        try await MoneyFixture.with { money in
            try await money.owner.transaction { try $0.executeScript(unsafeRaw: Self.functions) }
            try await Self.check(TopUpStatus.self, money)
            try await Self.check(BillPaymentStatus.self, money)
            try await Self.check(WithdrawalStatus.self, money)
        }
    }

    private static func check<Status: OrderStatus>(_ type: Status.Type, _ money: MoneyFixture) async throws {
        let app = money.platform.database
        let events = Status.Event.allCases.map(\.rawValue)
        func listed(_ from: Status?) -> Set<String> {
            Set(
                Status.transitions.filter { $0.from == from }.map {
                    "\($0.event.rawValue) \($0.to.state) \($0.to.writeOff)"
                })
        }
        func steps(_ sql: SQL) async throws -> Set<String> {
            try await Set(app.query(sql).map { try $0.decode("step", as: String.self) })
        }
        let begun = try await steps(
            """
            SELECT step FROM beginnings_taken(
                \(Status.kind.rawValue), \(money.clerk.enterprise), \(money.clerk.person), \(events), \(money.clock.now))
            """)
        #expect(begun == listed(nil), "\(Status.kind)")
        guard let first = Status.transitions.first(where: { $0.from == nil }) else { throw RowMissing() }
        let row = try await app.query(
            """
            SELECT create_order(
                \(Status.kind.rawValue), \("ZZ0\(Status.kind.rawValue.uppercased())"), \(money.clerk.enterprise),
                \(money.clerk.person), 100, 0, '对方', \(first.event.rawValue), \(first.to.state), \(money.clock.now)
            ) AS id
            """)
        let id: Int64 = try row[0]["id"]
        for from in Status.allCases {
            try await money.owner.execute(
                "UPDATE orders SET state = \(from.state), write_off = \(from.writeOff) WHERE id = \(id)")
            let taken = try await steps("SELECT step FROM steps_taken(\(id), \(events))")
            #expect(taken == listed(from), "\(Status.kind) \(from.name)")
            for to in Status.allCases {
                let failure = await #expect(throws: PostgresError.self) {
                    try await app.execute(
                        "UPDATE orders SET state = \(to.state), write_off = \(to.writeOff) WHERE id = \(id)")
                }
                #expect(failure?.kind == .insufficientPrivilege)
            }
        }
    }
}
