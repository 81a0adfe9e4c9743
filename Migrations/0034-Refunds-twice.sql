-- A refund that had failed and that the bank has done after all, when its money had gone back by another one, is disputed and
-- ends as done too: then two refunds of one case are done. What has to be one at a time is what is under way; that none begins
-- after another is done is the case's to say, which is locked and handled by then.
DROP INDEX refunds_of_difference;
CREATE UNIQUE INDEX refunds_of_difference ON refunds (difference_id)
    WHERE state IN ('requested', 'approved', 'sending', 'unknown', 'accepted', 'awaitingFunds');
