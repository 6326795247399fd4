-- When each value became known, and how it moved from release to release.

-- The moment an operator accepted a refused release, '' for all others. Among releases of one
-- place in the order (the same name, other content) the one decided on last is the newest.
alter table releases add column decided_at text not null default '';

create index coverage_scope on coverage (border, dimension, component);
