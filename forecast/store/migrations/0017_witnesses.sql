-- What somebody outside saw of the record, with the proof; see jobs/witness. A row proves itself; the
-- run that follows it states it too (published_in).

-- entry_id: of the ledger; what it covers is everything up to there. run_id: the last run then.
-- statement: the line that was seen. seen_at: the moment by the witness's clock. proof: an armored
-- signature, the authority's answer (DER), or the commit.
create table witness_proofs (
    witness text not null check (witness in ('signature', 'time stamp', 'git')),
    entry_id integer not null,
    run_id integer not null references runs (id),
    statement text not null,
    seen_at text not null,
    seen_by text not null,
    proof blob not null,
    published_in integer references runs (id),
    primary key (witness, entry_id)
) strict, without rowid;

create index witness_proofs_published on witness_proofs (published_in);

-- Each proof against the publication of the first month that its run forecast.
create view witnesses as
with first_published as (
    select month, min(known_from) as published_on from series_vintages
    where dimension = '' group by month
),
seen as (
    select
        w.run_id, w.witness, w.seen_at, w.seen_by, w.entry_id, w.statement, r.data_through,
        strftime('%Y-%m', r.data_through || '-01', '+1 month') as month
    from witness_proofs as w join runs as r on r.id = w.run_id
)
select
    s.run_id, s.data_through, s.witness, s.seen_at, s.seen_by, s.entry_id, s.statement, s.month,
    p.published_on,
    cast(julianday(p.published_on) - julianday(date(s.seen_at)) as integer) as days_before
from seen as s left join first_published as p on p.month = s.month
order by s.run_id, s.entry_id, s.witness;
