-- A record holds one measure or several: encounters, seizures, somebody's own counts. What there was
-- before belongs to the first. From here on the views stand in views.sql, and a file of this folder
-- finds none: they are dropped before it and made anew after the last.

-- The words of a measure, as the settings have them; encounters need none.
create table measure_before as select * from measure;
drop table measure;

create table measure (
    id integer primary key,
    source text not null check (json_valid(source))
) strict;

insert into measure select * from measure_before;
drop table measure_before;

-- One border has a series in each measure, and one file can state two (seizures and pounds).
create table series_anew (
    id integer primary key,
    border text not null,
    dimension text not null,
    member text not null,
    component text not null,
    measure_id integer not null default 1,
    unique (measure_id, border, dimension, member)
) strict;

insert into series_anew select *, 1 from series;
drop table series;
alter table series_anew rename to series;

create table releases_anew (
    id integer primary key,
    source text not null,
    kind text not null check (kind in ('bundle', 'aor', 'state', 'sbo', 'vintage', 'manual')),
    file_name text not null,
    url text not null,
    sha256 text not null,
    data_through text not null,
    seq integer not null,
    rounding integer not null check (rounding in (1, 10)),
    first_seen_at text,
    first_seen_precision text not null check (first_seen_precision in ('day', 'month', 'unknown')),
    status text not null check (status in ('accepted', 'quarantined')),
    reason text not null,
    counts_digest text not null,
    decided_at text not null default '',
    measure_id integer not null default 1,
    unique (measure_id, sha256)
) strict;

insert into releases_anew select *, 1 from releases;
drop table releases;
alter table releases_anew rename to releases;

create table labels_before as select * from joined_labels;
drop table joined_labels;

create table joined_labels (
    dimension text not null,
    label text not null,
    joined_to text not null,
    measure_id integer not null default 1,
    primary key (measure_id, dimension, label)
) strict, without rowid;

insert into joined_labels select *, 1 from labels_before;
drop table labels_before;

alter table runs add column measure_id integer not null default 1;
