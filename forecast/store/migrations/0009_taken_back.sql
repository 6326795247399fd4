-- Whoever got the notice of a run that was withdrawn since is told so, in the same thread.

-- withdraws: the run whose withdrawal this correction tells of, which is also its run_id.
alter table notices add column withdraws integer references runs (id);
