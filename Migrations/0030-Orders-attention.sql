-- What persons were told of an order has found its answer when the order ends, or when a case about an order that has ended
-- is done with. What is still to be looked at after that is told anew.

CREATE INDEX work_items_of_order ON work_items (order_id) WHERE resolved_at IS NULL;

CREATE FUNCTION end_attention() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_order bigint;
BEGIN
    -- Each table has columns of its own, so that they are named only where they are.
    IF TG_TABLE_NAME = 'orders' THEN
        v_order := NEW.id;
    ELSE
        SELECT id INTO v_order FROM orders WHERE id = NEW.order_id AND is_final;
    END IF;
    UPDATE work_items SET resolved_at = NEW.state_since, resolution = '已有结果，自动关闭'
    WHERE order_id = v_order AND resolved_at IS NULL;
    RETURN NULL;
END;
$$;

CREATE TRIGGER orders_end_attention AFTER UPDATE OF is_final ON orders
    FOR EACH ROW WHEN (NEW.is_final AND NOT OLD.is_final) EXECUTE FUNCTION end_attention();

CREATE TRIGGER differences_end_attention AFTER UPDATE OF state ON differences
    FOR EACH ROW WHEN (NEW.state IN ('selfCleared', 'resolved') AND OLD.state <> NEW.state AND NEW.order_id IS NOT NULL)
    EXECUTE FUNCTION end_attention();

CREATE TRIGGER differences_found_ended AFTER INSERT ON differences
    FOR EACH ROW WHEN (NEW.state = 'selfCleared' AND NEW.order_id IS NOT NULL) EXECUTE FUNCTION end_attention();
