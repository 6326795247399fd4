-- By which the sender finds the first delivery that is due, and a delivery those to the same
-- recipient that must go out before it.

create index deliveries_in_order
on deliveries (queued_at, recipient, content_key, next_attempt_at) where state = 'waiting';

create index deliveries_unsettled on deliveries (recipient, queued_at)
where state in ('waiting', 'sending');

-- The newest of all, after which the next one is queued.
create index deliveries_queued on deliveries (queued_at);
