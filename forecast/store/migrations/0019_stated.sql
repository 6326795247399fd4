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

-- The chance that the last value, with intervals of the same kind, gives to a standing question: a
-- second yardstick beside the base rate. Null for answers of before, and where it was not asked.
alter table answers add column last_value real check (last_value between 0 and 1);

drop view standing_questions;
create view standing_questions as
with
published as materialized (
    select o.series_id, o.month, o.encounters from current_observations as o
    join series as s on s.id = o.series_id where s.dimension = ''
),
came as (
    select
        q.id,
        count(*) as months,
        case q.statistic
            when 'sum' then sum(p.encounters)
            when 'max' then max(p.encounters)
            else min(p.encounters)
        end as value
    from questions as q
    join published as p
        on p.series_id = q.series_id and p.month between q.first_month and q.last_month
    group by q.id
)
select
    s.border, q.kind, q.first_month, q.last_month, q.statistic,
    nullif(q.above, -1) as above, nullif(q.below, 1000000000000) as below,
    a.basis, a.cutoff, a.chance, a.base_rate, a.last_value,
    case
        when c.months = (substr(q.last_month, 1, 4) - substr(q.first_month, 1, 4)) * 12
            + substr(q.last_month, 6) - substr(q.first_month, 6) + 1
        then c.value > q.above and c.value < q.below
    end as outcome,
    a.run_id
from answers as a
join questions as q on q.id = a.question_id
join series as s on s.id = q.series_id
left join came as c on c.id = q.id;
