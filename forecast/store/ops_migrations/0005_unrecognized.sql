-- A link that looks like data and is not understood is an outcome of its own, and files that
-- cannot be taken out of the inbox are remembered, so that `status` names both.

alter table answers rename to answers_before;
alter table polls rename to polls_before;

create table polls (
    id integer primary key,
    started_at text not null,
    finished_at text not null,
    outcome text not null check (
        outcome in ('new', 'unchanged', 'replaced', 'unrecognized', 'blocked', 'unreachable')
    ),
    detail text not null,
    blocked_since text,
    not_before text
) strict;

insert into polls select * from polls_before;

create table answers (
    poll_id integer not null references polls (id),
    url text not null,
    outcome text not null check (
        outcome in ('new', 'replaced', 'unrecognized', 'blocked', 'unreachable')
    ),
    detail text not null,
    primary key (poll_id, url)
) strict, without rowid;

insert into answers select * from answers_before;

drop table answers_before;
drop table polls_before;

-- Why a listed address that looks like data is not taken, '' for all others.
alter table links add column unrecognized text not null default '';

-- The page is read anew once: links that were passed over before may be understood now.
update links set etag = '', last_modified = '' where url not like '%.csv';

-- What lies in the inbox and could not be taken in at the last look, and why.
create table inbox_left (
    name text primary key,
    reason text not null,
    seen_at text not null
) strict, without rowid;

-- Labels of accepted files that are not known, so that a dimension of the file was left out.
create table unknown_labels (
    file_name text not null,
    kind text not null,
    seq integer not null,
    dimension text not null,
    label text not null,
    primary key (file_name, dimension, label)
) strict, without rowid;
