-- The inbox of operators: what happened to their enterprise's orders and account, told in the transaction in which it
-- happened. A message belongs to one operator, who reads it or not; what it says is its topic, whose words are in the code.
-- Amounts are fen.
CREATE TABLE inbox_messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_id bigint NOT NULL REFERENCES operators,
    topic text NOT NULL,
    -- The order it is about, and how much; null where it is about the account as such.
    order_id bigint REFERENCES orders,
    amount bigint CHECK (amount > 0),
    at timestamptz NOT NULL,
    read_at timestamptz
);

CREATE INDEX inbox_messages_of_operator ON inbox_messages (operator_id, id DESC);
-- Few; counted for each page of a signed-in operator.
CREATE INDEX inbox_messages_unread ON inbox_messages (operator_id, id DESC) WHERE read_at IS NULL;

-- Tells the operators of an enterprise, each by a message of their own.
CREATE FUNCTION tell_operators(
    p_enterprise_id bigint, p_topic text, p_order_id bigint, p_amount bigint, p_at timestamptz
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO inbox_messages (operator_id, topic, order_id, amount, at)
    SELECT id, p_topic, p_order_id, p_amount, p_at FROM operators
    WHERE enterprise_id = p_enterprise_id AND state <> 'disabled' ORDER BY id;
$$;

GRANT SELECT, UPDATE (read_at) ON inbox_messages TO portal_app;
REVOKE EXECUTE ON FUNCTION tell_operators FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tell_operators TO portal_app;

-- The reconciliation of one enterprise looks for its cases.
CREATE INDEX differences_of_enterprise ON differences (enterprise_id) WHERE enterprise_id IS NOT NULL;
