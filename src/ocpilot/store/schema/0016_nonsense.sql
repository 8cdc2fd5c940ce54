-- Since when a peer has answered an object with what is no OCPI, such as the page of a maintenance: given up after a day.
ALTER TABLE delivery ADD COLUMN nonsense_since timestamptz;
