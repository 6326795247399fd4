-- Labels of the publisher that the operator joins to another (settings, [labels]). Statements are
-- kept as they were read; `releases.current_counts` joins them, for whoever reads the record.

create table joined_labels (
    dimension text not null,
    label text not null,
    joined_to text not null,
    primary key (dimension, label)
) strict, without rowid;
