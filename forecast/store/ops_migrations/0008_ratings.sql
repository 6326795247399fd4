-- What a reader said of a notice, without the reader: counted in `status` and in the yearly report.
create table ratings (
    id integer primary key,
    content_key text not null,
    verdict text not null check (verdict in ('useful', 'not')),
    why text not null,
    rated_at text not null
) strict;
