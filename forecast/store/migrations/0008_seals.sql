-- Digests of what no run's digest covers; see forecast/store/seals.py. A row is renewed in the
-- transaction that changes what it covers, so that a change made past the program shows.

-- scope: the run, for what is kept by run; for all else the schema's version, because a migration
-- may change the rows. What has no seal of this version is sealed by the next run.
create table seals (
    part text not null,
    scope integer not null,
    digest text not null,
    primary key (part, scope)
) strict, without rowid;
