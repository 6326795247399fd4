-- How the service runs: 'daemon' leads until it is stopped, 'timer' wakes once a day and ends. Of a
-- timer nobody leads in between, and `status` must still tell that it stopped waking.
alter table service add column mode text not null default 'daemon'
    check (mode in ('daemon', 'timer'));
