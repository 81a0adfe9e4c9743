-- Follow-up monitoring (事后监控): rules over what companies have done with their money, the cases that they raise, and the
-- holds by which a rule keeps a company's next withdrawal back until two people have looked at it. Amounts are fen.

-- The rules, as data. A change is a row more, with the next version: the newest counts, and a case cites the one that raised
-- it. They are changed by migrations only, because the application's role may not write here.
CREATE TABLE follow_up_rules (
    rule text NOT NULL CHECK (rule IN (
        'quickTurn', 'manySmall', 'newAccountLarge', 'dormantActive', 'returnedTwice')),
    version integer NOT NULL CHECK (version > 0),
    name text NOT NULL,
    -- What it looks for; the thresholds stand in it as {hours}, {days}, {count}, {least}, {most} and {percent}.
    sentence text NOT NULL,
    hours integer CHECK (hours > 0),
    days integer CHECK (days > 0),
    least_count integer CHECK (least_count > 1),
    least_amount bigint CHECK (least_amount > 0),
    most_amount bigint CHECK (most_amount > 0),
    least_percent integer CHECK (least_percent BETWEEN 1 AND 100),
    is_on boolean NOT NULL DEFAULT true,
    -- Whether a case keeps the company's next withdrawal back.
    holds_withdrawals boolean NOT NULL DEFAULT false,
    PRIMARY KEY (rule, version),
    CHECK ((hours IS NOT NULL) = (rule IN ('quickTurn', 'manySmall', 'dormantActive'))),
    CHECK ((days IS NOT NULL) = (rule IN ('newAccountLarge', 'dormantActive', 'returnedTwice'))),
    CHECK ((least_count IS NOT NULL) = (rule IN ('manySmall', 'returnedTwice'))),
    CHECK ((least_amount IS NOT NULL) = (rule IN ('quickTurn', 'newAccountLarge', 'dormantActive'))),
    CHECK ((most_amount IS NOT NULL) = (rule = 'manySmall')),
    CHECK ((least_percent IS NOT NULL) = (rule = 'quickTurn'))
);

INSERT INTO follow_up_rules (
    rule, version, name, sentence, hours, days, least_count, least_amount, most_amount, least_percent, holds_withdrawals)
VALUES
    ('quickTurn', 1, '快进快出', '充值入账后 {hours} 小时内提现合计 {least} 元以上，且不少于充值金额的 {percent}%，其间没有缴费',
        24, NULL, NULL, 1000000, NULL, 80, false),
    ('manySmall', 1, '多笔小额提现', '{hours} 小时内提现 {count} 笔以上，每笔不超过 {most} 元',
        24, NULL, 5, NULL, 500000, NULL, false),
    ('newAccountLarge', 1, '新账户大额提现', '提现账户验证后 {days} 天内，单笔提现 {least} 元以上',
        NULL, 7, NULL, 5000000, NULL, NULL, false),
    ('dormantActive', 1, '久未交易后提现', '{days} 天以上没有收支，恢复交易后 {hours} 小时内单笔提现 {least} 元以上',
        72, 180, NULL, 1000000, NULL, NULL, false),
    ('returnedTwice', 1, '多次退汇', '{days} 天内有 {count} 笔以上提现被银行退汇',
        NULL, 30, 2, NULL, NULL, NULL, true);

-- Through when the rules have been applied. One row; whoever applies them locks it.
CREATE TABLE follow_up_progress (
    is_the_one boolean PRIMARY KEY DEFAULT true CHECK (is_the_one),
    applied_until timestamptz NOT NULL
);

INSERT INTO follow_up_progress (applied_until) VALUES ('2025-01-01 00:00:00+08');

CREATE TABLE follow_up_cases (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number text NOT NULL UNIQUE CHECK (number ~ '^RC[0-9A-Z]{6,30}$'),
    rule text NOT NULL,
    rule_version integer NOT NULL,
    enterprise_id bigint NOT NULL REFERENCES enterprises,
    -- The order by which the rule was hit, and when.
    order_id bigint NOT NULL REFERENCES orders,
    happened_at timestamptz NOT NULL,
    raised_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'taken', 'decided')),
    owner_id bigint REFERENCES staff,
    decision text CHECK (decision IN ('unremarkable', 'verified', 'escalated')),
    reason text CHECK (char_length(reason) BETWEEN 1 AND 500),
    FOREIGN KEY (rule, rule_version) REFERENCES follow_up_rules,
    -- One case a rule and order, however often the rule is applied.
    CONSTRAINT follow_up_cases_once UNIQUE (rule, order_id),
    CHECK ((state = 'open') = (owner_id IS NULL)),
    CHECK ((state = 'decided') = (decision IS NOT NULL)),
    CHECK ((decision IS NULL) = (reason IS NULL))
);

CREATE INDEX follow_up_cases_of_enterprise ON follow_up_cases (enterprise_id, rule, happened_at);
CREATE INDEX follow_up_cases_open ON follow_up_cases (id) WHERE state <> 'decided';

CREATE TRIGGER follow_up_case_step BEFORE UPDATE OF state ON follow_up_cases
FOR EACH ROW EXECUTE FUNCTION refuse_unlisted_step('follow_up_case');

-- What the rule has seen, as it was then.
CREATE TABLE follow_up_evidence (
    case_id bigint NOT NULL REFERENCES follow_up_cases,
    place integer NOT NULL CHECK (place > 0),
    fact text NOT NULL CHECK (fact IN (
        'toppedUp', 'withdrawn', 'returned', 'accountVerified', 'opened', 'lastActive', 'activeAgain')),
    at timestamptz NOT NULL,
    order_id bigint REFERENCES orders,
    amount bigint CHECK (amount > 0),
    PRIMARY KEY (case_id, place),
    CHECK ((order_id IS NULL) = (amount IS NULL))
);

CREATE INDEX follow_up_evidence_of_order ON follow_up_evidence (order_id);

CREATE TABLE follow_up_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL REFERENCES follow_up_cases,
    event text NOT NULL,
    at timestamptz NOT NULL,
    -- Nobody for the machine.
    staff_id bigint REFERENCES staff,
    note text NOT NULL DEFAULT ''
);

CREATE INDEX follow_up_events_of_case ON follow_up_events (case_id, id);

-- A hold keeps the withdrawals of a company back from the moment of its case until two people release them. They may also
-- cancel what it keeps back; then it goes on, for the next.
CREATE TABLE withdrawal_holds (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL UNIQUE REFERENCES follow_up_cases,
    enterprise_id bigint NOT NULL REFERENCES enterprises,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'proposed', 'released')),
    -- What is proposed, or was done at its end, and why.
    handling text CHECK (handling IN ('release', 'cancel')),
    reason text CHECK (char_length(reason) BETWEEN 1 AND 500),
    -- Rises with every change: two people agree about one version.
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    CHECK ((state = 'active') = (handling IS NULL)),
    CHECK ((handling IS NULL) = (reason IS NULL))
);

-- Asked for before each withdrawal is sent.
CREATE INDEX withdrawal_holds_open ON withdrawal_holds (enterprise_id, id) WHERE state IN ('active', 'proposed');

CREATE TRIGGER withdrawal_hold_step BEFORE UPDATE OF state ON withdrawal_holds
FOR EACH ROW EXECUTE FUNCTION refuse_unlisted_step('withdrawal_hold');

-- The withdrawals that a hold has kept back. One that was cancelled by its clerk in the meantime stays here.
CREATE TABLE held_withdrawals (
    hold_id bigint NOT NULL REFERENCES withdrawal_holds,
    order_id bigint NOT NULL REFERENCES orders,
    held_at timestamptz NOT NULL,
    PRIMARY KEY (hold_id, order_id)
);

CREATE INDEX held_withdrawals_of_order ON held_withdrawals (order_id);

INSERT INTO state_steps (subject, from_state, to_state) VALUES
    ('follow_up_case', 'open', 'taken'),
    ('follow_up_case', 'taken', 'decided'),
    ('withdrawal_hold', 'active', 'proposed'),
    ('withdrawal_hold', 'proposed', 'active'),
    ('withdrawal_hold', 'proposed', 'released');

-- What the rules read: the withdrawals since they were last applied, a company's own of some hours, those that came back.
CREATE INDEX orders_withdrawals_by_time ON orders (created_at) WHERE kind = 'withdrawal';
CREATE INDEX orders_withdrawals_of_enterprise ON orders (enterprise_id, created_at) WHERE kind = 'withdrawal';
CREATE INDEX orders_returned_by_time ON orders (state_since) WHERE kind = 'withdrawal' AND state = 'returned';
CREATE INDEX orders_returned_of_enterprise ON orders (enterprise_id, state_since)
    WHERE kind = 'withdrawal' AND state = 'returned';

GRANT SELECT ON follow_up_rules TO portal_app;
GRANT SELECT, UPDATE (applied_until) ON follow_up_progress TO portal_app;
GRANT SELECT, INSERT, UPDATE (state, owner_id, decision, reason) ON follow_up_cases TO portal_app;
GRANT SELECT, INSERT ON follow_up_evidence, follow_up_events, held_withdrawals TO portal_app;
GRANT SELECT, INSERT, UPDATE (state, handling, reason, version) ON withdrawal_holds TO portal_app;
