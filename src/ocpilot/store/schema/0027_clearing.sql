-- Receipts follow from accepted CDRs; hooks are told when a CDR moves; credits wait for their originals.

ALTER TABLE cdr_clearing ADD COLUMN receipt_due boolean NOT NULL DEFAULT false;
CREATE INDEX cdr_clearing_receipt_due ON cdr_clearing (at, party, key_id) WHERE receipt_due;
DROP INDEX cdr_check_receipt_due;

CREATE FUNCTION tell_hooks_of_clearing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_hooks(
        'clearing.' || NEW.after, 'clearing', concat_ws('/', NEW.party, NEW.key_id, NEW.id), NEW.cdr_id,
        json_build_object(
            'party', NEW.party, 'id', NEW.cdr_id, 'before', NEW.before, 'after', NEW.after, 'who', NEW.who,
            'why', NEW.why
        )::text
    );
    RETURN NULL;
END
$$;
CREATE TRIGGER clearing_moved AFTER INSERT ON cdr_clearing_step
FOR EACH ROW EXECUTE FUNCTION tell_hooks_of_clearing();

-- What came before there was clearing was settled otherwise: only what is of the last day, and has no receipt, is looked at.
UPDATE cdr SET cleared = true WHERE last_updated < now() - interval '1 day' OR EXISTS (
    SELECT FROM receipt WHERE receipt.party = cdr.party AND receipt.key_id = cdr.key_id
);

-- Credit CDRs whose original has not come.
CREATE INDEX cdr_clearing_credit_waits ON cdr_clearing (at) WHERE state = 'new' AND key_credits IS NOT NULL;
