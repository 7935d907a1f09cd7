-- What smsd/store/seal_all.py runs between migrations/0005.sql, which makes the table, and 0005.then.sql.

-- name: count_to_seal
-- How much migrations/0005.sql has gathered.
SELECT count(*) FROM pg_temp.to_seal;

-- name: to_seal
-- The next $2 behind $1.
SELECT n, was, kind, clear FROM pg_temp.to_seal WHERE n > $1 ORDER BY n LIMIT $2;

-- name: put_boxes
-- The boxes $2 of $1.
UPDATE pg_temp.to_seal SET box = sealed.box FROM unnest($1::bigint[], $2::bytea[]) AS sealed(n, box)
WHERE to_seal.n = sealed.n;
