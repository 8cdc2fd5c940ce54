-- Web hooks and what is to be told to them. A hook reads the change log as a peer does, so both count in one sequence.
CREATE TABLE hook (
    id integer PRIMARY KEY DEFAULT nextval(pg_get_serial_sequence('peer', 'id')),
    key_name text COLLATE "C" NOT NULL UNIQUE,
    name text NOT NULL,
    url text NOT NULL,
    secret_sealed bytea NOT NULL,
    events text[] NOT NULL,
    party text,
    active boolean NOT NULL,
    ended_because text,
    delivered_at timestamptz,
    created_at timestamptz NOT NULL
);

-- state: 'new' was never sent and takes later changes of its object in; 'once' was never sent and does not; 'waiting'
-- may have been sent, so its body stays as it is; 'dead' was refused. What arrived is gone. `data` is what a trigger says.
CREATE TABLE hook_event (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE DEFAULT gen_random_uuid()::text,
    hook_id integer NOT NULL REFERENCES hook (id) ON DELETE CASCADE,
    event text NOT NULL,
    module text NOT NULL,
    party text COLLATE "C" NOT NULL DEFAULT '',
    key_id text COLLATE "C" NOT NULL,
    key_sub text COLLATE "C" NOT NULL DEFAULT '',
    object_id text NOT NULL,
    sub text NOT NULL DEFAULT '',
    peer_id integer NOT NULL DEFAULT 0,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz,
    last_error text,
    data text,
    body text
);
CREATE UNIQUE INDEX hook_event_new ON hook_event (hook_id, module, party, key_id, key_sub) WHERE state = 'new';
CREATE INDEX hook_event_due ON hook_event (hook_id, seq) WHERE state <> 'dead';
CREATE INDEX hook_event_object ON hook_event (hook_id, module, party, key_id, key_sub, seq) WHERE state <> 'dead';
CREATE INDEX hook_event_dead ON hook_event (hook_id, seq) WHERE state = 'dead';

-- What is no object is told by triggers, in the transaction in which it happens, to the hooks of the whole platform.
CREATE FUNCTION tell_hooks(word text, about text, key text, ident text, said text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO hook_event (hook_id, event, module, key_id, object_id, state, data)
    SELECT id, word, about, key, ident, 'once', said FROM hook
    WHERE active AND party IS NULL
        AND (events = '{}' OR word = ANY(events) OR split_part(word, '.', 1) || '.*' = ANY(events));
$$;

CREATE FUNCTION tell_hooks_of_peer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_hooks('peer.' || NEW.state, 'peer', NEW.id::text, NEW.id::text, NULL);
    RETURN NULL;
END
$$;
CREATE TRIGGER peer_added AFTER INSERT ON peer FOR EACH ROW EXECUTE FUNCTION tell_hooks_of_peer();
CREATE TRIGGER peer_moved AFTER UPDATE ON peer
FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION tell_hooks_of_peer();

CREATE FUNCTION tell_hooks_of_command() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.result IS NOT NULL AND OLD.result IS DISTINCT FROM NEW.result THEN
        PERFORM tell_hooks('command.result', 'command', NEW.id, NEW.id, NULL);
    END IF;
    IF NEW.session_id IS NOT NULL AND OLD.session_id IS DISTINCT FROM NEW.session_id THEN
        PERFORM tell_hooks('command.session', 'command', NEW.id, NEW.id, NULL);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER command_answered AFTER UPDATE ON command
FOR EACH ROW WHEN ((OLD.result, OLD.session_id) IS DISTINCT FROM (NEW.result, NEW.session_id))
EXECUTE FUNCTION tell_hooks_of_command();

CREATE FUNCTION tell_hooks_of_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said json := json_build_object(
        'peer', (SELECT name FROM peer WHERE id = NEW.peer_id), 'module', NEW.module, 'party', NEW.party, 'id', NEW.id,
        'sub', NEW.sub, 'attempts', NEW.attempts, 'error', NEW.last_error
    );
BEGIN
    PERFORM tell_hooks(
        'delivery.dead', 'delivery', concat_ws('/', NEW.peer_id, NEW.module, NEW.party, NEW.key_id, NEW.key_sub), NEW.id,
        said::text
    );
    RETURN NULL;
END
$$;
CREATE TRIGGER delivery_born_dead AFTER INSERT ON delivery
FOR EACH ROW WHEN (NEW.state = 'dead') EXECUTE FUNCTION tell_hooks_of_delivery();
CREATE TRIGGER delivery_died AFTER UPDATE ON delivery
FOR EACH ROW WHEN (NEW.state = 'dead' AND OLD.state <> 'dead') EXECUTE FUNCTION tell_hooks_of_delivery();
