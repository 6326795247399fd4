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
