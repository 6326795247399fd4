-- What a flag turns into, what moved the whole, and what the drift rule has added up to.

alter table judgements add column centre real;
alter table judgements add column apart_p real check (apart_p between 0 and 1);
alter table judgements add column outside integer check (outside in (-1, 0, 1));
alter table judgements add column drift_up real not null default 0;
alter table judgements add column drift_down real not null default 0;

-- centre, scale: JSON arrays, log1p counts, from the opening month on: the forecast that stood
-- before it. side: 1 above it, -1 below. size: the deviation of the opening month.
create table episodes (
    id integer primary key,
    series_id integer not null references series (id),
    opened text not null,
    side integer not null check (side in (-1, 1)),
    size real not null,
    cutoff text not null,
    centre text not null,
    scale text not null,
    df real not null check (df > 2),
    relative integer not null check (relative in (0, 1)),
    state text not null check (state in ('open', 'transient', 'level shift')),
    closed text,
    unique (series_id, opened),
    check ((state = 'open') = (closed is null))
) strict;

alter table flags add column encounters integer not null default 0;
alter table flags add column expected integer not null default 0;
alter table flags add column side integer not null default 0 check (side in (-1, 0, 1));
alter table flags add column role text not null default 'first'
    check (role in ('first', 'escalation', 'reversal', 'listed', 'apart'));
alter table flags add column systemic integer not null default 0 check (systemic in (0, 1));
alter table flags add column parent_flag_id integer references flags (id);
alter table flags add column episode_id integer references episodes (id);

update flags set (encounters, expected) = (
    select j.encounters, j.median from judgements as j
    where j.series_id = flags.series_id and j.month = flags.month
);
update flags set side = iif(ratio > 1, 1, -1);

-- A part's share of a border's deviation; parts and "unattributed" of a dimension sum to it.
create table drivers (
    flag_id integer not null references flags (id),
    dimension text not null,
    role text not null check (role in ('part', 'unattributed', 'not held')),
    child_series_id integer references series (id),
    expected integer,
    encounters integer,
    contribution integer,
    unique (flag_id, dimension, child_series_id),
    check ((role = 'part') = (child_series_id is not null)),
    check ((role = 'not held') = (contribution is null))
) strict;
