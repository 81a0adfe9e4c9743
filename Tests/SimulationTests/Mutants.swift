import Postgres

@testable import Sandbox

/// A portal that has one thing wrong. None of it is in the program: what the database guards is changed in the run's own
/// database, and what the portal would read wrongly it is told wrongly, in the bank's own hand.
enum Mutant: String, CaseIterable, Sendable {
    /// A bank serial can be booked again, and is.
    case serialGuardDropped
    /// 42 is taken for success.
    case lateDebitCredited
    /// 34 is taken for a refusal.
    case notKnownTakenAsFailed
    /// What comes back is not posted (P33).
    case returnOmitted
    /// A top-up is posted twice (P01).
    case postingDoubled
    /// The money of one case is given back twice.
    case refundCapUnchecked
    /// A payout without an answer is taken for refused, and its money set free.
    case releasedOnTimeOut
    /// A job gets lost.
    case jobLost

    /// The word of the bank that it takes for another one.
    var misreading: World.Misreading? {
        switch self {
        case .lateDebitCredited: .lateDebitAsPaid
        case .notKnownTakenAsFailed: .notKnownAsRefused
        case .releasedOnTimeOut: .silenceAsRefused
        default: nil
        }
    }

    /// How the sentence begins that has to tell of it.
    var isCaughtBy: String {
        switch self {
        case .serialGuardDropped: "I10"
        case .lateDebitCredited: "our paidConfirmed, at the bank debitedLate"
        case .notKnownTakenAsFailed, .releasedOnTimeOut: "our bankRefused, at the bank paid"
        case .returnOmitted, .postingDoubled: "I3"
        case .refundCapUnchecked: "I5"
        case .jobLost: "I14"
        }
    }

    /// Puts the mutant into a run's database.
    func enter(_ owner: Database) async throws {
        guard let script else { return }
        try await owner.transaction { try $0.executeScript(unsafeRaw: script) }
    }

    private var script: String? {
        switch self {
        case .lateDebitCredited, .notKnownTakenAsFailed, .releasedOnTimeOut: nil
        case .serialGuardDropped:
            """
            ALTER TABLE bank_serials DROP CONSTRAINT bank_serials_pkey;
            CREATE FUNCTION mutant() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                IF pg_trigger_depth() = 1 THEN INSERT INTO bank_serials SELECT NEW.*; END IF;
                RETURN NULL;
            END;
            $$;
            CREATE TRIGGER mutant AFTER INSERT ON bank_serials FOR EACH ROW EXECUTE FUNCTION mutant();
            """ + Self.doubled
        case .returnOmitted: Self.posting("IF p_code = 'P33' THEN RETURN 0; END IF;")
        case .postingDoubled: Self.doubled
        case .refundCapUnchecked:
            """
            DROP INDEX refunds_of_difference;
            ALTER FUNCTION create_refund RENAME TO create_refund_once;
            CREATE FUNCTION create_refund(
                p_number text, p_kind text, p_difference_id bigint, p_original_serial text, p_amount bigint,
                p_at timestamptz, p_actor_kind text, p_actor_id bigint
            ) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
            BEGIN
                PERFORM create_refund_once(
                    p_number || 'X', p_kind, p_difference_id, p_original_serial, p_amount, p_at, p_actor_kind, p_actor_id);
                RETURN create_refund_once(
                    p_number, p_kind, p_difference_id, p_original_serial, p_amount, p_at, p_actor_kind, p_actor_id);
            END;
            $$;
            GRANT EXECUTE ON FUNCTION create_refund TO portal_app;
            """
        case .jobLost:
            """
            CREATE SEQUENCE mutant_jobs;
            CREATE FUNCTION mutant() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                IF NEW.kind IN ('topUp', 'withdrawal') AND NEW.leased_until IS NULL AND nextval('mutant_jobs') % 10 = 0 THEN
                    DELETE FROM jobs WHERE kind = NEW.kind AND subject_id = NEW.subject_id;
                END IF;
                RETURN NULL;
            END;
            $$;
            CREATE TRIGGER mutant AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION mutant();
            """
        }
    }

    /// Posts each top-up twice.
    private static let doubled = posting(
        """
        IF p_code = 'P01' THEN
            PERFORM post_entry_once(
                p_code, p_source_kind, p_source_id, p_event, p_occurrence + 1000, p_booked_at, p_enterprise_id,
                p_accounts, p_owners, p_items, p_amounts);
        END IF;
        """)

    /// A function for postings that does `step` before it posts.
    private static func posting(_ step: String) -> String {
        """
        ALTER FUNCTION post_entry RENAME TO post_entry_once;
        CREATE FUNCTION post_entry(
            p_code text, p_source_kind text, p_source_id bigint, p_event text, p_occurrence integer,
            p_booked_at timestamptz, p_enterprise_id bigint,
            p_accounts text[], p_owners text[], p_items text[], p_amounts bigint[]
        ) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        BEGIN
            \(step)
            RETURN post_entry_once(
                p_code, p_source_kind, p_source_id, p_event, p_occurrence, p_booked_at, p_enterprise_id,
                p_accounts, p_owners, p_items, p_amounts);
        END;
        $$;
        GRANT EXECUTE ON FUNCTION post_entry TO portal_app;
        """
    }
}

extension FaultPlan {
    /// Few orders meet all that the mutants get wrong.
    static func forMutants(seed: Int64, isPaidTwice: Bool) -> FaultPlan {
        FaultPlan(
            seed: seed,
            rules: [
                .init(fault: .notificationLost, share: 0.5), .init(fault: .notificationRepeated, share: 0.3),
                .init(fault: .timeoutWithEffect, scope: .payout, share: 0.3),
                .init(fault: .notKnownThenSuccess, scope: .payout, share: 0.4, parameters: .init(days: 0.5)),
                .init(fault: .debitedLate, share: 0.15, parameters: .init(inFile: false)),
                .init(fault: .payoutReturned, share: 0.4, parameters: .init(days: 1)),
                .init(fault: .fileExtraLine, share: 0.5),
            ] + (isPaidTwice ? [.init(fault: .paidTwice, share: 0.3)] : []))
    }
}
