-- Billers as data: who is paid, for what, in which city, under which number, by which rule of amount.
CREATE TABLE bill_items (
    code text PRIMARY KEY,
    name text NOT NULL,
    position integer NOT NULL UNIQUE
);

CREATE TABLE billers (
    code text PRIMARY KEY CHECK (code ~ '^[A-Z0-9]{2,12}$'),
    name text NOT NULL,
    city_code text NOT NULL REFERENCES cities,
    bill_item text NOT NULL REFERENCES bill_items,
    -- exact: all arrears at once; periods: whole bills, freely chosen; prepayment: any amount, kept for the customer.
    amount_rule text NOT NULL CHECK (amount_rule IN ('exact', 'periods', 'prepayment')),
    -- What the biller calls its customer number, how it looks, and an example.
    number_label text NOT NULL,
    number_pattern text NOT NULL,
    number_hint text NOT NULL,
    -- Least and most that one payment may be, in fen.
    least_amount bigint NOT NULL CHECK (least_amount > 0),
    most_amount bigint NOT NULL CHECK (most_amount >= least_amount),
    address text NOT NULL,
    is_active boolean NOT NULL DEFAULT true
);

CREATE INDEX billers_of_city ON billers (city_code, bill_item) WHERE is_active;

GRANT SELECT ON bill_items, billers TO portal_app;
GRANT INSERT, UPDATE ON billers TO portal_app;

INSERT INTO bill_items (code, name, position) VALUES
    ('water', '水费', 1),
    ('electricity', '电费', 2),
    ('gas', '燃气费', 3),
    ('cable-tv', '有线电视费', 4),
    ('telecom', '通信费', 5),
    ('heating', '供暖费', 6),
    ('property', '物业费', 7);
