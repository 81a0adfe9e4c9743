-- What comes back of a payout whose loss the platform has borne is the platform's own, and so may be what comes into the reserve
-- account, or leaves it, and is no net of a settlement day: when two people say so.
ALTER TABLE differences DROP CONSTRAINT differences_handling_check;
ALTER TABLE differences ADD CONSTRAINT differences_handling_check CHECK (handling IN (
    'credited', 'returned', 'recovered', 'ownFunds', 'takenBack', 'charged', 'madeGood', 'borne', 'absent', 'acknowledged',
    'writtenOff', 'writeOffFailed'));
