-- Every statement that reads or writes the record, by the name that code calls it.

-- name: published_medians
select s.border, f.month, f.median
from forecasts as f join series as s on s.id = f.series_id
where f.run_id = ? and s.dimension = '' and f.model = 'bordercast'

-- name: counts_at
select s.border, o.month, o.encounters
from observations as o
join series as s on s.id = o.series_id
join scoped_places as p on p.release_id = o.release_id and o.month <= p.last_over
where s.dimension = '' and p.kind <> 'vintage'
    and o.release_id in (select release_id from run_releases where run_id = ?)
order by s.border, o.month, p.place

-- name: latest_changes
select * from forecast_changes
where run_id = coalesce(?, (select id from latest_run)) and (? is null or border = ?)
order by border, month

-- name: claim_delivery
update deliveries set state = 'sending', claimed_at = ?, attempts = attempts + 1
where content_key = ? and recipient = ? and state = 'waiting'

-- name: sendable
select m.subject, count(*) as count from deliveries as d
join messages as m on (m.content_key, m.edition) = (d.content_key, d.edition)
where d.state in ('waiting', 'sending') and d.next_attempt_at <= ?
    and d.edition not glob 'within:*'
group by 1

-- name: deliveries_of_notice
select * from deliveries where content_key = ? order by recipient

-- name: unsubscribe
-- Of addresses only those are kept that are not to be written to.
insert into recipients (address, borders, digest, unsubscribed_at)
values (:address, '', 0, :now)
on conflict (address) do update set unsubscribed_at = excluded.unsubscribed_at
where unsubscribed_at is null

-- name: settle_unsubscribed
update deliveries set state = 'unsubscribed', settled_at = :now
where recipient = :address and state = 'waiting'

-- name: unsubscribed
select address from recipients where unsubscribed_at is not null

-- name: begin_mail
insert or ignore into mail_state (only, began_at) values (1, ?)

-- name: mail_began
select began_at from mail_state

-- name: last_queued
select max(queued_at) from deliveries

-- name: editions_sent
select recipient, edition from deliveries where content_key = ? and state = 'sent'

-- name: unclaim_deliveries
update deliveries set state = 'waiting', claimed_at = null where state = 'sending'

-- name: stopped_deliveries
select content_key, recipient from deliveries where state in ('refused', 'given up')
order by queued_at, recipient, content_key

-- name: stop_mail
update mail_state set stopped_at = ?, reason = ?

-- name: resume_mail
update mail_state set stopped_at = null, reason = ''

-- name: deliveries_tally
select content_key, json_group_object(state, count) as states
from (select content_key, state, count(*) as count from deliveries group by 1, 2) group by 1

-- name: hand_back
update deliveries
set state = 'waiting', claimed_at = null, attempts = attempts - 1, next_attempt_at = ?
where content_key = ? and recipient = ? and state = 'sending'

-- name: set_delivery
update deliveries
set state = ?, settled_at = ?, next_attempt_at = ?, reply = ?, claimed_at = null
where content_key = ? and recipient = ? and state = 'sending'

-- name: settle_within
update deliveries
set state = ?, settled_at = ?, reply = ?
where recipient = ? and edition = ? and state = 'waiting'

-- name: give_up
update deliveries
set state = 'given up', settled_at = ?1, reply = ?2
where state = 'waiting' and (
    recipient, iif(edition glob 'within:*', substr(edition, 8), content_key)
) in (
    select recipient, iif(edition glob 'within:*', substr(edition, 8), content_key)
    from deliveries where content_key = ?3 and state = 'waiting'
)

-- name: revive_delivery
update deliveries
set state = 'waiting', settled_at = null, attempts = 0, queued_at = ?,
    next_attempt_at = ?
where content_key = ? and recipient = ?

-- name: next_delivery
select content_key, recipient from deliveries as d indexed by deliveries_in_order
where state = 'waiting' and next_attempt_at <= ? and edition not glob 'within:*'
    and (recipient glob 'hook:*') = ? and not exists (
    select 1 from deliveries as b
    where b.recipient = d.recipient and b.queued_at < d.queued_at
        and b.state in ('waiting', 'sending') and b.edition not glob 'within:*'
)
order by queued_at, recipient, content_key limit 1

-- name: claimed_message
select d.recipient, d.queued_at, d.attempts,
    m.content_key, m.edition, m.subject, m.sender, m.mime
from deliveries as d
join messages as m on (m.content_key, m.edition) = (d.content_key, d.edition)
where d.content_key = ? and d.recipient = ?

-- name: hindcast_quantiles
with totals (place, name) as materialized (select key, value from json_each(?))
select s.border, s.dimension, s.member, h.cutoff, h.month, h.horizon, h.median, {quantiles}
from hindcasts as h
join series as s on s.id = h.series_id
left join totals as t on t.name = s.border
where h.model = ? and h.cutoff >= ?
order by t.place, s.border, s.dimension, s.member, h.cutoff, h.month

-- name: issued_quantiles
select s.border, f.cutoff, q.month, f.horizon, q.prob_permille, q.value
from quantiles as q
join series as s on s.id = q.series_id
join forecasts as f
    on (f.run_id, f.series_id, f.month) = (q.run_id, q.series_id, q.month)
    and f.model = 'bordercast'
where f.run_id = (
    select min(g.run_id) from forecasts as g
    where g.series_id = f.series_id and g.model = f.model and g.cutoff = f.cutoff
        and g.run_id in (select run_id from scoped_counted)
)
    and not exists (
        select 1 from scoped_known as k
        where (k.run_id, k.border, k.dimension, k.component)
            = (f.run_id, s.border, s.dimension, s.component) and k.known_through >= q.month
    )
order by f.cutoff, s.border, f.horizon, q.prob_permille

-- name: issued_rounds
select f.cutoff, min(substr(r.published_at, 1, 10)) as published
from forecasts as f
join scoped_series as s on s.id = f.series_id
join scoped_runs as r on r.id = f.run_id
where s.dimension = '' and f.model = 'bordercast'
    and f.run_id not in (select run_id from withdrawals)
group by f.cutoff

-- name: judged_as_issued
select border from judged_months
where month = ? and dimension = '' and basis = 'issued'

-- name: episodes
select border, opened, side, state, closed from flag_episodes
where dimension = '' and opened <= ? and (closed is null or closed = ?)
order by opened

-- name: newest_release
select r.id, r.sha256 from releases as r join release_places as p on p.release_id = r.id
where r.kind <> 'vintage' order by p.place desc limit 1

-- name: flags
with totals (place, name) as materialized (select key, value from json_each(?))
select a.*, coalesce(c.listed, 0) as listed, coalesce(c.apart, 0) as apart
from all_flags as a
left join (
    select parent_flag_id, sum(role = 'listed') as listed, sum(role = 'apart') as apart
    from flags where parent_flag_id is not null group by parent_flag_id
) as c on c.parent_flag_id = a.flag_id
left join totals as t on t.name = a.border
where (? is null or a.border = ?) and a.month >= ?
    and (? or a.severity <> 'watch') and (? or a.dimension = '')
order by a.kind = 'revision', a.month desc, t.place, a.border, a.dimension, a.member

-- name: still_refused
-- Refused files not before a place in order, of whose kind no corrected file was accepted since.
select r.file_name, r.reason from releases as r
where r.status = 'quarantined' and r.seq >= ? and not exists (
    select 1 from releases as later
    where later.status = 'accepted' and later.kind = r.kind and later.measure_id = r.measure_id
        and later.data_through >= r.data_through and later.id > r.id
)
order by r.seq

-- name: every_driver
select * from flag_drivers
order by flag_id, dimension, role = 'unattributed', abs(contribution) desc, member

-- name: awaiting
select source from releases
where status = 'accepted' and id not in (select release_id from run_releases)
    and id not in (select release_id from retractions)
order by seq, source

-- name: coverage_by_total
select c.border, min(c.first_month) as first_month, max(c.last_month) as last_month,
    (select count(*) from observations as o join series as s on s.id = o.series_id
     where o.release_id = c.release_id and s.border = c.border and s.dimension = '')
        as changed_months
from coverage as c
where c.release_id = ? and c.dimension = ''
group by c.border order by c.border

-- name: revisions_by
select border, month, encounters_before, encounters, change
from revisions
where release_id = ? and dimension = '' order by month desc, border

-- name: habits
-- What each delivery brought and changed: a row stands where it says what none before it did.
with stated as (
    select release_id, count(distinct border || char(31) || component) as series,
        sum((
            select count(*) from scoped_years where month between first_month and last_month
        )) as cells
    from coverage group by release_id
),
restated as (
    select o.release_id, count(*) as cells, min(o.month) as oldest
    from observations as o
    where exists (
        select 1 from observations as e
        where e.series_id = o.series_id and e.month = o.month and e.release_id < o.release_id
    )
    group by o.release_id
)
select r.data_through, s.series, s.cells, coalesce(n.cells, 0) as changed, n.oldest
from releases as r
join stated as s on s.release_id = r.id
left join restated as n on n.release_id = r.id
where r.status = 'accepted' and r.kind <> 'vintage'
    and r.id not in (select release_id from retractions)
order by r.seq

-- name: newest_files
select file_name, sha256, data_through from releases
where status = 'accepted' and kind <> 'vintage' and seq / 100 = (
    select max(seq / 100) from releases where status = 'accepted' and kind <> 'vintage'
)
order by file_name

-- name: path_marks
select s.border, s.dimension, s.member, s.component, p.cutoff, p.marks, p.share, p.known
from path_marks as p join series as s on s.id = p.series_id
where p.run_id = ? order by s.id

-- name: periods_of_series
select * from span_forecasts
where border = ? and dimension = ? and member = ?
    and run_id = (select id from latest_run)
order by first_month, last_month

-- name: forecasts_of_series
select * from latest_forecasts
where border = ? and dimension = ? and member = ? and model = ? order by month

-- name: path_rule
select rule, seed, borders, correlation from path_rules where run_id = ?

-- name: newest_months
select
    coalesce(max(cutoff) filter (where dimension = ? and member = ?), '') as own,
    coalesce(max(cutoff) filter (where dimension = ''), '') as of_total
from latest_forecasts where border = ? and model = 'bordercast'

-- name: known_days
select c.border, c.dimension, c.component, c.first_month, min(c.last_month, p.last_over),
    p.known_from, p.vintage
from coverage as c join scoped_places as p on p.release_id = c.release_id and not p.retracted
where ?1 is null or c.border = ?2
union all
-- Somebody had it by that day, whenever its file was seen.
select border, dimension, component, first_month, last_month, known_by, 'by'
from dated_values where first_month = last_month and days = 0 and (?1 is null or border = ?2)

-- name: false_issued
select j.series_id, j.month, j.run_id, substr(r.published_at, 1, 10),
    j.run_id not in (select run_id from backdated_runs)
from judgements as j join runs as r on r.id = j.run_id
where j.basis = 'issued'
order by j.month, j.series_id

-- name: measures
select id from measure

-- name: measure_words
select id, source from measure order by id

-- name: current_measure
select measure_id from scope

-- name: moved_series
-- A series' files are all of one measure, so that one of them tells.
select * from (
    select id, border, measure_id, (
        select r.measure_id from observations as o join main.releases as r on r.id = o.release_id
        where o.series_id = s.id limit 1
    ) as stated_in
    from main.series as s
)
where measure_id <> stated_in

-- name: wordings
-- What nothing can read is not looked at: `verify` says that the ledger does not have it.
select id, measure_id, at, source, joins from wordings
where json_valid(joins) and iif(json_valid(source), json_type(source), source) is not distinct from
    iif(source is null, null, 'object')
order by id

-- name: first_of_a_year
select month from main.years where measure_id = ? and nth = 1 limit 1

-- name: next_seq
select coalesce(max(seq), 0) + 1 from releases

-- name: totals
select border from series where dimension = '' order by id

-- name: notices
select n.id, n.kind, n.month, n.state, n.created_at, n.approved_by, n.approved_at,
    n.approved_user, n.approved_content, n.closed_at, n.reason, n.run_id, n.corrects,
    n.withdraws, n.content_key, r.file_name,
    n.withdraws is null and n.run_id in (select run_id from withdrawals) as run_withdrawn,
    (
        select group_concat(s.border || ' ' || s.phrase, '; ') from notice_sections as s
        where s.notice_id = n.id and s.part = 'finding'
    ) as says
from notices as n join releases as r on r.id = n.release_id
order by n.id

-- name: save_intent
insert into notices (
    kind, month, release_id, run_id, corrects, content_key, message_id, withdraws,
    created_at, state
) values (
    :kind, :month, :release_id, :run_id, :corrects, :content_key, :message_id, :withdraws,
    :created_at, 'due'
) on conflict (content_key) do nothing
returning id

-- name: compose_notice
update notices
set opening_text = ?, opening_html = ?, closing_text = ?, closing_html = ?,
    state = ?, approved_by = ?, approved_at = ?
where id = ? and state = 'due'

-- name: sections_of_notice
select * from notice_sections where notice_id = ? order by place

-- name: approve_notice
update notices
set state = 'approved', approved_by = ?, approved_user = ?, approved_content = ?, approved_at = ?
where id = ? and state = 'held' returning id

-- name: reject_notice
update notices set state = 'rejected', closed_at = ?, reason = ?
where id = ? and state = 'held' returning id

-- name: expire_notice
update notices
set state = 'expired', closed_at = ?, reason = 'held for 14 days without approval'
where id = (
    select id from notices where state = 'held' and created_at <= ? order by id limit 1
) returning id

-- name: delete_sections
delete from notice_sections
where notice_id = (select id from notices where id = ? and state = 'held')

-- name: renew_notice
update notices set state = 'due', run_id = (select id from latest_run)
where id = ? and state = 'held' returning id

-- name: drop_notice
update notices set state = 'expired', closed_at = ?, reason = ?
where id = ? and state = 'due' returning id

-- name: end_wake
update wakes set finished_at = ?, outcome = ?, detail = ? where id = ?

-- name: save_leader
insert or replace into service values (1, ?, ?, ?, ?)

-- name: save_verified
insert or replace into verification values (1, ?, ?, ?)

-- name: verification
select checked_at, digest, findings from verification

-- name: save_audited
insert or replace into audited values (?, ?, ?)

-- name: audited
select run_id, version, findings from audited

-- name: poll_with_id
select id, started_at, finished_at, outcome, detail, blocked_since, not_before
from polls order by id desc limit 1

-- name: next_poll_id
select coalesce(max(id), 0) + 1 from polls

-- name: links
select * from links

-- name: downloads
select * from downloads order by poll_id, file_name, sha256

-- name: forget_validators
update links set etag = '', last_modified = '' where sha256 = ?

-- name: forget_answers
delete from answers where poll_id in (
    select id from polls where started_at < ? and id < (select max(id) from polls)
)

-- name: forget_polls
delete from polls where started_at < ? and id < (select max(id) from polls)

-- name: forget_wakes
delete from wakes where started_at < ? and id < (select max(id) from wakes)

-- name: settle_unknown
delete from unknown_labels where kind = ? and seq <= ?

-- name: witnessed_entries
-- A proof is not witnessed itself.
select e.id as entry_id, r.id as run_id, r.data_through, e.digest
from entries as e join main.runs as r on r.id = e.run_id
where e.kind <> 'witnessed' order by e.id

-- name: witness_proofs
select * from witness_proofs order by entry_id, witness

-- name: sightings
select * from witnesses

-- name: misdated_entries
select id, kind, subject, moment, how, than from misdated_entries order by id

-- name: backdated_by_a_file
select 0 as id, 'run' as kind, 'run ' || run_id as subject, moment, 'earlier' as how, than
from backdated_runs where 'run ' || run_id not in (select subject from misdated_entries where kind = 'run')

-- name: dated_ahead
select id, datetime(published_at) as moment from main.runs
where datetime(published_at) > datetime(?, '+30 minutes') order by id

-- name: witness_failures
select witness, since, attempts, next_attempt_at, grave, problem from witness_failures

-- name: forget_failure
delete from witness_failures where witness = ?

-- name: explicit_values
select s.border, s.dimension, s.member, s.component, o.month, o.encounters
from observations as o join series as s on s.id = o.series_id
where o.release_id = ? and s.border = ? and s.dimension = ? and s.component = ?

-- name: every_value_known
select v.border, v.dimension, v.member, s.component, v.month,
    v.encounters, v.vintage, v.known_from, v.source
from series_vintages as v
join series as s on (s.border, s.dimension, s.member) = (v.border, v.dimension, v.member)
where v.known_from <= ? and (v.known_until is null or v.known_until > ?)
    and (? is null or v.border = ?) and (? = '*' or v.dimension = ?)
order by 1, 2, 3, 5

-- name: save_observation
insert into observations (series_id, month, release_id, encounters) values (?, ?, ?, ?)

-- name: add_series
insert into main.series (border, dimension, member, component, measure_id) values (?, ?, ?, ?, (select measure_id from scope)) on conflict do nothing

-- name: series_ids
select border, dimension, member, component, id from series order by id

-- name: chain_of_scope
-- Of tables alone: records of earlier programs are read back by it too.
select c.release_id, c.first_month, c.last_month
from coverage as c join releases as r on r.id = c.release_id
where c.border = ? and c.dimension = ? and c.component = ?
    and r.status = 'accepted' and r.kind <> 'vintage'
order by {order}

-- name: releases_of_scope
select c.release_id, c.first_month, c.last_month, iif(p.retracted, '', p.last_over)
from coverage as c join releases as r on r.id = c.release_id
join scoped_places as p on p.release_id = r.id
where c.border = ? and c.dimension = ? and c.component = ?
    and r.status = 'accepted' and r.kind <> 'vintage'
order by {order}

-- name: values_of_scope
select s.border, s.dimension, s.member, s.component, o.month, o.release_id, o.encounters
from series as s
left join observations as o
    on o.series_id = s.id
    and o.release_id in (select id from releases where kind <> 'vintage')
where s.border = ? and s.dimension = ? and s.component = ?
order by s.id

-- name: newest_source
select file_name, first_seen_at, seq from releases
where status = 'accepted' and kind <> 'vintage'
    and id not in (select release_id from retractions)
order by seq desc, id desc limit 1

-- name: release_days
select data_through, min(first_seen_at) from releases
where status = 'accepted' and first_seen_precision = 'day' group by 1 order by 1

-- name: corrected
select n.id as notice_id, s.border, n.month, n.approved_at, s.phrase from notices as n
join notice_sections as s on s.notice_id = n.id
where n.kind = 'correction' and n.state = 'approved' and s.part = 'finding'
order by n.id desc, s.place

-- name: judged_months_of_totals
select * from judged_months where dimension = '' order by border, month desc

-- name: all_months
select * from wide_months order by border, month

-- name: part_months
select border, dimension, member, component, month, encounters from scoped_months
where dimension <> '' order by month

-- name: part_forecasts
select s.component, f.* from latest_forecasts as f
join series as s using (border, dimension, member)
where f.dimension <> '' and f.model = 'bordercast' order by f.month

-- name: part_flags
select * from all_flags where dimension <> '' and severity <> 'watch' order by month desc

-- name: latest_periods
select * from span_forecasts
where dimension = '' and run_id = (select id from latest_run) order by border, first_month

-- name: published_counts
select month, encounters from scoped_months
where border = ? and dimension = ? and member = ? order by month

-- name: flagged
select month, encounters, median, severity from judged_months
where border = ? and dimension = ? and member = ?
    and flag is not null and severity <> 'watch'
order by month

-- name: at_lead
select month, basis, median, lo80, hi80, lo95, hi95, encounters
from forecast_vs_actual
where border = ? and dimension = '' and model = 'bordercast' and horizon = ?
order by month, basis = 'issued', run_id desc

-- name: drivers_of_total
select * from flag_drivers
where border = ? and month = coalesce(
    ?, (select max(month) from flag_drivers where border = ?)
)
order by dimension, abs(contribution) desc

-- name: calibration
select h.horizon, count(*), {shares}
from hindcasts as h
join series as s on s.id = h.series_id
join current_observations as o on o.series_id = h.series_id and o.month = h.month
where s.border = ? and s.dimension = '' and h.model = 'bordercast' and h.cutoff >= ?
    and h.horizon in (1, 3, 6, 12)
group by h.horizon order by h.horizon

-- name: score_years
select model, era, basis, n, log_wis from scorecard
where border = ? and horizon = 0 and era glob '[0-9]*'
order by model, era, basis = 'issued'

-- name: latest_forecasts
with totals (place, name) as materialized (select key, value from json_each(?))
select f.* from latest_forecasts as f left join totals as t on t.name = f.border
where f.dimension = '' and f.model = ? and (? is null or f.border = ?)
order by t.place, f.border, f.month

-- name: series_ends
select border, dimension, member, component, last_month from series_held

-- name: scorecard
with totals (place, name) as materialized (select key, value from json_each(?))
select s.* from scorecard as s left join totals as t on t.name = s.border
where ? is null or s.border = ?
order by s.basis desc, s.era, t.place, s.border, s.horizon, s.log_wis

-- name: failed_models
select s.border, f.model, f.failure from fits as f join series as s on s.id = f.series_id
where f.run_id = (select id from latest_run) and f.failure <> '' order by 1, 2

-- name: stating_releases
select c.border, c.dimension, c.component, r.id, r.seq, c.first_month, c.last_month
from coverage as c join releases as r on r.id = c.release_id
where r.status = 'accepted' and r.kind <> 'vintage' and r.rounding = 1
    and r.id not in (select release_id from retractions)

-- name: current_counts
select s.border, s.dimension, s.member, s.component, o.month, o.encounters
from current_observations as o join series as s on s.id = o.series_id
order by s.id, o.month

-- name: neighboring_releases
select distinct r.id, r.seq
from releases as r join coverage as c on c.release_id = r.id
where r.status = 'accepted' and r.kind <> 'vintage' and c.dimension = ''
    and r.id not in (select release_id from retractions) and c.border in ({marks})
order by r.seq

-- name: coverage_of_release
select border, dimension, component, first_month, last_month from coverage where release_id = ? order by 1, 2, 3, 4

-- name: part_counts
select o.month, o.encounters, r.file_name, r.rounding
from current_observations as o
join series as s on s.id = o.series_id join releases as r on r.id = o.release_id
where s.border = ? and s.dimension = ? and s.member = ? order by o.month

-- name: part_values
select encounters, vintage, known_from, known_until, source, file_name
from series_vintages
where border = ? and dimension = ? and member = ? and month = ? order by known_from

-- name: interior
with held as materialized (
    select * from scoped_months where dimension in ('component', :dimension)
)
select l.border, l.month, l.encounters as at_large, e.encounters as at_entry,
    (
        select iif(l.border <> :whole or count(*) = json_array_length(:addends), sum(t.encounters), null)
        from held as t
        where t.dimension = 'component' and t.member = l.component and t.month = l.month
            and iif(l.border = :whole, t.border in (select value from json_each(:addends)), t.border = l.border)
    ) as total
from held as l
join held as e
    on e.border = l.border and e.dimension = l.dimension and e.month = l.month
where l.dimension = :dimension and l.member = :named and e.member = :rest and {of}
order by l.border, l.month desc

-- name: agencies
with held as materialized (
    select s.border, o.month, s.member, o.encounters, r.rounding
    from current_observations as o
    join series as s on s.id = o.series_id join releases as r on r.id = o.release_id
    where s.dimension = 'component'
)
select border, month, member, sum(encounters) as encounters, max(rounding) as rounding
from held as s where s.border <> :whole and {of}
group by border, month, member
union all
select :whole as border, month, member, sum(encounters), max(rounding)
from held where :all and border in (select value from json_each(:addends))
group by month, member having count(*) = json_array_length(:addends)
order by 1

-- name: level_shifts
select border, opened, side, state, closed from flag_episodes
where {of} and dimension = '' and state = 'level shift' and closed is not null
order by border, opened

-- name: month_values
select border, month, encounters, vintage, known_from, known_until, source, file_name
from vintages where {of} order by border, known_from

-- name: month_drivers
select * from flag_drivers where {of}
order by border, dimension, role = 'unattributed', abs(contribution) desc, member

-- name: series_span
select min(o.month), max(o.month)
from series as s join observations as o on o.series_id = s.id
join scoped_places as p
    on p.release_id = o.release_id and p.kind <> 'vintage' and not p.retracted
    and o.month <= p.last_over
where s.border = ? and s.dimension = ? and s.member = ?

-- name: month_counts
select border, month, encounters, file_name, rounding from border_months
where {of} order by border, month

-- name: how_often_flagged
select
    count(distinct iif(flag is not null and severity <> 'watch', month, null)),
    count(distinct month)
from judged_months where dimension = '' and basis <> 'none'

-- name: every_month
select s.border, s.dimension, s.member, s.component, o.month, o.encounters, r.rounding
from current_observations as o
join series as s on s.id = o.series_id
join releases as r on r.id = o.release_id

-- name: every_value
select border, month, encounters, known_from, vintage from vintages order by known_from

-- name: dated_counts
select border, dimension, member, component, first_month, encounters from dated_values
where first_month = last_month and rounding = 1 and days = 0
union all
select s.border, s.dimension, s.member, s.component, o.month, o.encounters
from release_places as p
join observations as o on o.release_id = p.release_id
join scoped_series as s on s.id = o.series_id
where p.kind = 'vintage'

-- name: stored_report
select report from month_reports
where run_id = (select id from latest_run) and border = ? and month = ?
    and run_id not in (select run_id from backdated_runs)
    and not exists (
        select 1 from releases where status = 'accepted' and id not in (
            select release_id from run_releases where run_id = month_reports.run_id
        )
    )

-- name: issued_forecasts
select s.id, f.model, f.cutoff, f.horizon,
    f.lo95, f.lo90, f.lo80, f.lo50, f.median, f.hi50, f.hi80, f.hi90, f.hi95
from forecasts as f join series as s on s.id = f.series_id
join (
    select series_id, model, cutoff, min(run_id) as run_id from forecasts
    where run_id in (select run_id from scoped_counted) group by 1, 2, 3
) as first using (series_id, model, cutoff, run_id)
left join scoped_known as k
    on (k.run_id, k.border, k.dimension, k.component)
    = (f.run_id, s.border, s.dimension, s.component)
where s.dimension = '' and f.month > coalesce(k.known_through, '')

-- name: scheme1_run
select id, started_at, published_at, data_through, config_digest, code_version
from main.runs where id = ?

-- name: scheme1_release
select r.sha256, r.seq, r.kind, r.source, r.first_seen_at, r.counts_digest
from run_releases as x join main.releases as r on r.id = x.release_id
where x.run_id = ? order by r.sha256

-- name: scheme1_forecast
select
    s.border, s.dimension, s.member, f.model, f.month, f.cutoff, f.horizon, f.median, f.lo50,
    f.hi50, f.lo80, f.hi80, f.lo90, f.hi90, f.lo95, f.hi95, f.centre, f.scale, f.df,
    f.flag_below, f.flag_above
from forecasts as f join main.series as s on s.id = f.series_id
where f.run_id = ? order by 1, 2, 3, 4, 5

-- name: scheme1_quantile
select s.border, s.dimension, s.member, q.month, q.prob_permille, q.value
from quantiles as q join main.series as s on s.id = q.series_id
where q.run_id = ? order by 1, 2, 3, 4, 5

-- name: answered_questions
select distinct a.version, s.border, a.cutoff from answers as a
join questions as q on q.id = a.question_id join series as s on s.id = q.series_id
where a.basis = 'hindcast'

-- name: resolved_questions
select * from standing_questions
where outcome is not null and (? is null or border = ?)
order by kind, border, cutoff, basis, run_id

-- name: latest_questions
select * from standing_questions
where run_id = (select id from latest_run) order by border, kind

-- name: counts_then
select s.id as series_id, v.month, v.encounters, r.id as release_id
from series_vintages as v
join scoped_series as s on (s.border, s.dimension, s.member) = (v.border, v.dimension, v.member)
left join scoped_releases as r on r.sha256 = v.sha256
where v.known_from <= :day and (v.known_until is null or v.known_until > :day)

-- name: run_then
select max(id) from scoped_runs where substr(published_at, 1, 10) <= :day
    and id not in (select run_id from withdrawals where substr(at, 1, 10) <= :day)

-- name: columns_of
select v.name, c.name from sqlite_master as v, pragma_table_info(v.name) as c
where v.type = 'view'

-- name: save_bounds
-- Of the forecast that judged a month, which this run or an earlier one issued, or its hindcast.
update judgements set (lo80, hi80, lo95, hi95) = (
    select f.lo80, f.hi80, f.lo95, f.hi95 from forecasts as f
    where f.run_id = judgements.run_id and f.series_id = judgements.series_id
        and f.model = 'bordercast' and f.month = judgements.month
    union all
    select h.q100, h.q900, h.q025, h.q975 from hindcasts as h
    where judgements.run_id is null and h.model = 'bordercast'
        and h.series_id = judgements.series_id and h.cutoff = judgements.cutoff
        and h.month = judgements.month
) where published_in = ?

-- name: save_episode
insert into episodes (
    series_id, opened, side, size, cutoff, centre, scale, df, relative, state, closed,
    published_in, closed_in
) values (
    :series_id, :opened, :side, :size, :cutoff, :centre, :scale, :df, :relative, :state, :closed,
    :published_in, iif(:state = 'open', null, :published_in)
)
on conflict (series_id, opened) do update
set state = excluded.state, closed = excluded.closed, closed_in = excluded.closed_in
where state = 'open'

-- name: save_flag
insert into flags (
    series_id, month, kind, release_id, severity, ratio, encounters, expected, side,
    role, published_in, episode_id, parent_flag_id
) values (
    :series_id, :month, :kind, :release_id, :severity, :ratio, :encounters, :expected, :side,
    :role, :published_in,
    (select id from episodes where series_id = :series_id and opened = :episode),
    (
        select max(f.id) from flags as f
        where f.month = :parent and f.kind = 'month' and f.series_id = (
            select t.id from series as t join series as s on t.border = s.border
            where s.id = :series_id and t.dimension = ''
        )
    )
)

-- name: save_driver
insert into drivers (
    flag_id, dimension, role, child_series_id, expected, encounters, contribution, published_in
) values (
    (select max(id) from flags where series_id = :series_id and month = :month and kind = 'month'),
    :dimension, :role, :member, :expected, :value, :contribution, :published_in
)

-- name: delete_unexplained
delete from drivers
where dimension = :dimension and role = 'not held' and flag_id = (
    select max(id) from flags where series_id = :series_id and month = :month and kind = 'month'
)

-- name: mark_systemic
update flags set systemic = 1, systemic_in = ?
where month = ? and kind = 'month' and systemic = 0 and series_id in (select id from series)

-- name: publish_paths
update model_paths set published_in = ?
where published_in is null and series_id in (select id from series)

-- name: publish_proofs
update witness_proofs set published_in = ? where published_in is null

-- name: save_hindcast
insert or replace into hindcasts (
    model, version, series_id, cutoff, month, horizon, data_digest, median, centre, scale, df,
    {columns}
) values ({marks})

-- name: save_answer
insert or replace into answers (
    question_id, basis, cutoff, run_id, version, chance, base_rate, last_value
)
select id, :basis, :cutoff, :run_id, :version, :chance, :base_rate, :last_value from questions
where series_id = :series_id and kind = :kind and first_month = :first_month
    and last_month = :last_month and statistic = :statistic and above = :above and below = :below

-- name: first_published
select s.border, s.dimension, s.member, s.component,
    o.month, o.encounters, r.id
from observations as o
join series as s on s.id = o.series_id
join releases as r on r.id = o.release_id
join scoped_places as p on p.release_id = r.id and not p.retracted and o.month <= p.last_over
order by {order}

-- name: issued_paths
select f.series_id, f.run_id, substr(r.published_at, 1, 10), f.cutoff,
    json_group_array(f.median), json_group_array(f.centre), json_group_array(f.scale),
    (
        select m.marks from path_marks as m join path_rules as p on p.run_id = m.run_id
        where m.run_id = f.run_id and m.series_id = f.series_id and p.rule in (4, 5)
    ),
    min(f.df)
from (
    select * from forecasts where model = 'bordercast' and cutoff >= ?
        and run_id in (select run_id from scoped_counted)
    order by run_id, series_id, month
) as f
join runs as r on r.id = f.run_id
group by f.series_id, f.run_id
order by f.series_id, f.cutoff desc, f.run_id desc

-- name: last_sides
select series_id, side, max(month) from flags
where severity <> 'watch' and kind <> 'revision' group by series_id, side

-- name: all_episodes
select series_id, opened, side, size, cutoff, centre, scale, df, relative, state, closed
from episodes order by series_id, opened

-- name: flags_of_totals
select s.id, f.month, e.opened
from flags as f
join series as s on s.id = f.series_id
left join episodes as e on e.id = f.episode_id
where s.dimension = '' and f.kind = 'month' and f.severity <> 'watch'

-- name: unexplained
select s.id, f.month, j.cutoff, f.encounters, f.expected, d.dimension
from drivers as d
join flags as f on f.id = d.flag_id
join series as s on s.id = f.series_id
join judgements as j on j.series_id = f.series_id and j.month = f.month
where d.role = 'not held' order by f.id, d.dimension

-- name: unflagged_revisions
select (select t.id from series as t where t.border = v.border and t.dimension = ''), v.month, v.release_id, v.encounters_before, v.encounters,
    (
        select count(*) from releases as r
        join release_years as y on y.release_id = r.id and y.closed = 1
        where y.fiscal_year = (select year from scoped_years where month = v.month)
            and (r.id = v.release_id or r.source = v.source_before)
    ) >= 2
from revisions as v
where v.dimension = '' and not exists (
    select 1 from flags as f join series as s on s.id = f.series_id
    where s.border = v.border and s.dimension = '' and f.month = v.month
        and f.kind = 'revision' and f.release_id = v.release_id
) and not exists ( -- what completes a month revises nothing
    select 1 from unfinished as u
    join releases as r on r.id = u.release_id
    where u.series_id = (select t.id from series as t where t.border = v.border and t.dimension = '')
        and u.month = v.month and r.source = v.source_before and u.release_id <= v.release_id
        and not exists (
            select 1 from coverage as c
            where c.border = v.border and c.dimension = '' and v.month between c.first_month and c.last_month
                and c.release_id > u.release_id and c.release_id < v.release_id
        )
)

-- name: vintages_of_totals
select border, month, encounters, known_from, known_until from series_vintages
where dimension = '' order by border, month, known_from

-- name: vintages_completed
-- As above, months that came incomplete as they were completed.
select v.border, v.month, cast(round(v.encounters / coalesce(u.share, 1)) as integer), v.known_from,
    v.known_until
from series_vintages as v
left join (
    select s.border, r.sha256, u.* from unfinished as u
    join scoped_series as s on s.id = u.series_id and s.dimension = ''
    join releases as r on r.id = u.release_id
) as u on (u.border, u.month, u.sha256) = (v.border, v.month, v.sha256)
where v.dimension = '' and coalesce(u.share, u.said = 'file', 1) > 0
order by v.border, v.month, v.known_from

-- name: errors_then
with v as materialized (
    select *, strftime('%Y-%m', month || '-01', '-1 month') as before from series_vintages
    where dimension = ''
),
f as materialized (
    select border, month, median, encounters, min(basis <> 'issued') from forecast_vs_actual
    where dimension = '' and model = :model and horizon = 1 group by border, month
)
select
    v.border, v.month, f.median, v.encounters as first, f.encounters as now, (
        select b.encounters from v as b
        where b.border = v.border and b.month = v.before and b.known_from < v.known_from
        order by b.known_from desc limit 1
    ) as last, o.encounters as last_now
from v
join f on f.border = v.border and f.month = v.month
left join border_months as o on o.border = v.border and o.month = v.before
where v.previous is null and v.vintage <> 'unknown' and min(v.encounters, f.encounters) > 0
order by v.border, v.month

-- name: errors_early
with v as materialized (
    select * from series_vintages where dimension = '' and previous is null and vintage <> 'unknown'
),
f as (
    select
        border, month, run_id, max(iif(model = :given, median, null)) as given,
        max(iif(model = :model, median, null)) as without
    from forecast_vs_actual
    where dimension = '' and basis = 'issued' and model in (:given, :model)
    group by border, month, run_id
)
select
    f.border, f.given, f.without, v.encounters as first,
    cast(julianday(v.known_from) - julianday(date(r.published_at)) as integer) as days
from f
join v on v.border = f.border and v.month = f.month
join runs as r on r.id = f.run_id
where f.given is not null and f.without is not null and first > 0 order by f.border, days desc

-- name: forecasts_of_year
select border, model, basis, month, horizon, median, lo80, hi80, lo95, hi95, encounters
from forecast_vs_actual
where dimension = '' and month between ? and ?
order by border, month, model, horizon, basis = 'issued', run_id desc

-- name: answers_of_year
select * from standing_questions
where outcome is not null and last_month between ? and ?
order by kind, border, cutoff

-- name: versions_of_year
select code_version as version, min(substr(published_at, 1, 10)) as since, count(*) as runs
from runs where data_through between ? and ? group by code_version order by min(id)

-- name: last_cycle
select started_at, finished_at, pid, outcome, detail from wakes order by id desc limit 1

-- name: leader
select * from service

-- name: content_keys
select content_key from deliveries

-- name: approved_since
select content_key from notices where state = 'approved' and approved_at >= ?

-- name: next_attempt
select next_attempt_at as at from deliveries
where state = 'waiting' and edition not glob 'within:*' order by 1 limit 1

-- name: entries
select * from entries order by id

-- name: newest_entry
select * from entries order by id desc limit 1

-- name: run_digests
select id, digest, previous_digest as previous, {scheme} as scheme from main.runs order by id

-- name: release
select * from releases where id = ?

-- name: years_of_release
select fiscal_year, closed, line_count from release_years where release_id = ?

-- name: closed_years
select release_id, fiscal_year from release_years where closed = 1

-- name: accepted_releases
select id from releases
where status = 'accepted' and id not in (select release_id from retractions) order by id

-- name: release_by_hash
select id, status from releases where sha256 = ?

-- name: retract
insert or ignore into retractions (release_id, why, by, at) values (?, ?, ?, ?)

-- name: last_over
select last_over from scoped_places where release_id = ?

-- name: all_releases
select id, source, kind, file_name, url, sha256, data_through, seq, rounding, first_seen_at,
    first_seen_precision, iif(w.at is null, status, 'withdrawn') as status,
    coalesce(w.why, reason) as reason, coalesce(w.at, decided_at) as decided_at
from releases left join retractions as w on w.release_id = id
where (?1 is null or status = ?1) and (?2 is null or id = ?2) order by seq, id

-- name: measure_of_release
select measure_id from main.releases where id = ?

-- name: last_basis
select id, config_digest, code_version from runs order by id desc limit 1

-- name: releases_of_run
select release_id from run_releases where run_id = ?

-- name: figures_of_run
select batch_id from run_provisional where run_id = ?

-- name: save_path
insert or ignore into model_paths (model_options, series_id, cutoff, data_digest, path, failure)
values (?, ?, ?, ?, ?, ?)

-- name: kept_paths
select series_id, model_options, cutoff, data_digest, path, failure from model_paths

-- name: count_runs
select count(*) from runs

-- name: last_run
select max(id) from runs

-- name: near_ends
-- What each delivery stated of months near its end, the newest of an age last.
with places as materialized (
    select p.release_id, p.place, p.last_over, r.data_through,
        (
            select month from scoped_years where month <= r.data_through
            order by month desc limit 1 offset :ages
        ) as oldest
    from scoped_places as p join releases as r on r.id = p.release_id
    where p.kind <> 'vintage' and not p.retracted
)
select
    s.border, s.dimension, s.member, s.component, m.month, p.data_through,
    (
        select o.encounters from observations as o join places as q on q.release_id = o.release_id
        where o.series_id = m.series_id and o.month = m.month and q.place <= p.place
        order by q.place desc limit 1
    ) as encounters
from (select distinct series_id, month from observations where month >= :since) as m
join scoped_series as s on s.id = m.series_id
join coverage as c
    on c.border = s.border and c.dimension = s.dimension and c.component = s.component
    and m.month between c.first_month and c.last_month
join places as p on p.release_id = c.release_id and m.month between p.oldest and p.last_over
order by p.place

-- name: first_complete
-- Of months that came incomplete: their first count that is not, null where there is none yet.
with marked as (
    select u.release_id, u.series_id, u.month, coalesce(u.share, u.said = 'file') < :complete as open
    from unfinished as u where u.series_id in (select id from scoped_series)
)
select
    s.border, s.dimension, s.member, s.component, m.month, (
        select o.encounters from observations as o
        join scoped_places as q on q.release_id = o.release_id
        where o.series_id = m.series_id and o.month = m.month
            and q.kind <> 'vintage' and not q.retracted and q.place <= f.place
        order by q.place desc limit 1
    ) as encounters, f.release_id, min(f.place)
from (select series_id, month from marked group by 1, 2 having max(open)) as m
join scoped_series as s on s.id = m.series_id
left join (
    select c.border, c.dimension, c.component, c.first_month, c.last_month, p.*
    from coverage as c
    join scoped_places as p on p.release_id = c.release_id and p.kind <> 'vintage' and not p.retracted
) as f
    on (f.border, f.dimension, f.component) = (s.border, s.dimension, s.component)
    and m.month between f.first_month and min(f.last_month, f.last_over)
    and (f.release_id, m.series_id, m.month) not in (
        select release_id, series_id, month from marked where open
    )
group by m.series_id, m.month

-- name: last_judged
select series_id, max(month), drift_up, drift_down, outside from judgements group by series_id

-- name: stored_hindcasts
select distinct series_id, model, version, cutoff from hindcasts

-- name: hindcast_series
select distinct series_id from hindcasts order by 1

-- name: months_judged_of_series
select series_id, month from judgements

-- name: stated_findings
-- The last of a total stands, as the order of a notice's sections has them.
select notice_id, border, statement from notice_sections
where part = 'finding' order by notice_id, place

-- name: notices_where
-- Of the measure that the connection is about. Digest: of the record when a notice was approved, or
-- as far as it has come, and the run that it quotes.
select n.*, coalesce(e.digest, (select r.digest from runs as r where r.id = n.run_id)) as digest,
    iif(e.id is null, n.run_id, e.run_id) as quoted_run
from notices as n
left join entries as e
    on e.id = (select max(id) from entries where subject = 'notice ' || n.id)
where n.run_id in (select id from runs) and {where} order by n.id

-- name: is_first_measure
select measure_id = 1 from scope

-- name: release_kinds
select id, kind, seq from releases

-- name: refused_months
-- A file that was corrected since holds no notice back.
select distinct seq / 1000 from releases as r
where status = 'quarantined' and not exists (
    select 1 from releases as later
    where later.status = 'accepted' and later.kind = r.kind and later.measure_id = r.measure_id
        and later.data_through >= r.data_through and later.id > r.id
)

-- name: latest_run
select id, published_at, data_through, digest from latest_run

-- name: last_withdrawn
select max(run_id) from withdrawals join runs on runs.id = run_id

-- name: months_judged
select count(*) from judged_months where basis = ?

-- name: notices_held
select count(*) from notices where state in ('due', 'held')

-- name: models_left_out
select distinct model from fits
where run_id = (select id from latest_run) and failure <> '' order by 1

-- name: hindcast_models
select distinct model from hindcasts where series_id in (select id from series) order by 1

-- name: newest_month
select max(min(c.last_month, p.last_over))
from coverage as c join scoped_places as p on p.release_id = c.release_id
where c.dimension = '' and p.kind <> 'vintage' and not p.retracted

-- name: any_published_file
select 1 from releases where kind not in ('bundle', 'vintage') limit 1

-- name: every_run
select id, published_at, data_through, digest from runs order by id desc

-- name: every_withdrawal
select * from withdrawals order by run_id

-- name: deliveries_by_state
select state, count(*) as count from deliveries
where state in ('waiting', 'sending', 'refused', 'given up') and edition not glob 'within:*'
group by 1

-- name: mail_stopped
select reason from mail_state where stopped_at is not null

-- name: last_poll
select outcome, detail, blocked_since, not_before, started_at from polls order by id desc limit 1

-- name: unrecognized_links
select url, unrecognized from links where listed and unrecognized <> '' order by url

-- name: left_in_inbox
select name, reason from inbox_left order by name

-- name: unknown_labels
select dimension, label, max(file_name) as file_name from unknown_labels group by 1, 2 order by 1, 2

-- name: any_poll
select 1 from polls limit 1

-- name: judged_of_totals
select border, month, encounters, median, p, basis, cutoff, severity, lo80, hi80, lo95, hi95,
    unflagged, run_id is not null and run_id in (select run_id from withdrawals) as withdrawn
from judged_months
where {of} and dimension = '' and lo80 is not null order by border, month

-- name: next_month_scores
select * from scorecard
where {of} and model = 'bordercast' and era = 'all' and horizon = 1
order by border, basis desc, log_wis

-- name: movers
-- Of one total or of all: the newest month of each of its series, beside earlier ones.
with
since as (
    select border, min(month) as month from (
        select border, month, row_number() over (partition by border order by month desc) as place
        from border_months where :total is null or border = :total
    ) where place <= 37 group by border
),
published as materialized (
    select s.border, s.dimension, s.member, o.series_id, o.month, o.encounters
    from since
    join series as s on s.border = since.border
    join current_observations as o on o.series_id = s.id
    where o.month >= since.month
),
newest as (select series_id, max(month) as month from published group by series_id)
select
    p.border, p.dimension, p.member, p.month, p.encounters as value, b.encounters as month_before,
    y.encounters as year_before, j.median
from newest as n
join published as p on (p.series_id, p.month) = (n.series_id, n.month)
left join published as b on b.series_id = n.series_id
    and b.month = strftime('%Y-%m', n.month || '-01', '-1 month')
left join scoped_years as a on a.month = n.month
left join published as y on y.series_id = n.series_id and y.month = a.year_ago
left join scoped_judgements as j on j.series_id = n.series_id and j.month = n.month
order by p.border, p.dimension, p.member

-- name: hindcasts_of
-- Of some series: by model too, as the key begins with it; models are found by skipping through it.
with recursive models (model) as (
    select min(model) from hindcasts
    union all
    select (select min(h.model) from hindcasts as h where h.model > models.model)
    from models where models.model is not null
)
select series_id, model, cutoff, horizon, q025, q050, q100, q250, q500, q750, q900, q950, q975
from hindcasts
where model in (select model from models where model is not null)
    and series_id in (select value from json_each(?))

-- name: add_dated_line
insert into dated_lines (
    batch_id, place, border, dimension, member, component, first_month, last_month, encounters,
    rounding, known_by, source, days
) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: withdraw_dated
insert into dated_withdrawals (batch_id, at, reason) values (?, ?, ?)

-- name: dated_standing
select border, dimension, member, component, first_month as first, last_month as last, encounters,
    rounding, known_by, source, days
from dated_values order by known_by, border, dimension, member, first_month, last_month

-- name: provisional
select * from provisional_months order by month, border, dimension, member, component

-- name: figures_of_month
select
    l.border, l.dimension, l.member, l.component, l.first_month as month, l.encounters, l.rounding,
    l.days, l.known_by, l.source, 'figure' as kind, null as share, null as low, null as high,
    l.batch_id as batch, null as said
from dated_lines as l join dated_batches as b on b.id = l.batch_id
where b.measure_id = (select measure_id from scope) and b.name like 'preliminary: %'
    and l.first_month = ? order by l.batch_id, l.place

-- name: count_of_sum
select sum(encounters) as encounters from scoped_months
where dimension = ?1 and member = ?2 and component = ?3 and month = ?4
    and (border = ?5 or (?5 = ?6 and ?1 <> ''))

-- name: dated_names
select name from dated_batches where measure_id = (select measure_id from scope)

-- name: dated_batches
select b.id, b.name, b.added_at, count(*) as lines, min(l.known_by) as first_day,
    max(l.known_by) as last_day, w.at as withdrawn_at, w.reason
from dated_batches as b
join dated_lines as l on l.batch_id = b.id
left join dated_withdrawals as w on w.batch_id = b.id
where b.measure_id = (select measure_id from scope)
group by b.id order by b.id

-- name: groups_by_half
-- What each half counted of a group in the newest month that files tell, with all that it counted.
with held as (
    select dimension, member, month, sum(encounters) as encounters
    from scoped_months
    where (dimension = 'component' or dimension like 'component*%')
        and border in (select value from json_each(:totals))
    group by dimension, member, month
),
groups as (
    select
        dimension, month, encounters, member,
        substr(member, 1, instr(member, ' * ') - 1) as half
    from held where dimension <> 'component'
)
select
    g.dimension, g.member, g.half, g.month, g.encounters as count, h.encounters as of_half,
    y.encounters as year_before
from groups as g
join held as h on (h.dimension, h.member, h.month) = ('component', g.half, g.month)
left join held as y
    on (y.dimension, y.member) = (g.dimension, g.member)
    and y.month = strftime('%Y-%m', g.month || '-01', '-1 year')
where g.encounters > 0 and g.month = (
    select max(n.month) from groups as n where n.dimension = g.dimension
)
order by g.half desc, g.dimension desc, g.encounters desc
