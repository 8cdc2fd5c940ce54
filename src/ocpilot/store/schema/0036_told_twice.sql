-- Payments near a day are looked at: the other kind of bank file may have told of the same.
CREATE INDEX bank_payment_day ON bank_payment (day, currency);
