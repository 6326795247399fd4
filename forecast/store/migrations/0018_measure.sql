-- What this record is of, where it is not CBP's encounters: the source's section of the settings, as
-- JSON, so that whoever has the record has its words.
create table measure (
    id integer primary key check (id = 1),
    source text not null check (json_valid(source))
) strict;
