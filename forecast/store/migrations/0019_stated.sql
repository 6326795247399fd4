-- Nothing that is shown or built on is left out of the ledger: the source's words, joined labels,
-- paths kept before their run, each proof when it is had.

-- Made anew without its list of kinds: forecast/store/kinds.py has them, with what each may state.
create table entries_before as select * from entries;
drop table entries;

create table entries (
    id integer primary key,
    scheme integer not null,
    schema integer not null,
    kind text not null,
    run_id integer references runs (id),
    subject text not null,
    parts text not null,
    previous text not null,
    digest text not null unique
) strict;

insert into entries select * from entries_before;
drop table entries_before;

create index entries_run on entries (run_id);
create index entries_subject on entries (subject);

-- As before; but a proof is of a digest, and gives the run no other.
drop view latest_run;
create view latest_run as
select
    r.id, r.started_at, r.published_at, r.data_through, r.config_digest, r.code_version,
    r.previous_digest,
    coalesce(
        (
            select e.digest from entries as e
            where e.run_id = r.id and e.kind <> 'witnessed' order by e.id desc limit 1
        ),
        r.digest
    ) as digest
from runs as r
where r.id not in (select run_id from withdrawals)
order by r.id desc
limit 1;
