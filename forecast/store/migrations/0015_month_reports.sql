-- What a run says of each border's newest month, worked out once; page, mail and commands render it.
create table month_reports (
    run_id integer not null references runs (id),
    border text not null,
    month text not null check (month glob '[0-9][0-9][0-9][0-9]-[0-1][0-9]'),
    report text not null check (json_valid(report)),
    primary key (run_id, border, month)
) strict;
