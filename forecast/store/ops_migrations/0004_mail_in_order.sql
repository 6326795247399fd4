-- By which a delivery finds those to the same recipient that must go out before it.

create index deliveries_unsettled on deliveries (recipient, queued_at)
where state in ('waiting', 'sending');
