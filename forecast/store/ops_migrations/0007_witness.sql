-- A witness that could not be had: since when, why, and when it is asked again. grave: a person has
-- to look. The row goes when the witness has seen the record.
create table witness_failures (
    witness text primary key,
    since text not null,
    attempts integer not null,
    next_attempt_at text not null,
    grave integer not null check (grave in (0, 1)),
    problem text not null
) strict, without rowid;
