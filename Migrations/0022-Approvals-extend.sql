-- What else takes two people, and what else the worker does, from the bank channel on.
--
-- changeBank: a bank of the list; changeChannel: pausing a channel and sending again; releaseWithdrawal: a withdrawal that a
-- rule of follow-up monitoring holds; repayReceivable: an enterprise pays what it owes us out of its balance.

ALTER TABLE approval_requests DROP CONSTRAINT approval_requests_action_check;
ALTER TABLE approval_requests ADD CONSTRAINT approval_requests_action_check CHECK (action IN ('openAccount',
    'verifyRegisteredAccount', 'reissueActivation', 'changeEnterpriseState', 'replaceRegisteredAccount', 'changeLimits',
    'resetCredentials', 'largePayment', 'withdrawal', 'handleDifference', 'changeBank', 'changeChannel',
    'releaseWithdrawal', 'repayReceivable'));

ALTER TABLE jobs DROP CONSTRAINT jobs_kind_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_kind_check CHECK (kind IN (
    'topUp', 'billPayment', 'withdrawal', 'message', 'checkpoint', 'bankFile', 'reserveStatement', 'refund', 'monitoring',
    'retention'));
