import Postgres
import TestDatabase
import Testing

@Suite("The application's role")
struct GrantTests {
    /// All that the role may do, table by table; in brackets the columns that it may update.
    static let rights: [String: String] = [
        // The books, orders and their tables: by functions only.
        "account_checkpoints": "SELECT",
        "checkpoint_marks": "",
        "enterprise_accounts": "SELECT",
        "journal_claims": "SELECT",
        "journal_entries": "SELECT",
        "order_events": "SELECT",
        "order_states": "SELECT",
        "order_transitions": "SELECT",
        "orders": "SELECT",
        "platform_balances": "SELECT",
        "postings": "SELECT",
        // What happened: written once.
        "account_opening_events": "SELECT INSERT",
        "account_opening_versions": "SELECT INSERT",
        "approval_request_editors": "SELECT INSERT",
        "approval_requests": "SELECT INSERT",
        "approvals": "SELECT INSERT",
        "audit_events": "SELECT INSERT",
        "bank_messages": "SELECT INSERT",
        "bank_serials": "SELECT INSERT",
        "bill_queries": "SELECT INSERT",
        "commands": "SELECT INSERT",
        "enterprise_events": "SELECT INSERT",
        "payment_password_failures": "SELECT INSERT",
        "registered_account_events": "SELECT INSERT",
        "top_up_bank_versions": "SELECT INSERT",
        // What changes, by named columns.
        "account_opening_cases": "SELECT INSERT UPDATE(changed_at city_code enterprise_id state version)",
        "activation_links": "SELECT INSERT UPDATE(state used_at)",
        "activation_reissues": "SELECT INSERT",
        "bill_payments": "SELECT INSERT UPDATE(agreed_on biller_serial changed_query_id reason)",
        "enterprises": "SELECT INSERT UPDATE(state version)",
        "inbox_messages": "SELECT UPDATE(read_at)",
        "messages": "SELECT INSERT UPDATE(attempts body_sealed ended_at state)",
        "operators": """
        SELECT INSERT UPDATE(credentials_version last_signed_in_address last_signed_in_at login_password \
        payment_password state)
        """,
        "registered_accounts": "SELECT INSERT UPDATE(state version)",
        "staff": """
        SELECT INSERT UPDATE(credentials_version last_signed_in_address last_signed_in_at must_change_password password state)
        """,
        "top_ups": "SELECT INSERT UPDATE(bank_serial credited_through settlement_date)",
        "withdrawals": "SELECT INSERT UPDATE(bank_serial reason settlement_date transaction_time)",
        "work_items": "SELECT INSERT UPDATE(resolution resolved_at resolved_by)",
        // What the bank says, and the cases that come of it.
        "bank_channels": "SELECT",
        "bank_files": "SELECT INSERT",
        "channel_changes": "SELECT INSERT",
        "bank_file_tries": "SELECT INSERT",
        "bank_file_classes": "SELECT",
        "bank_file_exceptions": "SELECT INSERT",
        "bank_file_sums": "SELECT INSERT",
        "bank_file_lines": "SELECT INSERT",
        "bank_file_staging": "SELECT INSERT DELETE",
        "biller_statements": """
        SELECT INSERT UPDATE(accepted_at digest problem stated_count stated_sum tried_at tries)
        """,
        "biller_statement_lines": "SELECT INSERT",
        "biller_statement_sums": "SELECT INSERT",
        "reserve_statements": "SELECT INSERT",
        "reserve_statement_lines": "SELECT INSERT",
        "differences": "SELECT",
        "difference_events": "SELECT",
        "difference_steps": "SELECT",
        "refunds": "SELECT UPDATE(bank_serial transaction_time)",
        "refund_events": "SELECT",
        "refund_steps": "SELECT",
        "biller_accounts": "SELECT INSERT",
        "biller_settlement_attempts":
            "SELECT INSERT UPDATE(bank_serial ended_at is_compared outcome settlement_date transaction_time)",
        "biller_settlement_events": "SELECT",
        "biller_settlement_lines": "SELECT",
        "biller_settlement_steps": "SELECT",
        "biller_settlements": "SELECT",
        "repayments": "SELECT INSERT UPDATE(decided_at decided_by reply state version)",
        // Follow-up monitoring.
        "follow_up_rules": "SELECT",
        "follow_up_progress": "SELECT UPDATE(applied_until)",
        "follow_up_cases": "SELECT INSERT UPDATE(decision owner_id reason state)",
        "follow_up_evidence": "SELECT INSERT",
        "follow_up_events": "SELECT INSERT",
        "withdrawal_holds": "SELECT INSERT UPDATE(handling reason state version)",
        "held_withdrawals": "SELECT INSERT",
        "held_settlements": "SELECT INSERT",
        // What comes and goes.
        "billers": "SELECT INSERT UPDATE",
        "jobs": "SELECT INSERT UPDATE DELETE",
        "open_bills": "SELECT INSERT DELETE",
        "sessions": "SELECT INSERT DELETE UPDATE(last_seen_at)",
        "sign_in_tries": "SELECT INSERT DELETE UPDATE(outcome)",
        // What others give us.
        "banks": "SELECT",
        "bill_items": "SELECT",
        "calendar_years": "SELECT",
        "cities": "SELECT",
        "provinces": "SELECT",
        "schema_migrations": "",
        "state_steps": "SELECT",
        "top_up_banks": "SELECT",
        "working_day_exceptions": "SELECT",
    ]

    /// The functions that run with the owner's rights and that the role may call.
    static let functions: Set<String> = [
        "analyze_bank_file_lines", "apply_channel_change", "channel_is_paused", "close_checkpoint",
        "collect_biller_settlement", "create_order", "create_refund", "fill_biller_settlement",
        "lock_biller_settlement", "record_biller_settlement_event",
        "lock_channel", "lock_difference", "lock_enterprise_accounts", "open_difference",
        "open_enterprise_accounts", "record_difference_event", "record_refund_event",
        "remove_expired_bank_messages",
        "post_entry",
        "record_order_event", "release_bank_serial", "tell_operators",
    ]

    @Test("may do with each table what is listed here and nothing else")
    func tables() async throws {
        let rows = try await asOwner(
            """
            SELECT c.relname::text AS name, c.relispartition AS is_partition, concat_ws(
                ' ', (
                    SELECT string_agg(p.name, ' ' ORDER BY p.place)
                    FROM unnest(ARRAY[
                        'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'
                    ]) WITH ORDINALITY AS p (name, place)
                    WHERE has_table_privilege('portal_app', c.oid, p.name)
                ), (
                    SELECT 'UPDATE(' || string_agg(a.attname, ' ' ORDER BY a.attname) || ')' FROM pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                        AND NOT has_table_privilege('portal_app', c.oid, 'UPDATE')
                        AND has_column_privilege('portal_app', c.oid, a.attnum, 'UPDATE')
                ), (
                    SELECT 'INSERT(' || string_agg(a.attname, ' ' ORDER BY a.attname) || ')' FROM pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                        AND NOT has_table_privilege('portal_app', c.oid, 'INSERT')
                        AND has_column_privilege('portal_app', c.oid, a.attnum, 'INSERT')
                )) AS rights
            FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            """)
        var found: [String: String] = [:]
        for row in rows {
            let (name, rights): (String, String) = try (row["name"], row["rights"])
            if try row["is_partition"] {
                // A partition is reached through its table; its own rights would be a way around that.
                #expect(rights == "", "\(name)")
            } else {
                found[name] = rights
            }
        }
        for name in Set(found.keys).union(Self.rights.keys).sorted() {
            #expect(found[name] == Self.rights[name], "\(name)")
        }
    }

    @Test("may call with the owner's rights the functions listed here and no other")
    func ownersFunctions() async throws {
        let rows = try await asOwner(
            """
            SELECT proname::text AS name FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace AND prosecdef
                AND has_function_privilege('portal_app', oid, 'EXECUTE')
            """)
        #expect(try Set(rows.map { try $0.decode("name", as: String.self) }) == Self.functions)
    }

    @Test("owns nothing, makes nothing, and is refused by the server when it tries to change the books")
    func tries() async throws {
        try await TestDatabase.with { test in
            let app = test.open(.app)
            let forbidden: [SQL] = [
                "UPDATE postings SET amount = 1", "DELETE FROM postings", "TRUNCATE postings",
                "INSERT INTO postings (entry_id) VALUES (1)", "DELETE FROM postings_2026",
                "UPDATE journal_entries SET code = 'P99'", "DELETE FROM journal_entries",
                "TRUNCATE journal_entries", "DELETE FROM journal_claims",
                "UPDATE enterprise_accounts SET balance = 1",
                "UPDATE order_events SET note = ''", "DELETE FROM order_events", "TRUNCATE order_events",
                "UPDATE orders SET state = 'credited'", "DELETE FROM approvals",
                "UPDATE audit_events SET detail = ''", "DELETE FROM audit_events", "TRUNCATE audit_events",
                "CREATE TABLE mine (id int)", "ALTER TABLE postings DISABLE TRIGGER ALL",
                "SET ROLE portal_owner",
            ]
            for statement in forbidden {
                let failure = await #expect(throws: PostgresError.self, "\(statement)") {
                    try await app.execute(statement)
                }
                #expect(failure?.sqlState == "42501", "\(statement)")
            }
            await app.close()
            let owned = try await asOwner(
                "SELECT count(*) AS n FROM pg_class WHERE pg_get_userbyid(relowner) = 'portal_app'")
            #expect(try owned[0]["n"] == 0)
        }
    }

    private func asOwner(_ sql: SQL) async throws -> [Row] {
        let database = try await TestDatabase.shared("GrantTests").open(.owner, poolSize: 1)
        do {
            let rows = try await database.query(sql)
            await database.close()
            return rows
        } catch {
            await database.close()
            throw error
        }
    }
}
