-- What the billers' own statements and their payment on the next working day need of tables that others share.
--
-- settleBiller: paying a biller what was collected for it, decided by two people.

ALTER TABLE approval_requests DROP CONSTRAINT approval_requests_action_check;
ALTER TABLE approval_requests ADD CONSTRAINT approval_requests_action_check CHECK (action IN ('openAccount',
    'verifyRegisteredAccount', 'reissueActivation', 'changeEnterpriseState', 'replaceRegisteredAccount', 'changeLimits',
    'resetCredentials', 'largePayment', 'withdrawal', 'handleDifference', 'changeBank', 'changeChannel',
    'releaseWithdrawal', 'repayReceivable', 'settleBiller'));

-- billerStatement: fetch a biller's statement of a day; billerSettlement: collect what billers get, and pay it.
ALTER TABLE jobs DROP CONSTRAINT jobs_kind_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_kind_check CHECK (kind IN (
    'topUp', 'billPayment', 'withdrawal', 'message', 'checkpoint', 'bankFile', 'reserveStatement', 'refund', 'monitoring',
    'retention', 'billerStatement', 'billerSettlement'));

-- The day of the biller's statement that has the payment with our amount. Only what a statement has is paid to a biller.
ALTER TABLE bill_payments ADD COLUMN agreed_on date;
GRANT UPDATE (agreed_on) ON bill_payments TO portal_app;
