-- What comes into the reserve account, or leaves it, and is no net of a settlement day is parked, and the platform's own only
-- when two people say so.
ALTER TABLE differences DROP CONSTRAINT differences_handling_check;
ALTER TABLE differences ADD CONSTRAINT differences_handling_check CHECK (handling IN (
    'credited', 'returned', 'recovered', 'ownFunds', 'takenBack', 'charged', 'madeGood', 'borne', 'absent', 'acknowledged',
    'writtenOff', 'writeOffFailed'));
