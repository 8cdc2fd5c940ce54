-- name: find
-- Messages without headers and bodies, newest first.
SELECT {line} FROM message WHERE {conditions} ORDER BY at DESC, id DESC LIMIT :limit;

-- name: get
-- One message whole.
SELECT {whole} FROM message WHERE id = :id ORDER BY at DESC LIMIT 1;
