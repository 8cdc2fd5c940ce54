-- name: add
-- A new account with the next number.
INSERT INTO account (key_email, email, name, role, password_hash, language, token_uids, key_tokens, created_at)
VALUES (:key_email, :email, :name, :role, :password_hash, :language, :token_uids, :key_tokens, :created_at)
RETURNING id;

-- name: save
-- All fields of a stored account.
UPDATE account
SET
    key_email = :key_email,
    email = :email,
    name = :name,
    role = :role,
    password_hash = :password_hash,
    language = :language,
    token_uids = :token_uids,
    key_tokens = :key_tokens,
    created_at = :created_at
WHERE id = :id
RETURNING id;

-- name: get
-- By number.
SELECT * FROM account WHERE id = :id;

-- name: by_email
-- By folded email.
SELECT * FROM account WHERE key_email = :key_email;

-- name: by_token
-- The driver of a Token.
SELECT * FROM account WHERE role = 'driver' AND key_tokens @> ARRAY[:key_token::text] ORDER BY id LIMIT 1;
