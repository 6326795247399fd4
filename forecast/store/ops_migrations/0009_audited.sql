-- What the auditor found of a run's newest months when it was published, a line each; '' if nothing.
create table audited (
    run_id integer primary key,
    version text not null,
    findings text not null
) strict;
